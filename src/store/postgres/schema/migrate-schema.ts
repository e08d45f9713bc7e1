import { createHash } from 'node:crypto';
import pg from 'pg';
import { Failure } from '../../../errors.ts';
import { buildLockKey } from '../advisory-locks.ts';
import { formatDatabaseUrl } from '../database-url.ts';
import { withClient } from '../owner-transaction.ts';
import { POSTGRES_MIGRATIONS } from './migrations.ts';

/** What the schema must have. */
export interface SchemaRequest {
  /** The URL with which the schema is changed: of the role that owns it. */
  readonly ownerUrl: string;
  /** The URL with which it is used. Its role needs no right but those that are granted here. */
  readonly url: string;
  /** The studies whose facts are stored apart from those of others. */
  readonly studies: readonly string[];
}

const READ_VERSION = 'SELECT coalesce(max(version), 0) AS version FROM schema_version';

const TABLES = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()
  AND tablename NOT LIKE 'resource\\_version\\_%' AND tablename NOT LIKE 'fact\\_%'`;

async function hasTable(client: pg.ClientBase, name: string): Promise<boolean> {
  const { rows } = await client.query<{ has: boolean }>('SELECT to_regclass($1) IS NOT NULL AS has', [name]);
  return rows[0]?.has ?? false;
}

async function readSchemaVersion(client: pg.ClientBase): Promise<number> {
  if (!(await hasTable(client, 'schema_version'))) return 0;
  const { rows } = await client.query<{ version: number }>(READ_VERSION);
  return rows[0]?.version ?? 0;
}

const namePartition = (study: string): string =>
  `fact_${createHash('sha256').update(study).digest('hex').slice(0, 16)}`;

/** Gives the facts of a study a table of their own, and moves those that were stored before. */
async function addStudyPartition(client: pg.ClientBase, study: string): Promise<void> {
  const partition = namePartition(study);
  if (await hasTable(client, partition)) return;
  await client.query(`CREATE TABLE ${partition} (LIKE fact INCLUDING ALL)`);
  await client.query(
    `WITH moved AS (DELETE FROM fact_other WHERE study = $1 RETURNING *) INSERT INTO ${partition} SELECT * FROM moved`,
    [study],
  );
  await client.query(
    `ALTER TABLE fact ATTACH PARTITION ${partition} FOR VALUES IN (${pg.escapeLiteral(study)})`,
  );
}

/**
 * The rights on tables that are not changed at will: what is added to them stays. Triggers allow to erase decisions about erased
 * subjects and work items only.
 */
const LIMITED_RIGHTS: Readonly<Record<string, string>> = {
  schema_version: 'SELECT',
  work_decision: 'SELECT, INSERT, UPDATE',
  decision_log: 'SELECT, INSERT, UPDATE',
  erasure: 'SELECT, INSERT',
  audit_entry: 'SELECT, INSERT',
  audit_head: 'SELECT, INSERT',
};

/** Grants the role what the service needs and nothing more. */
async function allowUse(client: pg.ClientBase, role: string): Promise<void> {
  const grantee = pg.escapeIdentifier(role);
  const { rows } = await client.query<{ tablename: string }>(TABLES);
  for (const { tablename } of rows) {
    const table = pg.escapeIdentifier(tablename);
    const rights = LIMITED_RIGHTS[tablename] ?? 'SELECT, INSERT, UPDATE, DELETE';
    await client.query(`GRANT ${rights} ON ${table} TO ${grantee}`);
  }
  await client.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${await readSchemaName(client)} TO ${grantee}`);
}

async function readSchemaName(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ name: string }>('SELECT current_schema() AS name');
  return pg.escapeIdentifier(rows[0]?.name ?? 'public');
}

/** Returns the role of a URL as the server knows it. */
async function readRole(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ role: string }>('SELECT current_user AS role');
    return rows[0]?.role ?? '';
  });
}

function refuseNewerSchema(version: number, at: string): void {
  if (version <= POSTGRES_MIGRATIONS.length) return;
  throw new Failure('store/unusable', 'The database was written by a newer version of the adapter.', {
    at,
    fix: 'Use that version, or another database.',
  });
}

/** Brings the schema up to date. Processes that start at once wait for the first, and then find nothing to do. */
async function updateSchema(
  client: pg.ClientBase,
  role: string,
  { studies, ownerUrl }: SchemaRequest,
): Promise<void> {
  await client.query('BEGIN');
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [...buildLockKey('schema')]);
  await client.query(`SELECT set_config('trial_adapter.site', '*', true)`);
  await client.query('CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY)');
  const version = await readSchemaVersion(client);
  refuseNewerSchema(version, formatDatabaseUrl(ownerUrl));
  for (const [index, step] of POSTGRES_MIGRATIONS.slice(version).entries()) {
    await client.query(step);
    await client.query('INSERT INTO schema_version (version) VALUES ($1)', [version + index + 1]);
  }
  for (const study of studies) await addStudyPartition(client, study);
  await allowUse(client, role);
  await client.query('COMMIT');
}

/** Whether the schema lacks nothing that was requested. */
async function isSchemaComplete(client: pg.ClientBase, { studies, url }: SchemaRequest): Promise<boolean> {
  const version = await readSchemaVersion(client);
  refuseNewerSchema(version, formatDatabaseUrl(url));
  if (version < POSTGRES_MIGRATIONS.length) return false;
  for (const study of studies) if (!(await hasTable(client, namePartition(study)))) return false;
  return true;
}

/**
 * Makes the schema what this version needs, unless it is that already. Throws a `store/…` Failure where the database cannot
 * be reached, where its schema is newer, or where the role of `ownerUrl` may not change it.
 */
export async function ensureSchema(request: SchemaRequest): Promise<void> {
  if (await withClient(request.url, (client) => isSchemaComplete(client, request))) return;
  const role = await readRole(request.url);
  await withClient(request.ownerUrl, (client) => updateSchema(client, role, request));
}
