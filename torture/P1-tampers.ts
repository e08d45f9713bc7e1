import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Sqlite from 'better-sqlite3-multiple-ciphers';
import { createRandom } from '../demo/cohort/seeded-random.ts';
import { computeLink, startChain, toTrailJson, WHOLE_STORE_CHAIN } from '../src/audit/audit-chain.ts';
import { buildAuditEntry } from '../src/audit/audit-entry.ts';
import { type SignedAuditHead, signHead } from '../src/audit/signed-head.ts';
import { verifyTrail } from '../src/audit/verify-trail.ts';
import { deriveAuditKey, locateAuditKey, readAuditKey } from '../src/service/audit/audit-key.ts';
import { locateHeadFile, readHeadLines } from '../src/service/audit/head-file.ts';
import { keepTrail } from '../src/service/audit/keep-trail.ts';
import { openStoreKey } from '../src/store/keys/store-key.ts';
import { connectEncrypted } from '../src/store/sqlite/files/encrypted-file.ts';
import { readSqliteTrail } from '../src/store/sqlite/safekeeping/read-trail.ts';
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import type { Bar } from './bar.ts';

const TAMPERS = 1_000;
const LIVES = 6;
const ENTRIES_A_LIFE = 40;

type Random = ReturnType<typeof createRandom>;

/** A data folder with a trail, and the folders of its keys and of the copy of its heads. */
interface TrailFolders {
  readonly data: string;
  readonly keys: string;
  readonly heads: string;
}

const listFolders = (root: string): TrailFolders => ({
  data: join(root, 'data'),
  keys: join(root, 'keys'),
  heads: join(root, 'heads'),
});

const locateStore = ({ data }: TrailFolders): string => join(data, 'store.db');

/** Writes a trail in several lives of a service, each of which ends with a signed head. `old` gets the state after half. */
async function writeTrail(folders: TrailFolders, old: TrailFolders): Promise<void> {
  for (let life = 1; life <= LIVES; life++) {
    const store = openSqliteStore(locateStore(folders), { keysDir: folders.keys });
    const place = { keysDir: folders.keys, auditHeadsDir: folders.heads };
    const kept = await keepTrail(store, place, (cause) => {
      throw cause;
    });
    for (let number = 0; number < ENTRIES_A_LIFE; number++)
      await kept.transaction((tx) =>
        tx.audit.append(
          buildAuditEntry(
            { action: 'data.read', site: `site-${number % 7}`, detail: { life, number } },
            new Date(),
          ),
        ),
      );
    await kept.close();
    if (life === LIVES / 2)
      for (const name of ['data', 'heads'] as const) cpSync(folders[name], old[name], { recursive: true });
  }
}

interface EntryRow {
  readonly seq: number;
  readonly entry: string;
  readonly link: Buffer;
}

/** The trail of a copy, open for whoever can write to its files and knows the store's key. */
interface Tampering {
  readonly db: Sqlite.Database;
  readonly random: Random;
  readonly folders: TrailFolders;
  readonly old: TrailFolders;
  /** Entries in order. */
  readonly entries: readonly EntryRow[];
}

const replaceAll = (db: Sqlite.Database, entries: readonly EntryRow[]): void => {
  db.exec('DELETE FROM audit_entry');
  const insert = db.prepare('INSERT INTO audit_entry (seq, chain, entry, link) VALUES (?, ?, ?, ?)');
  for (const { seq, entry, link } of entries) insert.run(seq, WHOLE_STORE_CHAIN, entry, link);
};

const numberAnew = (entries: readonly EntryRow[]): readonly EntryRow[] =>
  entries.map((entry, index) => ({ ...entry, seq: index + 1 }));

/** Links the entries anew, as somebody does who knows how the chain is made. */
function linkAnew(entries: readonly EntryRow[]): readonly EntryRow[] {
  let link: Buffer = startChain(WHOLE_STORE_CHAIN);
  return entries.map((entry) => {
    link = computeLink(link, entry.entry);
    return { ...entry, link };
  });
}

const drawIndex = ({ random, entries }: Tampering): number => random.integer(0, entries.length - 2);

