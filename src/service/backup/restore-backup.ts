import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { ChainEnd } from '../../audit/audit-chain.ts';
import type { AuditEntry } from '../../audit/audit-entry.ts';
import { buildAuditEntry } from '../../audit/audit-entry.ts';
import type { AuditTrail } from '../../audit/audit-trail.ts';
import type { TrailReport } from '../../audit/trail-findings.ts';
import { verifyTrail } from '../../audit/verify-trail.ts';
import type { Config } from '../../config.ts';
import { syncFolder } from '../../durable-folders.ts';
import { Failure } from '../../errors.ts';
import { checkSealKey } from '../../intake/seal-key.ts';
import { locateAuditKey, readAuditKey } from '../audit/audit-key.ts';
import { locateHeadFile, readHeadLines } from '../audit/head-file.ts';
import { openStore, openTrailStore } from '../opening/open-store.ts';
import { readManifest, type SignedManifest, verifyFiles } from './backup-manifest.ts';
import {
  copySynced,
  createPrivateFolder,
  type FileContents,
  hasSameFiles,
  isVacant,
  readFolder,
  syncTree,
  writeFolder,
} from './stored-files.ts';

/** What is restored, and where. */
export interface RestoreRequest {
  readonly from: string;
  /** Whether the backup is only verified, in a folder that is removed again. */
  readonly isTrial: boolean;
}

/** What was restored or verified. Printed as JSON. */
export interface RestoreResult {
  /** The data folder; null where the backup was only verified. */
  readonly folder: string | null;
  readonly madeAt: string;
  readonly store: 'sqlite' | 'postgres';
  readonly files: number;
  readonly trail: TrailReport;
  /** The last entry that the backup has: what was done later is not in it. */
  readonly last: Pick<AuditEntry, 'at' | 'action' | 'actor'> | null;
}

/** The folder of the keys in a backup. */
const KEY_PREFIX = 'keys/';

type Folders = Pick<Config, 'dataDir' | 'keysDir' | 'auditHeadsDir'>;

function refuse(problem: string, at: string, fix = 'Use another backup. Nothing was restored.'): never {
  throw new Failure('backup/invalid', `${problem}.`, { at, fix });
}

/** Whether the trail has the entry that ended a chain when the backup was made. */
async function hasEnd(trail: AuditTrail, { chain, entries, link }: ChainEnd): Promise<boolean> {
  const [entry] = await trail.listEntries(chain, entries - 1, 1);
  return entry?.seq === entries && entry.link === link;
}

/** Verifies that everything up to the mark of the backup is there. */
async function requireMark(trail: AuditTrail, { mark }: SignedManifest, at: string): Promise<void> {
  for (const end of mark)
    if (!(await hasEnd(trail, end))) refuse('The audit trail does not reach the mark', at);
}

async function readLastEntry(trail: AuditTrail): Promise<RestoreResult['last']> {
  let last: RestoreResult['last'] = null;
  for (const { chain, entries } of await trail.listChainEnds()) {
    const [stored] = await trail.listEntries(chain, entries - 1, 1);
    if (!stored) continue;
    const { at, action, actor } = JSON.parse(stored.entry) as AuditEntry;
    if (last === null || at > last.at) last = { at, action, actor };
  }
  return last;
}

/** Verifies a trail against the heads of the backup and the key that signed it. */
async function verifyRestoredTrail(
  trail: AuditTrail,
  manifest: SignedManifest,
  folder: string,
): Promise<Pick<RestoreResult, 'trail' | 'last'>> {
  const copy = readHeadLines(locateHeadFile(folder));
  const report = await verifyTrail(trail, { keys: [manifest.key], copy });
  if (!report.valid) refuse(`The audit trail does not hold (${report.findings[0]?.kind})`, folder);
  await requireMark(trail, manifest, folder);
  return { trail: report, last: await readLastEntry(trail) };
}

/** Verifies that the keys are those of the backed up store. */
async function requireKeys(config: Config, folders: Folders, manifest: SignedManifest): Promise<void> {
  const audit = readAuditKey(locateAuditKey(folders));
  if (audit?.publicKey !== manifest.key)
    refuse(
      'The key of the audit trail is not that of the backup',
      folders.keysDir,
      'Name the folder of its keys with keysDir.',
    );
  const store = await openStore({ ...config, ...folders, database: null });
  try {
    const { state, file } = await checkSealKey(folders, store);
    if (state !== 'fits' && state !== 'new')
      refuse(
        `The key of the sealed payloads does not fit (${state})`,
        file,
        'Name the folder of its keys with keysDir.',
      );
  } finally {
    await store.close();
  }
}

/** Puts the keys of a backup where the configuration has its keys, unless the same are there already. */
function storeKeys(keys: FileContents, keysDir: string): void {
  if (keys.size === 0 || hasSameFiles(keys, readFolder(keysDir))) return;
  if (!isVacant(keysDir))
    refuse('There are other keys in the folder of keys', keysDir, 'Move them away, so that they are kept.');
  writeFolder(keysDir, keys);
  syncTree(keysDir);
}

