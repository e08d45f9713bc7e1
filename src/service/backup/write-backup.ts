import { renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { ChainEnd } from '../../audit/audit-chain.ts';
import { buildAuditEntry } from '../../audit/audit-entry.ts';
import type { AuditTrail } from '../../audit/audit-trail.ts';
import { listTrailHeads } from '../../audit/trail-file.ts';
import type { Config } from '../../config.ts';
import { syncFolder } from '../../durable-folders.ts';
import { Failure } from '../../errors.ts';
import { locateAuditKey, readAuditKey } from '../audit/audit-key.ts';
import { locateHeadFile } from '../audit/head-file.ts';
import type { TrailStore } from '../audit/keep-trail.ts';
import { openTrailStore } from '../opening/open-store.ts';
import { type BackedUpFile, digestFile, MANIFEST_FILE, signManifest } from './backup-manifest.ts';
import {
  createPrivateFolder,
  type FileContents,
  hasSameFiles,
  isVacant,
  listFolder,
  readFolder,
  syncTree,
  writeFolder,
  writeSynced,
} from './stored-files.ts';

/** What a backup is to have. */
export interface BackupRequest {
  /** The folder to make; nothing may be there. */
  readonly out: string;
  readonly withKeys: boolean;
  readonly software: string;
}

/** A backup that was made. Printed as JSON. */
export interface BackupResult {
  readonly folder: string;
  readonly at: string;
  readonly store: 'sqlite' | 'postgres';
  readonly mark: readonly ChainEnd[];
  readonly hasKeys: boolean;
  readonly files: readonly BackedUpFile[];
}

/** The files beside the database that belong to it. */
interface SideFiles {
  readonly decisions: FileContents;
  readonly keys: FileContents;
}

/** A service that is busy locks the database nearly all the time: a backup waits longer for a gap than a command does. */
const LONGEST_WAIT_MS = 180_000;

/** Runs work again while another process has locked the database. */
async function runPatiently<T>(work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (cause) {
      const isBusy = cause instanceof Failure && cause.code === 'store/busy';
      if (!isBusy || performance.now() - begun > LONGEST_WAIT_MS) throw cause;
    }
  }
}

/** How often the files beside the database may change while it is copied. */
const MAX_ATTEMPTS = 10;

const readSideFiles = ({ dataDir, keysDir }: Config): SideFiles => ({
  decisions: readFolder(join(dataDir, 'decisions')),
  keys: readFolder(keysDir),
});

/**
 * Reads the files beside the database while nobody writes: a decision is saved in the transaction that stores it, and must not
 * be seen between the two. The entry of the backup is in the transaction: the mark is the end of the trail with it.
 */
function readAtMark(store: TrailStore, config: Config): Promise<SideFiles> {
  return store.transaction(async (tx) => {
    await tx.audit.append(buildAuditEntry({ action: 'backup.made' }, new Date()));
    return readSideFiles(config);
  });
}

const readMark = (store: TrailStore): Promise<readonly ChainEnd[]> =>
  store.read((tx) => tx.audit.listChainEnds());

/** Reads the files beside the database again, while nobody writes. */
const readAfter = (store: TrailStore, config: Config): Promise<SideFiles> =>
  store.transaction(async () => readSideFiles(config));

const isSame = (one: SideFiles, other: SideFiles): boolean =>
  hasSameFiles(one.decisions, other.decisions) && hasSameFiles(one.keys, other.keys);

/** Copies the database, until the files beside it are the same before and after. */
async function copyConsistently(
  store: TrailStore,
  config: Config,
  target: string,
): Promise<{ readonly mark: readonly ChainEnd[]; readonly side: SideFiles }> {
  const { copyDatabase } = await import('../../store/sqlite/safekeeping/copy-database.ts');
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const side = await runPatiently(() => readAtMark(store, config));
    const mark = await readMark(store);
    rmSync(target, { force: true });
    copyDatabase({ file: join(config.dataDir, 'store.db'), keysDir: config.keysDir }, target);
    const after = await runPatiently(() => readAfter(store, config));
    if (isSame(side, after)) return { mark, side };
  }
  throw new Failure('store/busy', 'Decisions or keys changed at every attempt to copy them.', {
    at: config.dataDir,
    fix: 'Make the backup at a time when nobody decides on work items.',
  });
}

async function formatHeads(trail: AuditTrail): Promise<string> {
  let text = '';
  for await (const { head } of listTrailHeads(trail)) text += `${head}\n`;
  return text;
}

/** Reads the heads of the copied database; of PostgreSQL, those of the store. */
async function readCopiedHeads(store: TrailStore, config: Config, folder: string): Promise<string> {
  if (config.database !== null) return store.read((tx) => formatHeads(tx.audit));
  const { readSqliteTrail } = await import('../../store/sqlite/safekeeping/read-trail.ts');
  return readSqliteTrail({ file: join(folder, 'store.db'), keysDir: config.keysDir }, formatHeads);
}

/** Fills the folder of a backup; all files are on disk when it returns. */
async function fillBackup(
  store: TrailStore,
  config: Config,
  { withKeys, software }: BackupRequest,
  folder: string,
): Promise<Omit<BackupResult, 'folder'>> {
  const signer = readAuditKey(locateAuditKey(config));
  if (!signer) throw new Error('A store with a trail has no key of it.');
  const isFile = config.database === null;
  const { mark, side } = isFile
    ? await copyConsistently(store, config, join(folder, 'store.db'))
    : { side: await runPatiently(() => readAtMark(store, config)), mark: await readMark(store) };
  writeFolder(join(folder, 'decisions'), side.decisions);
  if (withKeys) writeFolder(join(folder, 'keys'), side.keys);
  writeSynced(locateHeadFile(folder), await readCopiedHeads(store, config, folder));
  const files = listFolder(folder).map((path) => ({ path, ...digestFile(join(folder, path)) }));
  const manifest = signManifest(signer, {
    ...{ v: 1, software, at: new Date().toISOString(), store: isFile ? 'sqlite' : 'postgres' },
    ...{ mark, hasKeys: withKeys, keysFrom: config.keysDir, files },
  });
  writeSynced(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  syncTree(folder);
  const { at, store: kind, hasKeys } = manifest;
  return { at, store: kind, mark, hasKeys, files };
}

/**
 * Makes a backup beside a running service: the database in one state, the decisions and keys that belong to it, the signed heads
 * of its trail, and a signed manifest. What was answered before the mark is in it. Its folder appears as a whole, when
 * everything in it is on disk, or not at all. A PostgreSQL database is backed up by its own means; then the backup has the
 * rest, and the mark by which a restored database is verified.
 */
export async function writeBackup(config: Config, request: BackupRequest): Promise<BackupResult> {
  const folder = resolve(request.out);
  if (!isVacant(folder))
    throw new Failure('backup/invalid', 'There is something in the folder of the backup.', {
      at: folder,
      fix: 'Name a folder that does not exist.',
    });
  const draft = `${folder}.${process.pid}.partial`;
  const store = await openTrailStore(config);
  try {
    createPrivateFolder(draft);
    const made = await fillBackup(store, config, request, draft);
    renameSync(draft, folder);
    syncFolder(dirname(folder));
    return { folder, ...made };
  } finally {
    rmSync(draft, { recursive: true, force: true });
    await store.close();
  }
}
