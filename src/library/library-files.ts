import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../fhir/lossless-json.ts';
import type { ReportProblem } from './library-problem.ts';

/** A JSON file of the library. */
export interface LibraryFile {
  /** Relative to the folder under which it was read. */
  readonly file: string;
  readonly json: unknown;
}

/** Lists the folders in a folder by name; none where it does not exist. */
export function listFolders(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

const CASES_SUFFIX = '.cases.json';

/**
 * Reads the JSON files directly in a folder, without the golden cases next to them; a file that is not JSON is
 * reported.
 */
export function readJsonFiles(root: string, folder: string, report: ReportProblem): readonly LibraryFile[] {
  return readFiles(root, folder, (name) => name.endsWith('.json') && !name.endsWith(CASES_SUFFIX), report);
}

/** Reads the golden cases directly in a folder. */
export function readCaseFiles(root: string, folder: string, report: ReportProblem): readonly LibraryFile[] {
  return readFiles(root, folder, (name) => name.endsWith(CASES_SUFFIX), report);
}

function readFiles(
  root: string,
  folder: string,
  isWanted: (name: string) => boolean,
  report: ReportProblem,
): readonly LibraryFile[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter(isWanted)
    .sort()
    .flatMap((name) => {
      const file = join(folder, name);
      try {
        return [{ file, json: parseJson(readFileSync(join(path, name), 'utf8')) }];
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : 'not JSON';
        report({ file, at: '', message, fix: 'Write one JSON value.' });
        return [];
      }
    });
}
