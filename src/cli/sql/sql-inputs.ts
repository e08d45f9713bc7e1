import { closeSync, createReadStream, existsSync, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { Failure } from '../../errors.ts';
import { decodeUtf8 } from '../../fhir/decode-text.ts';
import { readNdjsonLines } from '../../fhir/ndjson.ts';
import { isObject } from '../../fhir/resource.ts';

/** NDJSON files by the resource type that each of them holds. */
export type FilesByType = ReadonlyMap<string, readonly string[]>;

const MAX_LINE_BYTES = 64 * 1_048_576;

/** Lists the files, and for folders the files in them with one of the extensions, as absolute paths. Throws `cli/failed`. */
export function listInputs(paths: readonly string[], extensions: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    if (!existsSync(path))
      throw new Failure('cli/failed', 'There is no such file or folder.', {
        at: path,
        fix: 'Correct the path.',
      });
    if (!statSync(path).isDirectory()) return [resolve(path)];
    const files = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && extensions.includes(extname(entry.name).toLowerCase()))
      .map((entry) => resolve(entry.parentPath, entry.name))
      .sort();
    if (files.length > 0) return files;
    const fix = `Name a folder with ${extensions.join(' or ')} files.`;
    throw new Failure('cli/failed', 'The folder holds no such file.', { at: path, fix });
  });
}

/** Names the view of each Parquet file after the file. Throws `cli/failed` for two files of one name. */
export function nameParquetViews(files: readonly string[]): ReadonlyMap<string, string> {
  const views = new Map<string, string>();
  for (const file of files) {
    const name = basename(file, extname(file));
    if (views.has(name))
      throw new Failure('cli/failed', `Two Parquet files are called ${name}.`, {
        at: file,
        fix: 'Name one of them.',
      });
    views.set(name, file);
  }
  return views;
}

function readResourceType(bytes: Uint8Array | null, file: string, line: number): string {
  let tree: unknown;
  try {
    tree = bytes === null ? undefined : JSON.parse(decodeUtf8(bytes));
  } catch {
    tree = undefined;
  }
  if (isObject(tree) && typeof tree.resourceType === 'string' && /^[A-Z][A-Za-z]+$/.test(tree.resourceType))
    return tree.resourceType;
  const fix = 'Name NDJSON files: one FHIR resource on each line.';
  throw new Failure('cli/failed', 'This is not a resource.', { at: `${file}:${line}`, fix });
}

/** Splits the lines of a file into one file for each resource type, in the folder. */
async function splitFile(
  file: string,
  index: number,
  folder: string,
): Promise<readonly (readonly [string, string])[]> {
  const outputs = new Map<string, { readonly path: string; readonly file: number }>();
  try {
    for await (const { number, bytes } of readNdjsonLines(createReadStream(file), MAX_LINE_BYTES)) {
      const type = readResourceType(bytes, file, number);
      const path = join(folder, `${index}-${type}.ndjson`);
      const output = outputs.get(type) ?? { path, file: openSync(path, 'w', 0o600) };
      outputs.set(type, output);
      writeSync(output.file, bytes ?? Buffer.alloc(0));
      writeSync(output.file, '\n');
    }
  } finally {
    for (const output of outputs.values()) closeSync(output.file);
  }
  return [...outputs].map(([type, { path }]) => [type, path] as const);
}

/**
 * Sorts the files by the resource type that they hold. A file with several is split in the temporary folder: DuckDB reads a
 * file as one form, and an element such as `name` has another form in another type. `typesOf` states the types of each file.
 */
export async function sortFilesByType(
  typesByFile: ReadonlyMap<string, readonly (string | null)[]>,
  temporaryFolder: string,
): Promise<FilesByType> {
  const files = new Map<string, string[]>();
  const add = (type: string, file: string) => files.set(type, [...(files.get(type) ?? []), file]);
  for (const [index, [file, types]] of [...typesByFile].entries()) {
    const [only] = types;
    if (types.length === 1 && typeof only === 'string') add(only, file);
    else for (const [type, part] of await splitFile(file, index, temporaryFolder)) add(type, part);
  }
  return files;
}
