import { createHash, type Hash } from 'node:crypto';
import { stringifyJson } from '../../fhir/lossless-json.ts';
import type { ExportVersions, FileChunk, StudyInput } from '../export-format.ts';
import type { ProvenanceTrace } from '../provenance-trace.ts';

/**
 * A file's sidecar, `trace/FILE.ndjson`: its head, a line for each row or figure and for each subject behind figures, and
 * its end. It holds the hospitals' resource ids: for those who may see them, never for hand-over or upload.
 */
export interface SidecarHead {
  readonly file: string;
  readonly study: string;
  readonly format: string;
  readonly draft: boolean;
  readonly asOf: string;
  readonly versions: ExportVersions;
  /** Digest of the mapping library. */
  readonly mapping: string;
  /** Digest of registry.json; null where the study has none. */
  readonly registry: string | null;
}

/** The traced file as it was written: another digest has been changed since. */
export interface SidecarEnd {
  readonly bytes: number;
  readonly sha256: string;
}

export type SidecarLine = SidecarHead | ProvenanceTrace | SidecarEnd;

export const isSidecarHead = (line: SidecarLine): line is SidecarHead => 'file' in line;
export const isSidecarEnd = (line: SidecarLine): line is SidecarEnd => 'sha256' in line;

/** Where the sidecars of an export lie in its folder. */
export const SIDECAR_FOLDER = 'trace';

export const toSidecarPath = (file: string): string => `${SIDECAR_FOLDER}/${file}.ndjson`;

interface OpenSidecar {
  readonly file: string;
  readonly hash: Hash;
  bytes: number;
}

function buildSidecarHead(file: string, format: string, input: StudyInput): SidecarHead {
  const { draft, asOf, versions, mapping, registry } = input;
  const digest =
    registry === null
      ? null
      : createHash('sha256').update(stringifyJson(registry)).digest('hex').slice(0, 16);
  return { file, study: input.protocol.id, format, draft, asOf, versions, mapping, registry: digest };
}

const formatSidecarLine = (line: SidecarLine): string => `${JSON.stringify(line)}\n`;

function buildSidecarEnd({ file, hash, bytes }: OpenSidecar): FileChunk {
  return { file: toSidecarPath(file), content: formatSidecarLine({ bytes, sha256: hash.digest('hex') }) };
}

/** The pieces of an export with those of the sidecars among them. */
export async function* addSidecars(
  format: string,
  input: StudyInput,
  pieces: AsyncIterable<FileChunk>,
): AsyncIterable<FileChunk> {
  const written = new Map<string, OpenSidecar>();
  for await (const { file, content, traces = [] } of pieces) {
    const known = written.get(file);
    const open = known ?? { file, hash: createHash('sha256'), bytes: 0 };
    if (!known) {
      written.set(file, open);
      yield { file: toSidecarPath(file), content: formatSidecarLine(buildSidecarHead(file, format, input)) };
    }
    open.hash.update(content);
    open.bytes += Buffer.byteLength(content);
    yield { file, content };
    if (traces.length > 0)
      yield { file: toSidecarPath(file), content: traces.map(formatSidecarLine).join('') };
  }
  for (const open of written.values()) yield buildSidecarEnd(open);
}
