import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { MOVED_TABLES, type MovedTable } from '../src/store/moving/moved-tables.ts';
import { buildInsertion, type RowValue } from '../src/store/moving/row-values.ts';
import { openPostgresStore } from '../src/store/postgres/postgres-store.ts';
import { POSTGRES_VERSIONS, startPostgresServer } from '../test/support/postgres-server.ts';
import { TEST_OPTIONS } from '../test/support/with-postgres.ts';

/**
 * Measures the bulk insertion of `migrate` (rows as arrays, unnested) against COPY of the same rows: a version of a resource
 * and a fact each. Both in turn, in one run; CPU of this process and of the server's process together. Linux only.
 *
 *     node conformance/postgres-bulk.ts
 */
const ROUNDS = 7;
const ROWS = 20_000;
const ROWS_AT_ONCE = 1_000;
const BODY_BYTES = 1_270;
const MICROSECONDS_PER_TICK = 10_000;
const TARGET = 0.5;

type Row = readonly RowValue[];

const requireTable = (name: string): MovedTable => {
  const table = MOVED_TABLES.find((each) => each.name === name);
  if (!table) throw new Error(`${name} is not moved.`);
  return table;
};
const VERSIONS = requireTable('resource_version');
const FACTS = requireTable('fact');

/** Generates the values of a row by column; what is not named is a short text. */
const generateRow = ({ columns }: MovedTable, values: Readonly<Record<string, RowValue>>): Row =>
  Object.entries(columns).map(([name, type]) => values[name] ?? (type === 'text' ? 'text' : 1));

function generateRows(first: number): { readonly versions: Row[]; readonly facts: Row[] } {
  const [versions, facts]: [Row[], Row[]] = [[], []];
  for (let seq = first; seq < first + ROWS; seq++) {
    const id = randomBytes(8).toString('hex');
    const key = { site: `site-${seq % 7}`, type: 'Observation', id };
    const body = JSON.stringify({ id, note: 'x'.repeat(BODY_BYTES) });
    versions.push(generateRow(VERSIONS, { ...key, seq, version: 1, body, is_current: true }));
    facts.push(generateRow(FACTS, { ...key, study: 'msc-aa', subject: `S${seq % 200}`, position: 0 }));
  }
  return { versions, facts };
}

async function insertByUnnest(client: pg.Client, table: MovedTable, rows: readonly Row[]): Promise<void> {
  const text = buildInsertion(table);
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    const part = rows.slice(start, start + ROWS_AT_ONCE);
    const values = Object.keys(table.columns).map((_, column) => part.map((row) => row[column]));
    await client.query({ name: table.name, text, values });
  }
}

const formatCopyValue = (value: RowValue | undefined): string =>
  value === null
    ? '\\N'
    : String(value).replace(/[\\\t\n\r]/g, (found) => `\\x${found.charCodeAt(0).toString(16)}`);

/** The connection of the driver, as far as COPY needs it. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** Inserts by COPY. The driver has no call for it, and takes any object with these handlers as a query. */
function insertByCopy(client: pg.Client, { name, columns }: MovedTable, rows: readonly Row[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const submittable = {
    submit: (connection: CopyConnection) =>
      connection.query(`COPY ${name} (${Object.keys(columns).join(', ')}) FROM STDIN`),
    handleCopyInResponse(connection: CopyConnection) {
      for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
        const lines = rows
          .slice(start, start + ROWS_AT_ONCE)
          .map((row) => row.map(formatCopyValue).join('\t'));
        connection.sendCopyFromChunk(Buffer.from(`${lines.join('\n')}\n`));
      }
      connection.endCopyFrom();
    },
    handleRowDescription: () => {},
    handleCommandComplete: () => {},
    handleReadyForQuery: () => resolve(),
    handleError: reject,
    callback: () => {},
  };
  client.query(submittable as unknown as pg.Submittable);
  return promise;
}

/** Reads the CPU time of a process of this machine, in microseconds. */
function readProcessCpu(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
}

function readOwnCpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const takeMedian = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function measure(url: string): Promise<{ readonly copy: number; readonly unnest: number }> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pid = rows[0]?.pid ?? 0;
  const spent: { copy: number[]; unnest: number[] } = { copy: [], unnest: [] };
  let next = 1;
  async function run(name: 'copy' | 'unnest'): Promise<void> {
    const { versions, facts } = generateRows(next);
    next += ROWS;
    const insert = name === 'copy' ? insertByCopy : insertByUnnest;
    const before = readOwnCpu() + readProcessCpu(pid);
    await client.query('BEGIN');
    await insert(client, VERSIONS, versions);
    await insert(client, FACTS, facts);
    await client.query('COMMIT');
    spent[name].push(readOwnCpu() + readProcessCpu(pid) - before);
  }
  for (let round = 0; round < ROUNDS; round++)
    for (const name of round % 2 === 0 ? (['copy', 'unnest'] as const) : (['unnest', 'copy'] as const))
      await run(name);
  await client.end();
  return { copy: takeMedian(spent.copy) / (2 * ROWS), unnest: takeMedian(spent.unnest) / (2 * ROWS) };
}

for (const version of POSTGRES_VERSIONS) {
  const server = await startPostgresServer(version, { shared_buffers: '512MB', max_wal_size: '4GB' });
  const url = await server.createDatabase();
  await (await openPostgresStore({ ...TEST_OPTIONS, url, studies: ['msc-aa'] })).close();
  const { copy, unnest } = await measure(url);
  await server.stop();
  const share = copy / unnest;
  console.log(
    `${version.name}: ${ROUNDS} rounds of ${2 * ROWS} rows; COPY ${copy.toFixed(1)} µs of CPU a row, unnest ${unnest.toFixed(1)} µs: ` +
      `${share.toFixed(2)} of COPY (target ${TARGET}: ${share >= TARGET ? 'met' : 'missed'})`,
  );
}