/** Copies the files of a backup into a draft of the data folder, and verifies the store there. */
async function fillDataFolder(
  config: Config,
  from: string,
  manifest: SignedManifest,
  folders: Folders,
): Promise<Pick<RestoreResult, 'trail' | 'last'>> {
  const { checkDatabase } = await import('../../store/sqlite/safekeeping/copy-database.ts');
  const { readSqliteTrail } = await import('../../store/sqlite/safekeeping/read-trail.ts');
  const isKey = (path: string) => path.startsWith(KEY_PREFIX);
  for (const { path } of manifest.files)
    if (!isKey(path)) copySynced(join(from, path), join(folders.dataDir, path));
  storeKeys(readFolder(join(from, KEY_PREFIX)), folders.keysDir);
  const place = { file: join(folders.dataDir, 'store.db'), keysDir: folders.keysDir };
  const [damage] = checkDatabase(place);
  if (damage !== undefined) refuse(`The database is damaged (${damage})`, place.file);
  const verified = await readSqliteTrail(place, (trail) => verifyRestoredTrail(trail, manifest, from));
  await requireKeys(config, folders, manifest);
  syncTree(folders.dataDir);
  return verified;
}

/** Verifies a restored PostgreSQL database by the mark; this command restores none. */
async function verifyDatabase(
  config: Config,
  from: string,
  manifest: SignedManifest,
): Promise<RestoreResult> {
  if (config.database === null)
    refuse(
      'The store of this backup is a PostgreSQL database',
      from,
      'Restore the database by its own means (pg_restore, or to a point in time after the mark), then run this with --database; it verifies that the mark is there',
    );
  const store = await openStore(config);
  try {
    const report = await store.read(async (tx) => {
      await requireMark(tx.audit, manifest, from);
      const trail = await verifyTrail(tx.audit, { keys: [manifest.key], copy: null });
      return { trail, last: await readLastEntry(tx.audit) };
    });
    if (!report.trail.valid) refuse('The audit trail does not hold', from);
    const { at, files } = manifest;
    return { folder: null, madeAt: at, store: 'postgres', files: files.length, ...report };
  } finally {
    await store.close();
  }
}

/** Restores into drafts beside their places; returns what was found. Nothing remains where it throws. */
async function restoreFiles(
  config: Config,
  from: string,
  manifest: SignedManifest,
  isTrial: boolean,
): Promise<RestoreResult> {
  const target = isTrial ? join(mkdtempSync(join(tmpdir(), 'verify-')), 'data') : resolve(config.dataDir);
  if (!isVacant(target))
    refuse(
      'There is something in the data folder',
      target,
      'Name a folder that does not exist, with --data.',
    );
  const draft = `${target}.${process.pid}.partial`;
  // Keys that belong in the data folder appear with it.
  const isInside = isTrial ? manifest.hasKeys : config.keysDir === join(resolve(config.dataDir), 'keys');
  const keysDir = isInside ? join(draft, 'keys') : config.keysDir;
  try {
    createPrivateFolder(draft);
    const found = await fillDataFolder(config, from, manifest, {
      dataDir: draft,
      keysDir,
      auditHeadsDir: draft,
    });
    if (!isTrial) {
      if (existsSync(target)) rmSync(target, { recursive: true });
      renameSync(draft, target);
      syncFolder(dirname(target));
    }
    const { at, files } = manifest;
    return { folder: isTrial ? null : target, madeAt: at, store: 'sqlite', files: files.length, ...found };
  } finally {
    rmSync(draft, { recursive: true, force: true });
    if (isTrial) rmSync(dirname(target), { recursive: true, force: true });
  }
}

/**
 * Puts the heads of the former store aside, which the restored one does not have: they are the evidence of what was lost. The
 * copy starts empty.
 */
function keepFormerHeads({ dataDir, auditHeadsDir }: Config, now: Date): void {
  const file = locateHeadFile(auditHeadsDir);
  if (resolve(auditHeadsDir) === resolve(dataDir) || !existsSync(file)) return;
  const stamp = now.toISOString().replaceAll(/[:.]/g, '');
  renameSync(file, join(auditHeadsDir, `audit-heads.until-${stamp}.ndjson`));
  syncFolder(auditHeadsDir);
}

/** Records in the restored trail that it was restored, and from what. */
async function recordRestoration(config: Config, manifest: SignedManifest): Promise<void> {
  keepFormerHeads(config, new Date());
  const store = await openTrailStore(config);
  try {
    const detail = { madeAt: manifest.at, software: manifest.software };
    await store.transaction((tx) =>
      tx.audit.append(buildAuditEntry({ action: 'backup.restored', detail }, new Date())),
    );
  } finally {
    await store.close();
  }
}

/**
 * Restores a backup into an empty data folder, after it has verified all of it: the manifest and its signature, every file, the
 * structure of the database, the audit trail with its heads up to the mark, and that the keys fit. With `isTrial` it does all
 * of that in a folder of its own, and removes it. Throws `backup/invalid` with the first fault; then nothing was restored.
 */
export async function restoreBackup(config: Config, request: RestoreRequest): Promise<RestoreResult> {
  const from = resolve(request.from);
  const manifest = readManifest(from);
  verifyFiles(from, manifest);
  if (manifest.store === 'postgres') return verifyDatabase(config, from, manifest);
  const result = await restoreFiles({ ...config, database: null }, from, manifest, request.isTrial);
  if (!request.isTrial) await recordRestoration({ ...config, database: null }, manifest);
  return result;
}
