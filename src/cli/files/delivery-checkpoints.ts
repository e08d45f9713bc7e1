import { createHash } from 'node:crypto';
import type { IngestCheckpoint } from '../../fhir/ingest-checkpoint.ts';
import type { IngestCheckpoints } from '../../service/ingest-checkpoints.ts';
import { digestNdjsonFile } from './input-files.ts';

/** How far one file has been received. */
interface FileCheckpoint {
  /** Where an earlier run, which was ended, has come to; null where the file is read from its start. */
  readonly from: IngestCheckpoint | null;
  /** Stores the checkpoint, at most every few seconds. */
  keep(checkpoint: IngestCheckpoint | null): Promise<void>;
}

/** The checkpoints of the files of one command. */
export interface DeliveryCheckpoints {
  open(path: string): Promise<FileCheckpoint>;
  /** Removes the checkpoints, after every file has been received to its end. */
  finish(): Promise<void>;
}

/** How much a run that is ended may have to read again. Each checkpoint is a commit of its own. */
const INTERVAL_MS = 2_000;

/** Creates the checkpoints of deliveries of a site. A file that has changed since is another file. */
export function createDeliveryCheckpoints(
  service: IngestCheckpoints,
  { site, fromStart }: { readonly site: string; readonly fromStart: boolean },
  now: () => number = () => performance.now(),
): DeliveryCheckpoints {
  const kept = new Set<string>();

  async function openNdjson(digest: string): Promise<FileCheckpoint> {
    const delivery = createHash('sha256').update(`${site} ${digest}`).digest('hex');
    const from = fromStart ? null : await service.findIngestCheckpoint(delivery);
    kept.add(delivery);
    let last = now();
    return {
      from,
      async keep(checkpoint) {
        if (checkpoint === null || now() - last < INTERVAL_MS) return;
        await service.putIngestCheckpoint(delivery, checkpoint);
        last = now();
      },
    };
  }

  return {
    async open(path) {
      const digest = digestNdjsonFile(path);
      return digest === null ? { from: null, keep: async () => {} } : openNdjson(digest);
    },
    async finish() {
      for (const delivery of kept) await service.removeIngestCheckpoint(delivery);
    },
  };
}