function changeText(entry: string, random: Random): string {
  const parsed = JSON.parse(entry) as Record<string, unknown>;
  return toTrailJson({ ...parsed, actor: `somebody-${random.integer(1, 999_999)}` });
}

/** Every way to change the trail; each leaves files that a service would open. */
const TAMPER_KINDS: Readonly<Record<string, (tampering: Tampering) => void>> = {
  flip(t) {
    const { seq, entry } = t.entries[drawIndex(t)] ?? { seq: 1, entry: '' };
    const bytes = Buffer.from(entry);
    const at = t.random.integer(0, bytes.length - 1);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << t.random.integer(0, 4));
    t.db.prepare('UPDATE audit_entry SET entry = ? WHERE seq = ?').run(bytes.toString('latin1'), seq);
  },
  'flip link'(t) {
    const { seq, link } = t.entries[drawIndex(t)] ?? { seq: 1, link: Buffer.alloc(32) };
    const changed = Buffer.from(link);
    const at = t.random.integer(0, 31);
    changed[at] = (changed[at] ?? 0) ^ 1;
    t.db.prepare('UPDATE audit_entry SET link = ? WHERE seq = ?').run(changed, seq);
  },
  'change and link anew'(t) {
    const at = drawIndex(t);
    const changed = t.entries.map((row, index) =>
      index === at ? { ...row, entry: changeText(row.entry, t.random) } : row,
    );
    replaceAll(t.db, linkAnew(changed));
  },
  delete(t) {
    t.db.prepare('DELETE FROM audit_entry WHERE seq = ?').run(drawIndex(t) + 1);
  },
  'delete and number anew'(t) {
    replaceAll(t.db, numberAnew(t.entries.toSpliced(drawIndex(t), 1)));
  },
  'delete and link anew'(t) {
    replaceAll(t.db, linkAnew(numberAnew(t.entries.toSpliced(drawIndex(t), 1))));
  },
  reorder(t) {
    const at = drawIndex(t);
    const [first, second] = [t.entries[at], t.entries[at + 1]];
    if (first && second) replaceAll(t.db, numberAnew(t.entries.toSpliced(at, 2, second, first)));
  },
  insert(t) {
    const at = drawIndex(t);
    const row = t.entries[at];
    if (row) replaceAll(t.db, numberAnew(t.entries.toSpliced(at, 0, row)));
  },
  'insert and link anew'(t) {
    const at = drawIndex(t);
    const row = t.entries[at];
    const added = row && { ...row, entry: changeText(row.entry, t.random) };
    if (added) replaceAll(t.db, linkAnew(numberAnew(t.entries.toSpliced(at, 0, added))));
  },
  truncate(t) {
    t.db.prepare('DELETE FROM audit_entry WHERE seq > ?').run(drawIndex(t));
  },
  'truncate with heads'(t) {
    const kept = t.random.integer(0, LIVES - 2);
    t.db.prepare('DELETE FROM audit_head WHERE number > ?').run(kept);
    t.db.prepare('DELETE FROM audit_entry WHERE seq > ?').run(kept * ENTRIES_A_LIFE);
  },
  'change a head'(t) {
    const number = t.random.integer(1, LIVES);
    const text = t.db
      .prepare<[number], string>('SELECT head FROM audit_head WHERE number = ?')
      .pluck()
      .get(number);
    const head = JSON.parse(text ?? '{}') as SignedAuditHead;
    const changed = toTrailJson({ ...head, at: '2020-01-01T00:00:00.000Z' });
    t.db.prepare('UPDATE audit_head SET head = ? WHERE number = ?').run(changed, number);
  },
  'rewrite all with another key'(t) {
    const signer = deriveAuditKey(Buffer.alloc(32, t.random.integer(1, 255)));
    const at = drawIndex(t);
    const entries = linkAnew(
      t.entries.map((row, index) =>
        index === at ? { ...row, entry: changeText(row.entry, t.random) } : row,
      ),
    );
    replaceAll(t.db, entries);
    const end = entries.at(-1);
    if (!end) return;
    const ends = [{ chain: WHOLE_STORE_CHAIN, entries: end.seq, link: end.link.toString('hex') }];
    const { head } = signHead(signer, undefined, ends, new Date());
    t.db.exec('DELETE FROM audit_head');
    t.db.prepare('INSERT INTO audit_head (number, head) VALUES (1, ?)').run(head);
  },
  'replay an old store'(t) {
    t.db.close();
    cpSync(t.old.data, t.folders.data, { recursive: true });
  },
  'replay an old copy of the heads'(t) {
    cpSync(t.old.heads, t.folders.heads, { recursive: true });
  },
  'change the copy of the heads'(t) {
    const file = locateHeadFile(t.folders.heads);
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    writeFileSync(file, `${lines.toSpliced(t.random.integer(0, lines.length - 2), 1).join('\n')}\n`);
  },
};

