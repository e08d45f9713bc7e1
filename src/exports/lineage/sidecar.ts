import { createHash, type Hash } from 'node:crypto';
import { stringifyJson } from '../../fhir/lossless-json.ts';
import type { ExportVersions, FileChunk, StudyInput } from '../export-format.ts';
import type { ProvenanceTrace } from '../provenance-trace.ts';

/**
 * The first line of a file's sidecar, `trace/FILE.ndjson`. It is followed by a line for each row or figure, a line for
 * each subject who contributes to figures, and the end. A sidecar contains the resource ids of hospitals: only persons
 * who may see these may read it, and it is never handed over or uploaded.
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

/** The last line of a sidecar: the traced file as it was written. If its digest differs now, the file was changed since. */
export interface SidecarEnd {
  readonly bytes: number;
  readonly sha256: string;
}

export type SidecarLine = SidecarHead | ProvenanceTrace | SidecarEnd;

export const isSidecarHead = (line: SidecarLine): line is SidecarHead => 'file' in line;
export const isSidecarEnd = (line: SidecarLine): line is SidecarEnd => 'sha256' in line;

/** The folder of the sidecars within the folder of an export. */
export const SIDECAR_FOLDER = 'trace';
const SIDECAR_SUFFIX = '.ndjson';

/** Formats the path of a file's sidecar, relative to the export's folder and with `/` between its parts. */
const formatSidecarPath = (file: string): string => `${SIDECAR_FOLDER}/${file}${SIDECAR_SUFFIX}`;

/** Parses such a path. Returns the traced file; null where the path is not that of a sidecar. */
export function parseSidecarPath(path: string): string | null {
  const prefix = `${SIDECAR_FOLDER}/`;
  if (!path.startsWith(prefix) || !path.endsWith(SIDECAR_SUFFIX)) return null;
  return path.slice(prefix.length, -SIDECAR_SUFFIX.length);
}

/** A sidecar that is being written, with size and digest of its file so far. */
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
  return { file: formatSidecarPath(file), content: formatSidecarLine({ bytes, sha256: hash.digest('hex') }) };
}

/** Adds the chunks of the sidecars to those of an export. */
export async function* addSidecars(
  format: string,
  input: StudyInput,
  chunks: AsyncIterable<FileChunk>,
): AsyncIterable<FileChunk> {
  const sidecars = new Map<string, OpenSidecar>();
  for await (const { file, content, traces = [] } of chunks) {
    const known = sidecars.get(file);
    const open = known ?? { file, hash: createHash('sha256'), bytes: 0 };
    if (!known) {
      sidecars.set(file, open);
      yield {
        file: formatSidecarPath(file),
        content: formatSidecarLine(buildSidecarHead(file, format, input)),
      };
    }
    open.hash.update(content);
    open.bytes += Buffer.byteLength(content);
    yield { file, content };
    if (traces.length > 0)
      yield { file: formatSidecarPath(file), content: traces.map(formatSidecarLine).join('') };
  }
  for (const open of sidecars.values()) yield buildSidecarEnd(open);
}
