import { createHash } from 'node:crypto';
import type Sqlite from 'better-sqlite3-multiple-ciphers';
import type pg from 'pg';
import { Failure } from '../../errors.ts';
import { formatDatabaseUrl } from '../postgres/database-url.ts';
import { withOwnerTransaction } from '../postgres/owner-transaction.ts';
import { openReadOnlyDatabase, prepareDatabaseFile } from '../sqlite/database.ts';
import { MOVED_TABLES, type MovedTable } from './moved-tables.ts';
import {
  buildInsertion,
  buildPostgresQuery,
  buildSqliteQuery,
  convertPostgresValue,
  convertSqliteValue,
  type RowValue,
} from './row-values.ts';

/** A table that was moved, with the proof: both databases have as many rows, with the same digest. Printed as JSON. */
export interface MovedTableProof {
  readonly table: string;
  readonly rows: number;
  /** SHA-256 over all rows in order of their key. */
  readonly digest: string;
}

/** Called while rows are moved, and while they are compared. */
export type ReportMove = (table: string, done: number, step: 'moved' | 'compared') => void;

const ROWS_AT_ONCE = 1_000;
/** How many rows that differ are named. */
const MAX_NAMED = 5;

type Row = readonly RowValue[];

function* readSqliteRows(db: Sqlite.Database, table: MovedTable): Generator<Row> {
  const entries = Object.entries(table.columns);
  for (const row of db.prepare<[], Record<string, unknown>>(buildSqliteQuery(table)).iterate())
    yield entries.map(([name, type]) => convertSqliteValue(row[name], type));
}

async function* readPostgresRows(client: pg.ClientBase, table: MovedTable): AsyncGenerator<Row> {
  const entries = Object.entries(table.columns);
  await client.query(`DECLARE moved_rows NO SCROLL CURSOR FOR ${buildPostgresQuery(table)}`);
  for (;;) {
    const { rows } = await client.query<Record<string, unknown>>(`FETCH ${ROWS_AT_ONCE} FROM moved_rows`);
    for (const row of rows) yield entries.map(([name, type]) => convertPostgresValue(row[name], type));
    if (rows.length < ROWS_AT_ONCE) break;
  }
  await client.query('CLOSE moved_rows');
}

async function insertRows(client: pg.ClientBase, table: MovedTable, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const columns = Object.keys(table.columns).map((_, index) => rows.map((row) => row[index]));
  await client.query(buildInsertion(table), columns);
}

async function moveTable(
  db: Sqlite.Database,
  client: pg.ClientBase,
  table: MovedTable,
  report: ReportMove,
): Promise<void> {
  let waiting: Row[] = [];
  let done = 0;
  for (const row of readSqliteRows(db, table)) {
    waiting.push(row);
    if (waiting.length < ROWS_AT_ONCE) continue;
    await insertRows(client, table, waiting);
    done += waiting.length;
    waiting = [];
    report(table.name, done, 'moved');
  }
  await insertRows(client, table, waiting);
  report(table.name, done + waiting.length, 'moved');
  if (table.sequence === undefined) return;
  const last = `(SELECT max(${table.key[0]}) FROM ${table.name})`;
  await client.query(`SELECT setval('${table.sequence}', coalesce(${last}, 1), ${last} IS NOT NULL)`);
}

/** Names a row by its key, which is no payload: types, ids and numbers. */
function nameRow({ columns, key }: MovedTable, row: Row | undefined): string {
  const names = Object.keys(columns);
  return row ? key.map((name) => String(row[names.indexOf(name)])).join(' ') : '(no row)';
}

/** Compares all rows of a table; throws `store/unusable` with the first that differ. */
async function compareTable(
  db: Sqlite.Database,
  client: pg.ClientBase,
  table: MovedTable,
  report: ReportMove,
): Promise<MovedTableProof> {
  const digest = createHash('sha256');
  const different: string[] = [];
  const moved = readPostgresRows(client, table);
  let rows = 0;
  for (const row of readSqliteRows(db, table)) {
    const other = (await moved.next()).value as Row | undefined;
    const text = JSON.stringify(row);
    if (JSON.stringify(other) !== text) different.push(nameRow(table, row));
    if (different.length === MAX_NAMED) break;
    digest.update(`${text}\n`);
    rows++;
    if (rows % ROWS_AT_ONCE === 0) report(table.name, rows, 'compared');
  }
  const surplus = different.length === 0 ? ((await moved.next()).value as Row | undefined) : undefined;
  if (surplus) different.push(nameRow(table, surplus));
  if (different.length > 0) {
    throw new Failure(
      'store/unusable',
      `Rows of ${table.name} differ after the move: ${different.join('; ')}.`,
      {
        at: table.name,
        fix: 'Nothing was stored. Report the error.',
      },
    );
  }
  report(table.name, rows, 'compared');
  return { table: table.name, rows, digest: digest.digest('hex') };
}

async function refuseUsedTarget(client: pg.ClientBase, at: string): Promise<void> {
  for (const { name } of MOVED_TABLES) {
    const { rows } = await client.query<{ has: boolean }>(`SELECT EXISTS (SELECT 1 FROM ${name}) AS has`);
    if (!rows[0]?.has) continue;
    throw new Failure('store/unusable', `The database is not empty: ${name} has rows.`, {
      at,
      fix: 'Name an empty database.',
    });
  }
}

/**
 * Moves every row of a SQLite store of this version into an empty PostgreSQL store of this version, and compares both, in
 * one transaction: all of it is stored and equal, or nothing is stored. Nobody may use either meanwhile. Throws
 * `store/unusable` where the target has rows, or a row differs.
 */
export async function moveToPostgres(
  { file, keysDir }: { readonly file: string; readonly keysDir: string },
  ownerUrl: string,
  report: ReportMove,
): Promise<readonly MovedTableProof[]> {
  const db = openReadOnlyDatabase(file, prepareDatabaseFile(file, keysDir));
  try {
    db.exec('BEGIN');
    return await withOwnerTransaction(ownerUrl, async (client) => {
      await refuseUsedTarget(client, formatDatabaseUrl(ownerUrl));
      for (const table of MOVED_TABLES) await moveTable(db, client, table, report);
      const proofs: MovedTableProof[] = [];
      for (const table of MOVED_TABLES) proofs.push(await compareTable(db, client, table, report));
      return proofs;
    });
  } finally {
    db.close();
  }
}
