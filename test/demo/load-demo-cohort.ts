import { createHash, type Hash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readLibrary } from '../../src/library.ts';
import { type AssessedCohort, assessDemoCohort, COHORT_MAPPINGS } from './assess-demo-cohort.ts';

const ROOT = join(import.meta.dirname, '../..');
const CACHE_FOLDER = join(ROOT, 'node_modules/.cache/demo-cohort');

/** Everything that the assessed cohort depends on, in addition to the versions of Node and its libraries. */
const INPUTS = [
  'src',
  'mappings',
  'demo',
  'profiles',
  'test/demo/assess-demo-cohort.ts',
  'package.json',
  'package-lock.json',
];

/** Adds the name and content of the file, or of all files of the folder, in a stable order. */
function addToDigest(digest: Hash, path: string): void {
  const absolute = join(ROOT, path);
  const listed = readdirSync(absolute, { recursive: true, withFileTypes: true });
  const files = listed.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) digest.update(`${file}\0`).update(readFileSync(file)).update('\0');
}

function computeInputDigest(): string {
  const digest = createHash('sha256').update(JSON.stringify([process.versions, process.env.TZ ?? null]));
  for (const path of INPUTS) {
    if (/\.\w+$/.test(path)) digest.update(`${path}\0`).update(readFileSync(join(ROOT, path)));
    else addToDigest(digest, path);
  }
  return digest.digest('hex');
}

/** The cohort without the library, which contains functions and cannot be written to a file. */
type StoredCohort = Omit<AssessedCohort, 'library'>;

function readStored(file: string): StoredCohort | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function store(file: string, { library: _library, ...cohort }: AssessedCohort): void {
  const text = JSON.stringify(cohort);
  if (!isDeepStrictEqual(JSON.parse(text), cohort)) throw new Error('JSON does not hold the whole cohort.');
  mkdirSync(CACHE_FOLDER, { recursive: true });
  // Test processes may store it at the same time: a file with the final name is always complete.
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
  const outdated = readdirSync(CACHE_FOLDER).filter((name) => !name.startsWith(basename(file)));
  for (const name of outdated) rmSync(join(CACHE_FOLDER, name), { force: true });
}

/**
 * Returns the assessed demonstration cohort, for tests of something else. It is computed once for each
 * state of sources, mappings and demonstration, and kept under node_modules/.cache: mapping and assessing it takes
 * several seconds of each test file that needs it. demo-figures.test.ts, which tests the cohort, always computes it.
 */
export function loadDemoCohort(): AssessedCohort {
  const file = join(CACHE_FOLDER, `${computeInputDigest()}.json`);
  const stored = readStored(file);
  if (stored) return { ...stored, library: readLibrary(COHORT_MAPPINGS) };
  const cohort = assessDemoCohort();
  store(file, cohort);
  return cohort;
}