/** Opens a copy without the triggers, which whoever can write to the file removes. */
function openForTampering(folders: TrailFolders): Sqlite.Database {
  const db = connectEncrypted(locateStore(folders), openStoreKey(folders.keys, false));
  const triggers = db
    .prepare<[], string>(`SELECT name FROM sqlite_master WHERE type = 'trigger'`)
    .pluck()
    .all();
  for (const name of triggers) db.exec(`DROP TRIGGER ${name}`);
  return db;
}

function tamper(kind: string, random: Random, folders: TrailFolders, old: TrailFolders): void {
  const db = openForTampering(folders);
  const entries = db.prepare<[], EntryRow>('SELECT seq, entry, link FROM audit_entry ORDER BY seq').all();
  TAMPER_KINDS[kind]?.({ db, random, folders, old, entries });
  db.close();
}

/** Whether verification finds what was done. */
async function isFound(folders: TrailFolders): Promise<boolean> {
  const key = readAuditKey(locateAuditKey({ keysDir: folders.keys }));
  const trusted = { keys: key ? [key.publicKey] : [], copy: readHeadLines(locateHeadFile(folders.heads)) };
  const place = { file: locateStore(folders), keysDir: folders.keys };
  return !(await readSqliteTrail(place, (trail) => verifyTrail(trail, trusted))).valid;
}

/** The control: the same question without hashes. Are the entries numbered without a gap, and readable? */
function isFoundWithoutHashes(folders: TrailFolders): Promise<boolean> {
  const place = { file: locateStore(folders), keysDir: folders.keys };
  return readSqliteTrail(place, async (trail) => {
    const entries = await trail.listEntries(WHOLE_STORE_CHAIN, 0, 1_000_000);
    try {
      for (const { entry } of entries) JSON.parse(entry);
    } catch {
      return true;
    }
    return entries.some(({ seq }, index) => seq !== index + 1);
  });
}

/** Somebody who can write to every file but the copy of the heads changes the trail: it is found, each time. */
export const tamperBar: Bar = {
  id: 'P1',
  name: 'audit trail: flip, delete, reorder, insert, truncate, replay',
  async run({ share, seed }) {
    const random = createRandom(seed, 'tampers');
    const root = mkdtempSync(join(tmpdir(), 'trial-adapter-tampers-'));
    const [genuine, old] = [listFolders(join(root, 'genuine')), listFolders(join(root, 'old'))];
    const breaches: string[] = [];
    const counts: Record<string, number> = { tampers: 0, found: 0 };
    let unseen = 0;
    try {
      await writeTrail(genuine, old);
      if (await isFound(genuine)) breaches.push('the genuine trail does not hold');
      const kinds = Object.keys(TAMPER_KINDS);
      const total = Math.max(kinds.length, Math.ceil(TAMPERS * share));
      for (let number = 0; number < total; number++) {
        const kind = kinds[number % kinds.length] ?? '';
        const copy = listFolders(join(root, 'copy'));
        cpSync(join(root, 'genuine'), join(root, 'copy'), { recursive: true });
        tamper(kind, random, copy, old);
        counts.tampers = number + 1;
        if (await isFound(copy)) counts.found = (counts.found ?? 0) + 1;
        else breaches.push(`${kind} (tamper ${number}, seed ${seed}) was not found`);
        if (!(await isFoundWithoutHashes(copy))) unseen += 1;
        rmSync(join(root, 'copy'), { recursive: true });
      }
      return { counts, breaches, control: { name: 'numbers alone, no hashes: unseen', found: unseen } };
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};
