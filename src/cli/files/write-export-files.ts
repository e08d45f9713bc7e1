import { once } from 'node:events';
import {
  closeSync,
  createWriteStream,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  type WriteStream,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { finished } from 'node:stream/promises';
import {
  createExportFolder,
  findTracedFile,
  narrowExportFile,
  TRACE_FOLDER,
} from '../../service/export-folder.ts';
import type { ExportRequest } from '../../service/study-exports.ts';
import type { FileChunk } from '../../service.ts';
import { addPath } from '../file-failure.ts';

/** The study and format of an export, as its sidecars state them. */
type ExportIdentity = Pick<ExportRequest, 'study' | 'format'>;

/** The changes of an export to its folder. */
export interface ExportWriteResult {
  /** Size of each file in bytes, sidecars included. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Files of an earlier export that were removed, since this one does not have them. */
  readonly removed: readonly string[];
  /** Files that belong to no known export, and were left as they are. */
  readonly unrecognised: readonly string[];
}

/** A file of an export while it is written. */
interface OutputFile {
  readonly stream: WriteStream;
  /** The first error of the stream, with the path; null where there is none. */
  error: unknown;
}

function openOutput(folder: string, file: string): OutputFile {
  const path = join(folder, file);
  createExportFolder(dirname(path));
  narrowExportFile(path);
  const output: OutputFile = { stream: createWriteStream(path, { mode: 0o600 }), error: null };
  output.stream.on('error', (error) => {
    output.error ??= addPath(error, path);
  });
  return output;
}

/** Runs a step of writing. Throws the file's own error, with its path, in place of what the step throws. */
async function runWriteStep(output: OutputFile, step: () => Promise<unknown>): Promise<void> {
  if (output.error !== null) throw output.error;
  try {
    await step();
  } catch (cause) {
    throw output.error ?? cause;
  }
}

async function writeChunk(output: OutputFile, content: string | Uint8Array): Promise<void> {
  await runWriteStep(output, async () => {
    if (!output.stream.write(content)) await once(output.stream, 'drain');
  });
}

async function finishOutputs(outputs: Iterable<OutputFile>): Promise<void> {
  for (const output of outputs) {
    await runWriteStep(output, () => {
      output.stream.end();
      return finished(output.stream);
    });
  }
}

async function discardOutputs(folder: string, outputs: ReadonlyMap<string, OutputFile>): Promise<void> {
  for (const [file, { stream, error }] of outputs) {
    stream.destroy();
    // Not with `once` of node:events, which rejects where another error of the stream comes first.
    if (!stream.closed) await new Promise<void>((resolve) => stream.once('close', () => resolve()));
    // A file that could not be opened is not ours to remove.
    if (error === null || stream.bytesWritten > 0) rmSync(join(folder, file), { force: true });
  }
}

/** Lists the names of the files in a folder; none where it does not exist. */
function listFileNames(folder: string, recursive: boolean): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/**
 * Lists the files of an export folder by their relative paths, with `/` between the parts: the sidecars, the files that
 * they describe, and what else lies in the folders of the written files. Other folders are not searched: `--out` may name
 * one with anything in it.
 */
function listExportFiles(folder: string, written: Iterable<string>): readonly string[] {
  const toPath = (...parts: readonly string[]) =>
    join(...parts)
      .split(sep)
      .join('/');
  const sidecars = listFileNames(join(folder, TRACE_FOLDER), true).map((name) => toPath(TRACE_FOLDER, name));
  const described = sidecars.map(findTracedFile).filter((file) => file !== null);
  const folders = new Set(['.', ...[...written].map((file) => dirname(file))]);
  const neighbours = [...folders].flatMap((name) =>
    listFileNames(join(folder, name), false).map((file) => toPath(name, file)),
  );
  const present = described.filter((file) => existsSync(join(folder, file)));
  return [...new Set([...sidecars, ...present, ...neighbours])].sort();
}

/** The most bytes that are read for the first line of a sidecar, which is a few hundred bytes long. */
const MAX_HEAD_BYTES = 64 * 1024;

/** Reads the study and format of a sidecar; null where the file is not a sidecar. */
function readSidecarIdentity(path: string): ExportIdentity | null {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(MAX_HEAD_BYTES);
    const text = bytes.toString('utf8', 0, readSync(file, bytes));
    return JSON.parse(text.slice(0, text.indexOf('\n'))) as ExportIdentity;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

/**
 * Removes files that an earlier export of the same study and format wrote and this one did not, since they would seem to
 * belong to this one. Files of other exports, and files that belong to no known export, are left as they are.
 */
function removeStaleFiles(
  folder: string,
  sizes: ReadonlyMap<string, number>,
  { study, format }: ExportIdentity,
): Pick<ExportWriteResult, 'removed' | 'unrecognised'> {
  const otherFiles = listExportFiles(folder, sizes.keys()).filter((file) => !sizes.has(file));
  const recognised = new Set<string>();
  const stale = new Set<string>();
  for (const sidecar of otherFiles) {
    const tracedFile = findTracedFile(sidecar);
    if (tracedFile === null) continue;
    const head = readSidecarIdentity(join(folder, sidecar));
    recognised.add(tracedFile).add(sidecar);
    if (head?.study === study && head.format === format) stale.add(tracedFile).add(sidecar);
  }
  const removed = otherFiles.filter((file) => stale.has(file));
  for (const file of removed) rmSync(join(folder, file), { force: true });
  return {
    removed: removed.filter((file) => findTracedFile(file) === null),
    unrecognised: otherFiles.filter((file) => !recognised.has(file)),
  };
}

/**
 * Writes the chunks of an export, which may belong to several files in turn, and removes stale files. If writing fails,
 * the files written so far are removed.
 */
export async function writeExportFiles(
  chunks: AsyncIterable<FileChunk>,
  folder: string,
  identity: ExportIdentity,
): Promise<ExportWriteResult> {
  const sizes = new Map<string, number>();
  const outputs = new Map<string, OutputFile>();
  try {
    for await (const { file, content } of chunks) {
      const output = outputs.get(file) ?? openOutput(folder, file);
      outputs.set(file, output);
      sizes.set(file, (sizes.get(file) ?? 0) + Buffer.byteLength(content));
      await writeChunk(output, content);
    }
    await finishOutputs(outputs.values());
  } catch (cause) {
    await discardOutputs(folder, outputs);
    throw cause;
  }
  return { sizes, ...removeStaleFiles(folder, sizes, identity) };
}
