import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Failure } from '../errors.ts';
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

/** The sidecar of one exported file. */
interface Sidecar {
  readonly path: string;
  readonly head: SidecarHead;
  readonly end: SidecarEnd;
}

/** A folder written by `export`, read through its sidecars. */
interface ExportFolder {
  readonly folder: string;
  readonly head: SidecarHead;
  readonly files: ReadonlyMap<string, Sidecar>;
}

/** The change of a file as a whole between two exports. Printed as JSON. */
interface ExportFileChange {
  readonly file: string;
  readonly what: 'appeared' | 'left' | 'other-bytes' | 'same';
}

/** The changes between two exports of one study in one format. */
export interface ExportChanges {
  readonly study: string;
  readonly format: string;
  readonly basis: readonly BasisChange[];
  readonly files: readonly ExportFileChange[];
  /** Reads the sidecars; every call reads them again. */
  readChanges(): AsyncIterable<CellChange>;
}

async function* readTextLines(path: string): AsyncIterable<string> {
  yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}

async function* readSidecarLines(path: string): AsyncIterable<SidecarLine> {
  for await (const line of readTextLines(path)) yield JSON.parse(line) as SidecarLine;
}

/** The start of the first and last line of a sidecar, which identify it; the other lines are not parsed. */
const EDGE_LINE = /^\{"(file|bytes)":/;

const buildReexportFailure = (at: string, message: string): Failure =>
  new Failure('exports/not-comparable', message, {
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
    throw buildReexportFailure(path, 'This is not a sidecar of an export.');
  }
  if (head && end) return { path, head, end };
  throw buildReexportFailure(path, 'The sidecar is incomplete: the export was interrupted.');
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
  if (!first) throw buildReexportFailure(folder, 'The folder contains no export with provenance traces.');
  const formats = new Set([...files.values()].map(({ head }) => head.format));
  if (formats.size > 1)
    throw buildReexportFailure(
      folder,
      `The folder contains exports in ${[...formats].sort().join(' and ')}.`,
    );
  return { folder, head: first.head, files };
}

/** Refuses two exports that cannot be compared cell by cell; the fix names two that can. */
function refuseIncomparable(old: ExportFolder, recent: ExportFolder): void {
  const kinds = [
    ['study', old.head.study, recent.head.study],
    ['format', old.head.format, recent.head.format],
  ] as const;
  for (const [kind, oldValue, newValue] of kinds) {
    if (oldValue === newValue) continue;
    const message = `The old export is of ${kind} ${oldValue}, the new one of ${newValue}.`;
    throw new Failure('exports/not-comparable', message, {
      at: recent.folder,
      fix: `Compare two exports of one ${kind}.`,
    });
  }
  if (old.head.draft !== recent.head.draft)
    throw new Failure('exports/not-comparable', 'One export is a draft, the other is final.', {
      at: (old.head.draft ? old : recent).folder,
      fix: 'Compare two drafts or two final exports.',
    });
}

function compareFiles(file: string, old: Sidecar | undefined, recent: Sidecar | undefined): ExportFileChange {
  if (!old || !recent) return { file, what: old ? 'left' : 'appeared' };
  return { file, what: old.end.sha256 === recent.end.sha256 ? 'same' : 'other-bytes' };
}

const createLineReader = (file: Sidecar | undefined): SidecarReader =>
  file ? () => readSidecarLines(file.path) : null;

/** Compares two folders that `export` wrote. Throws `exports/not-comparable`. */
export async function compareExports(oldFolder: string, newFolder: string): Promise<ExportChanges> {
  const [old, recent] = [await readExportFolder(oldFolder), await readExportFolder(newFolder)];
  refuseIncomparable(old, recent);
  const names = [...new Set([...old.files.keys(), ...recent.files.keys()])].sort();
  const pairs = names.map(
    (file): SidecarPair => ({
      file,
      old: createLineReader(old.files.get(file)),
      new: createLineReader(recent.files.get(file)),
    }),
  );
  const basis = compareBasis(old.head, recent.head);
  const { EXPORT_FORMATS } = await import('../exports/formats.ts');
  const format = EXPORT_FORMATS.find(({ id }) => id === recent.head.format);
  return {
    study: recent.head.study,
    format: recent.head.format,
    basis,
    files: names.map((file) => compareFiles(file, old.files.get(file), recent.files.get(file))),
    readChanges: () => compareSidecars(pairs, basis, format?.rowNumberColumns),
  };
}
