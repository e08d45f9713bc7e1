import { createHash, type Hash } from 'node:crypto';
import { buildAuditEntry } from '../../audit/audit-entry.ts';
import type { FileChunk } from '../../exports/export-format.ts';
import type { Store } from '../../store/store.ts';

/** What is exported, and for whom. */
interface RecordedExport {
  readonly study: string;
  readonly format: string;
  readonly draft: boolean;
  /** Who receives it, as the exporter states; absent where they state nobody. */
  readonly recipient?: string | undefined;
}

/** The digest of an export: SHA-256 over the lines `SHA-256  file` of its files, sorted, as `sha256sum` prints them. */
function digestFiles(hashes: ReadonlyMap<string, Hash>): string {
  const lines = [...hashes].map(([file, hash]) => `${hash.digest('hex')}  ${file}\n`);
  return createHash('sha256').update(lines.sort().join('')).digest('hex');
}

/**
 * Passes the chunks of an export on, and records the export once they have all been taken: the format, the subjects of the
 * study, and the digest of the files. An export that was not taken to its end is recorded as failed: a part of it may have been
 * read. Where it cannot be recorded, it fails.
 */
export async function* recordExport(
  store: Store,
  { study, format, draft, recipient }: RecordedExport,
  chunks: AsyncIterable<FileChunk>,
): AsyncGenerator<FileChunk> {
  const hashes = new Map<string, Hash>();
  let isComplete = false;
  try {
    for await (const chunk of chunks) {
      const hash = hashes.get(chunk.file) ?? createHash('sha256');
      hashes.set(chunk.file, hash);
      hash.update(chunk.content);
      yield chunk;
    }
    isComplete = true;
  } finally {
    await store.transaction(async (tx) => {
      const about = (await tx.subjects.list(study)).map(({ subject }) => `${study}|${subject}`).sort();
      const event = {
        action: 'export.written',
        outcome: isComplete ? 'done' : 'failed',
        object: `Study/${study}`,
        about,
        after: digestFiles(hashes),
        detail: {
          format,
          files: hashes.size,
          ...(draft ? { draft: 1 } : {}),
          ...(recipient === undefined ? {} : { for: recipient }),
        },
      } as const;
      await tx.audit.append(buildAuditEntry(event, new Date()));
    });
  }
}
