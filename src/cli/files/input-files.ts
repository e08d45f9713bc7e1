import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../errors.ts';
import { decodeUtf8 } from '../../fhir/decode-text.ts';
import { type NdjsonLine, readNdjsonLines, type StreamPlace } from '../../fhir/ndjson.ts';
import { parseSentJson } from '../../fhir/sent-text.ts';
import { addPath } from '../file-failure.ts';

/** The content of a file or of standard input: one JSON document, or NDJSON to be read line by line. */
type InputContent =
  | { readonly kind: 'document'; readonly tree: unknown }
  | { readonly kind: 'lines'; readonly lines: AsyncIterable<NdjsonLine> };

/** The limits of a line, which may be a whole Bundle, and of a document; a larger document must be NDJSON. */
const MAX_LINE_BYTES = 64 * 1_048_576;
const MAX_DOCUMENT_BYTES = 256 * 1_048_576;

const NDJSON_FILE_NAME = /\.(?:ndjson|jsonl)$/i;
const INPUT_FILE_NAME = /\.(?:json|ndjson|jsonl)$/i;

/**
 * Lists the given files and, for given folders, every `.json`, `.ndjson` and `.jsonl` file in order of name; `-` is standard
 * input. Throws `cli/failed` for a path that does not exist.
 */
export function listInputFiles(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    if (path === '-') return [path];
    refuseMissingPath(path);
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && INPUT_FILE_NAME.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  });
}

/** Lists one file, or standard input (`-`). Throws `cli/failed` for a folder, or for a path that is no file. */
export function requireInputFile(path: string): string {
  if (path === '-') return path;
  refuseMissingPath(path);
  if (!statSync(path).isDirectory()) return path;
  throw new Failure('cli/failed', 'This is a folder, not a file.', { at: path, fix: 'Name one file.' });
}

/** Reads a whole file. Throws `cli/failed` for a path that is no file, or the system's error with the path. */
export function readInputFile(path: string): Buffer {
  requireInputFile(path);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw addPath(cause, path);
  }
}

/** Refuses a path that does not exist, and a device such as /dev/zero, which may have no end. */
function refuseMissingPath(path: string): void {
  if (!existsSync(path))
    throw new Failure('cli/failed', 'There is no such file or folder.', {
      at: path,
      fix: 'Correct the path.',
    });
  const stats = statSync(path);
  if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return;
  const fix = 'Name a file, or - for standard input.';
  throw new Failure('cli/failed', 'This is a device, not a file.', { at: path, fix });
}

/** Bytes at the start of a file that tell it from another of its size and time. */
const HEAD_BYTES = 65_536;

/**
 * Computes a digest that tells an NDJSON file, as it is now, from every other: of its size, its time of change and its first 64
 * kB. null for standard input and for other files, which are not received line by line.
 */
export function digestNdjsonFile(path: string): string | null {
  if (path === '-' || !NDJSON_FILE_NAME.test(path)) return null;
  const { size, mtimeMs } = statSync(path);
  if (!statSync(path).isFile()) return null;
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
    readSync(file, head);
    return createHash('sha256').update(`${size} ${mtimeMs} `).update(head).digest('hex');
  } finally {
    closeSync(file);
  }
}

/** The size of a file in bytes; null for standard input. */
export const readFileSize = (path: string): number | null => (path === '-' ? null : statSync(path).size);

/**
 * Reads a file, and recognises its content by name and first line. Whether the content is FHIR is not checked here. `from`: the
 * place after which an NDJSON file is read.
 */
export async function readInput(
  path: string,
  stdin: AsyncIterable<Uint8Array>,
  from: StreamPlace = { lines: 0, bytes: 0 },
): Promise<InputContent> {
  const chunks = path === '-' ? stdin : readChunks(path, from.bytes);
  const lines = readNdjsonLines(chunks, MAX_LINE_BYTES, from);
  if (NDJSON_FILE_NAME.test(path)) return { kind: 'lines', lines };
  const first = await lines.next();
  if (first.done) return { kind: 'document', tree: undefined };
  // A first line that is JSON by itself begins NDJSON. A document on one line is NDJSON of one line.
  if (tryParseJson(first.value.bytes) !== undefined)
    return { kind: 'lines', lines: chainLines([first.value], lines) };
  const documentLines = await collectDocumentLines(first.value, lines, path);
  const tree = tryParseJson(joinLines(documentLines));
  return tree === undefined
    ? { kind: 'lines', lines: chainLines(documentLines, lines) }
    : { kind: 'document', tree };
}

/** Reads a file piece by piece from a byte on. Throws the system's error with the path. */
async function* readChunks(path: string, start: number): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { start });
  } catch (cause) {
    throw addPath(cause, path);
  }
}

/** Parses JSON; undefined where the bytes are not JSON, or exceeded the limit. */
function tryParseJson(bytes: Uint8Array | null): unknown {
  if (bytes === null) return undefined;
  try {
    return parseSentJson(decodeUtf8(bytes));
  } catch (cause) {
    if (cause instanceof Failure) return undefined;
    throw cause;
  }
}

async function* chainLines(
  first: readonly NdjsonLine[],
  rest: AsyncIterable<NdjsonLine>,
): AsyncGenerator<NdjsonLine> {
  yield* first;
  yield* rest;
}

async function collectDocumentLines(
  first: NdjsonLine,
  rest: AsyncIterable<NdjsonLine>,
  path: string,
): Promise<NdjsonLine[]> {
  const documentLines = [first];
  let bytes = first.bytes?.length ?? 0;
  for await (const line of rest) {
    documentLines.push(line);
    bytes += line.bytes?.length ?? 0;
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new Failure('cli/failed', 'The document is larger than 256 MB.', {
        at: path,
        fix: 'Write it as NDJSON, one resource per line.',
      });
    }
  }
  return documentLines;
}

function joinLines(lines: readonly NdjsonLine[]): Uint8Array {
  return Buffer.concat(lines.flatMap(({ bytes }) => [bytes ?? Buffer.alloc(0), Buffer.from('\n')]));
}
