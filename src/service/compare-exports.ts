import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Failure } from '../errors.ts';
import { EXPORT_FORMATS } from '../exports/formats.ts';
import {
  type BasisChange,
  type CellChange,
  compareBasis,
  compareSidecars,
} from '../exports/lineage/compare-sidecars.ts';
import type { SidecarPair, SidecarReader } from '../exports/lineage/pair-sidecars.ts';
import { parseResourceName, type VersionedName } from '../exports/lineage/resource-names.ts';
import {
  isSidecarEnd,
  isSidecarHead,
  SIDECAR_FOLDER,
  type SidecarEnd,
  type SidecarHead,
  type SidecarLine,
} from '../exports/lineage/sidecar.ts';

export type { BasisChange, CellChange, ChangeCause } from '../exports/lineage/compare-sidecars.ts';
export type { ResourceVersionChange } from '../exports/lineage/subject-changes.ts';

/** Splits a resource's name in a trace, `site-1/Observation/o1@2`, into resource and version. */
export const splitTracedName = (name: string): VersionedName => parseResourceName(name);

/** One file of an export by its sidecar. */
interface Sidecar {
  readonly path: string;
  readonly head: SidecarHead;
  readonly end: SidecarEnd;
}

/** A folder that `export` wrote, by its sidecars. */
interface ExportFolder {
  readonly folder: string;
  readonly head: SidecarHead;
  readonly files: ReadonlyMap<string, Sidecar>;
}

/** What two exports say of a file as a whole. */
export interface ExportFileChange {
  readonly file: string;
  readonly what: 'appeared' | 'left' | 'other-bytes' | 'same';
}

export interface ExportChanges {
  readonly study: string;
  readonly format: string;
  readonly basis: readonly BasisChange[];
  readonly files: readonly ExportFileChange[];
  /** Reads the sidecars; may be asked for once or again. */
  readChanges(): AsyncIterable<CellChange>;
}

async function* readTextLines(path: string): AsyncIterable<string> {
  yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}

async function* readSidecarLines(path: string): AsyncIterable<SidecarLine> {
  for await (const line of readTextLines(path)) yield JSON.parse(line) as SidecarLine;
}

/** How the first and the last line of a sidecar begin: only they are read to know what it is about. */
const EDGE_LINE = /^\{"(file|bytes)":/;

const buildReexportFailure = (at: string, says: string): Failure =>
  new Failure('exports/not-comparable', says, {
    at,
    fix: 'Export again, with provenance traces, into a folder of its own.',
  });

async function readSidecar(path: string): Promise<Sidecar> {
  let head: SidecarHead | undefined;
  let end: SidecarEnd | undefined;
  try {
    for await (const text of readTextLines(path)) {
      const line = EDGE_LINE.test(text) ? (JSON.parse(text) as SidecarLine) : null;
      if (line && isSidecarHead(line)) head ??= line;
      else if (line && isSidecarEnd(line)) end = line;
    }
  } catch {
    throw buildReexportFailure(path, 'This is no sidecar of an export.');
  }
  if (head && end) return { path, head, end };
  throw buildReexportFailure(path, 'This sidecar is not whole: the export was cut short.');
}

async function readExportFolder(folder: string): Promise<ExportFolder> {
  const traces = join(folder, SIDECAR_FOLDER);
  const paths = existsSync(traces)
    ? readdirSync(traces, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ndjson'))
    : [];
  const files = new Map<string, Sidecar>();
  for (const name of paths.sort()) {
    const file = await readSidecar(join(traces, name));
    files.set(file.head.file, file);
  }
  const [first] = files.values();
  if (!first) throw buildReexportFailure(folder, 'There is no export with its traces here.');
  const formats = new Set([...files.values()].map(({ head }) => head.format));
  if (formats.size > 1)
    throw buildReexportFailure(folder, `Exports in ${[...formats].sort().join(' and ')} lie here together.`);
  return { folder, head: first.head, files };
}

/** Two exports that cannot be compared cell by cell are refused, with what would be. */
function checkComparable(old: ExportFolder, now: ExportFolder): void {
  const kinds = [
    ['study', old.head.study, now.head.study],
    ['format', old.head.format, now.head.format],
  ] as const;
  for (const [kind, was, is] of kinds)
    if (was !== is)
      throw new Failure('exports/not-comparable', `The one is of ${kind} ${was}, the other of ${is}.`, {
        at: now.folder,
        fix: `Compare two exports of one ${kind}.`,
      });
  if (old.head.draft !== now.head.draft)
    throw new Failure('exports/not-comparable', 'One is a draft, the other is not.', {
      at: (old.head.draft ? old : now).folder,
      fix: 'Compare two drafts, or two exports that are none.',
    });
}

function compareFiles(file: string, old: Sidecar | undefined, now: Sidecar | undefined): ExportFileChange {
  if (!old || !now) return { file, what: old ? 'left' : 'appeared' };
  return { file, what: old.end.sha256 === now.end.sha256 ? 'same' : 'other-bytes' };
}

const createLineReader = (file: Sidecar | undefined): SidecarReader =>
  file ? () => readSidecarLines(file.path) : null;

/** What changed between two folders that `export` wrote. Throws `exports/not-comparable`. */
export async function compareExports(oldFolder: string, newFolder: string): Promise<ExportChanges> {
  const [old, now] = [await readExportFolder(oldFolder), await readExportFolder(newFolder)];
  checkComparable(old, now);
  const names = [...new Set([...old.files.keys(), ...now.files.keys()])].sort();
  const pairs = names.map(
    (file): SidecarPair => ({
      file,
      old: createLineReader(old.files.get(file)),
      new: createLineReader(now.files.get(file)),
    }),
  );
  const basis = compareBasis(old.head, now.head);
  const format = EXPORT_FORMATS.find(({ id }) => id === now.head.format);
  return {
    study: now.head.study,
    format: now.head.format,
    basis,
    files: names.map((file) => compareFiles(file, old.files.get(file), now.files.get(file))),
    readChanges: () => compareSidecars(pairs, basis, format?.rowNumberColumns),
  };
}
