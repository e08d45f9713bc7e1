import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../errors.ts';
import { parseJson, stringifyJson } from '../fhir/json.ts';
import { type Decision, fileOfDecision, withDecision } from '../mapping/decision.ts';
import type { SiteParts } from '../mapping/library-parts.ts';
import { foldersIn, jsonFiles } from './files.ts';
import type { Report } from './problem.ts';

/**
 * Decisions about work items are ConceptMaps under the data folder, beside the store: the mappings may be read-only or
 * belong to a repository, and a backup of the data folder has both. A file may be moved to the site's folder as it is.
 */
const FOLDER = 'decisions';

/** What people decided, by site; none without a data folder. */
export function decisionsIn(dataDir: string | undefined, report: Report): readonly SiteParts[] {
  if (dataDir === undefined) return [];
  return foldersIn(join(dataDir, FOLDER)).map((site) => {
    const read = (kind: string) => jsonFiles(dataDir, join(FOLDER, site, kind), report);
    return { site, concepts: read('concepts'), units: read('units') };
  });
}

const SAFE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** A decision that is not in force yet: the decisions as they would be with it, and the way to keep it. */
export interface Proposal {
  readonly decided: readonly SiteParts[];
  /** The file, relative to the data folder. */
  readonly file: string;
  /** Writes it, synced, in one step: a reader sees the old file or the new one. */
  keep(): void;
}

/** The decisions on disk with one more. Whoever keeps it must have been alone since (see the store's transaction). */
export function propose(dataDir: string, decision: Decision): Proposal {
  const { site } = decision;
  if (!SAFE.test(site))
    throw new Failure('cli/failed', 'The site has a name that cannot be a folder.', {
      at: 'site',
      fix: 'Map it in the mappings folder.',
    });
  const inSite = fileOfDecision(decision);
  const file = join(FOLDER, site, inSite);
  const path = join(dataDir, file);
  const json = withDecision(existsSync(path) ? parseJson(readFileSync(path, 'utf8')) : null, decision);
  const before = decisionsIn(dataDir, () => {});
  const own = before.find((s) => s.site === site) ?? { site, concepts: [], units: [] };
  const put = (parts: SiteParts['concepts']) => [...parts.filter((p) => p.file !== file), { file, json }];
  const changed =
    decision.kind === 'unit' ? { ...own, units: put(own.units) } : { ...own, concepts: put(own.concepts) };
  return {
    decided: [...before.filter((s) => s.site !== site), changed],
    file,
    keep: () => writeWhole(path, `${stringifyJson(json)}\n`),
  };
}

function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  const handle = openSync(draft, 'w', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, path);
}
