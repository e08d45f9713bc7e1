import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../errors.ts';
import { decodeUtf8, parseJson } from '../../fhir/lossless-json.ts';
import { type NdjsonLine, readNdjsonLines } from '../../fhir/ndjson.ts';

/** What a file or standard input holds: one JSON document, or NDJSON to be read line by line. */
export type InputContent =
  | { readonly kind: 'document'; readonly tree: unknown }
  | { readonly kind: 'lines'; readonly lines: AsyncIterable<NdjsonLine> };

/** Lines may be whole Bundles; a document that is larger must come as NDJSON. */
const MAX_LINE_BYTES = 64 * 1_048_576;
const MAX_DOCUMENT_BYTES = 256 * 1_048_576;

const NDJSON_FILE_NAME = /\.(?:ndjson|jsonl)$/i;
const INPUT_FILE_NAME = /\.(?:json|ndjson|jsonl)$/i;

/** The files that are meant: those that are named, and in folders every `.json`, `.ndjson`, `.jsonl`, by name. */
export function listInputFiles(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    if (path === '-') return [path];
    if (!isFolder(path)) return [path];
    const inner = readdirSync(path, { recursive: true, withFileTypes: true });
    return inner
      .filter((entry) => entry.isFile() && INPUT_FILE_NAME.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  });
}

function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found) return found.isDirectory();
  throw new Failure('cli/failed', 'There is no such file or folder.', { at: path, fix: 'Mend the path.' });
}

/** What a file holds, told by its name and its first line. Nothing is thrown for content that is not FHIR. */
export async function readInput(path: string, stdin: AsyncIterable<Uint8Array>): Promise<InputContent> {
  const chunks = path === '-' ? stdin : createReadStream(path);
  const lines = readNdjsonLines(chunks, MAX_LINE_BYTES);
  if (NDJSON_FILE_NAME.test(path)) return { kind: 'lines', lines };
  const first = await lines.next();
  if (first.done) return { kind: 'document', tree: undefined };
  // One line that is JSON by itself is NDJSON, or a document on one line, which is NDJSON of one line.
  if (tryParseJson(first.value.bytes) !== undefined)
    return { kind: 'lines', lines: chainLines([first.value], lines) };
  const all = await collectDocumentLines(first.value, lines, path);
  const tree = tryParseJson(joinLines(all));
  return tree === undefined ? { kind: 'lines', lines: chainLines(all, lines) } : { kind: 'document', tree };
}

function tryParseJson(bytes: Uint8Array | null): unknown {
  if (bytes === null) return undefined;
  try {
    return parseJson(decodeUtf8(bytes));
  } catch (cause) {
    if (cause instanceof Failure) return undefined;
    throw cause;
  }
}

async function* chainLines(
  before: readonly NdjsonLine[],
  rest: AsyncIterable<NdjsonLine>,
): AsyncGenerator<NdjsonLine> {
  yield* before;
  yield* rest;
}

async function collectDocumentLines(
  first: NdjsonLine,
  rest: AsyncIterable<NdjsonLine>,
  path: string,
): Promise<NdjsonLine[]> {
  const all = [first];
  let bytes = first.bytes?.length ?? 0;
  for await (const line of rest) {
    all.push(line);
    bytes += line.bytes?.length ?? 0;
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new Failure('cli/failed', 'The document is too large.', { at: path, fix: 'Send it as NDJSON.' });
    }
  }
  return all;
}

function joinLines(lines: readonly NdjsonLine[]): Uint8Array {
  return Buffer.concat(lines.flatMap(({ bytes }) => [bytes ?? Buffer.alloc(0), Buffer.from('\n')]));
}
