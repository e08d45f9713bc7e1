import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { createFolder, syncFolder } from '../durable-folders.ts';
import { Failure } from '../errors.ts';
import { parseJson, stringifyJson } from '../fhir/lossless-json.ts';
import { locateDecisionFile, type MappingDecision, withDecision } from '../mapping/codes/decision-map.ts';
import type { SiteMappingFiles } from '../mapping/compile-mappings.ts';
import { listFolders, readJsonFiles } from './library-files.ts';
import type { ReportProblem } from './library-problem.ts';

/**
 * Decisions on work items are ConceptMaps under the data folder, next to the store: the mappings may be read-only or
 * belong to a repository, and a backup of the data folder has both. A file can be moved to the site's folder
 * unchanged.
 */
const DECISIONS_FOLDER = 'decisions';

/**
 * Every decision of a site, a line each; lines are only added, and changed only by an erasure. The ConceptMaps hold those that
 * are in force.
 */
const HISTORY_FILE = 'history.ndjson';

/** Reads the decisions by site; none without a data folder. */
export function readDecisions(
  dataDir: string | undefined,
  report: ReportProblem,
): readonly SiteMappingFiles[] {
  if (dataDir === undefined) return [];
  return listFolders(join(dataDir, DECISIONS_FOLDER)).map((site) => {
    const read = (kind: string) => readJsonFiles(dataDir, join(DECISIONS_FOLDER, site, kind), report);
    return { site, concepts: read('concepts'), units: read('units') };
  });
}

const SAFE_FOLDER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** A decision that is not in force yet: the decisions as they would be with it, and how to store it. */
interface DecisionDraft {
  readonly decided: readonly SiteMappingFiles[];
  /** The file, relative to the data folder. */
  readonly file: string;
  /** Adds it to the history, and writes it, synced, in one step: a reader sees the old file or the new one. */
  save(): void;
}

/**
 * Drafts the decisions on disk with one more. A caller that saves it must have had exclusive access since (see the
 * store's transaction). Throws `library/site-name` for a site whose name cannot be a folder.
 */
export function draftDecision(dataDir: string, decision: MappingDecision): DecisionDraft {
  const { site } = decision;
  if (!SAFE_FOLDER_NAME.test(site))
    throw new Failure('library/site-name', 'The name of the site cannot be a folder.', {
      at: 'site',
      fix: 'Write the map entry in the mappings folder.',
    });
  const siteFile = locateDecisionFile(decision);
  const file = join(DECISIONS_FOLDER, site, siteFile);
  const path = join(dataDir, file);
  const json = withDecision(existsSync(path) ? parseJson(readFileSync(path, 'utf8')) : null, decision);
  const before = readDecisions(dataDir, () => {});
  const siteFiles = before.find((files) => files.site === site) ?? { site, concepts: [], units: [] };
  const replaceFile = (files: SiteMappingFiles['concepts']) => [
    ...files.filter((other) => other.file !== file),
    { file, json },
  ];
  const changed =
    decision.kind === 'unit'
      ? { ...siteFiles, units: replaceFile(siteFiles.units) }
      : { ...siteFiles, concepts: replaceFile(siteFiles.concepts) };
  return {
    decided: [...before.filter((files) => files.site !== site), changed],
    file,
    save() {
      appendDurably(join(dataDir, DECISIONS_FOLDER, site, HISTORY_FILE), `${JSON.stringify(decision)}\n`);
      writeAtomically(path, `${stringifyJson(json)}\n`);
    },
  };
}

/** The files of decisions: their text by their path in the data folder, with `/`, in order of path. */
export type DecisionFiles = Readonly<Record<string, string>>;

/** Reads the files as they are, without checking them. */
export function readDecisionFiles(dataDir: string): DecisionFiles {
  const paths = globSync(`${DECISIONS_FOLDER}/*/*/*.json`, { cwd: dataDir }).map((path) =>
    path.split(sep).join('/'),
  );
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(dataDir, path), 'utf8')]));
}

/** Makes the files on disk these, and no others; returns whether anything changed. */
export function replaceDecisionFiles(dataDir: string, files: DecisionFiles): boolean {
  const before = readDecisionFiles(dataDir);
  const changed = Object.entries(files).filter(([path, text]) => before[path] !== text);
  const removed = Object.keys(before).filter((path) => !(path in files));
  for (const [path, text] of changed) writeAtomically(join(dataDir, path), text);
  for (const path of removed) rmSync(join(dataDir, path));
  return changed.length + removed.length > 0;
}

/**
 * Converts every line of the histories, each in one step; returns the paths of those that changed, relative to the data folder. A
 * caller must have exclusive access (see the store's transaction).
 */
export function convertDecisionHistories(
  dataDir: string,
  convert: (line: string) => string,
): readonly string[] {
  const paths = globSync(`${DECISIONS_FOLDER}/*/${HISTORY_FILE}`, { cwd: dataDir }).sort();
  return paths.flatMap((path) => {
    const text = readFileSync(join(dataDir, path), 'utf8');
    const converted = text
      .split('\n')
      .map((line) => (line === '' ? line : convert(line)))
      .join('\n');
    if (converted === text) return [];
    writeAtomically(join(dataDir, path), converted);
    return [path.split(sep).join('/')];
  });
}

/** Adds a line to a file; the line and the file are on disk when this returns. */
function appendDurably(path: string, line: string): void {
  createFolder(dirname(path), 0o700);
  writeSynced(path, 'a', line);
  syncFolder(dirname(path));
}

/** Replaces a file; it is the old one or the new one, and the new one is on disk when this returns. */
function writeAtomically(path: string, text: string): void {
  createFolder(dirname(path), 0o700);
  const draft = `${path}.new`;
  writeSynced(draft, 'w', text);
  renameSync(draft, path);
  syncFolder(dirname(path));
}

function writeSynced(path: string, flag: 'a' | 'w', text: string): void {
  writeFileSync(path, text, { flag, mode: 0o600, flush: true });
}
