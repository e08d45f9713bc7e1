import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../fhir/lossless-json.ts';
import type { ReportProblem } from './library-problem.ts';

export interface LibraryFile {
  /** Relative to the folder that it was read under. */
  readonly file: string;
  readonly json: unknown;
}

/** The folders in a folder, by name; none where it is not there. */
export function listFolders(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

const CASES_SUFFIX = '.cases.json';

/** The JSON files directly in a folder, cases beside them left out; a file that is no JSON is a problem. */
export function readJsonFiles(root: string, folder: string, report: ReportProblem): readonly LibraryFile[] {
  return readFiles(root, folder, (name) => name.endsWith('.json') && !name.endsWith(CASES_SUFFIX), report);
}

/** The golden cases directly in a folder. */
export function readCaseFiles(root: string, folder: string, report: ReportProblem): readonly LibraryFile[] {
  return readFiles(root, folder, (name) => name.endsWith(CASES_SUFFIX), report);
}

function readFiles(
  root: string,
  folder: string,
  wanted: (name: string) => boolean,
  report: ReportProblem,
): readonly LibraryFile[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter(wanted)
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
