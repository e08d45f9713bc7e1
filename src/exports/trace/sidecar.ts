import { createHash, type Hash } from 'node:crypto';
import { stringifyJson } from '../../fhir/json.ts';
import type { Piece, StudyInput, Versions } from '../format.ts';
import type { Trace } from './trace.ts';

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
  readonly versions: Versions;
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

export type SidecarLine = SidecarHead | Trace | SidecarEnd;

export const isHead = (line: SidecarLine): line is SidecarHead => 'file' in line;
export const isEnd = (line: SidecarLine): line is SidecarEnd => 'sha256' in line;

/** Where the sidecars of an export lie in its folder. */
export const SIDECARS = 'trace';

export const sidecarOf = (file: string): string => `${SIDECARS}/${file}.ndjson`;

interface Open {
  readonly file: string;
  readonly hash: Hash;
  bytes: number;
}

function headOf(file: string, format: string, input: StudyInput): SidecarHead {
  const { draft, asOf, versions, mapping, registry } = input;
  const digest =
    registry === null
      ? null
      : createHash('sha256').update(stringifyJson(registry)).digest('hex').slice(0, 16);
  return { file, study: input.protocol.id, format, draft, asOf, versions, mapping, registry: digest };
}

const lineOf = (line: SidecarLine): string => `${JSON.stringify(line)}\n`;

function endOf({ file, hash, bytes }: Open): Piece {
  return { file: sidecarOf(file), content: lineOf({ bytes, sha256: hash.digest('hex') }) };
}

/** The pieces of an export with those of the sidecars among them. */
export async function* withSidecars(
  format: string,
  input: StudyInput,
  pieces: AsyncIterable<Piece>,
): AsyncIterable<Piece> {
  const written = new Map<string, Open>();
  for await (const { file, content, traces = [] } of pieces) {
    const known = written.get(file);
    const open = known ?? { file, hash: createHash('sha256'), bytes: 0 };
    if (!known) {
      written.set(file, open);
      yield { file: sidecarOf(file), content: lineOf(headOf(file, format, input)) };
    }
    open.hash.update(content);
    open.bytes += Buffer.byteLength(content);
    yield { file, content };
    if (traces.length > 0) yield { file: sidecarOf(file), content: traces.map(lineOf).join('') };
  }
  for (const open of written.values()) yield endOf(open);
}
