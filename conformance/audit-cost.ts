import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createNameHash } from '../src/audit/name-hash.ts';
import { createAuditedStore } from '../src/store/audited/audited-store.ts';
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../src/store/store.ts';
import { POSTGRES_VERSIONS, startPostgresServer } from '../test/support/postgres-server.ts';

/**
 * Measures what the audit trail costs, in rounds that take turns:
 *
 * - SQLite: CPU microseconds of a stored resource version with its entry, against the same without a trail.
 * - PostgreSQL: commits a second of several sites at once, with a chain for each site, with one chain for all (whose lock is
 *   held over the commit), and without a trail.
 *
 *     node conformance/audit-cost.ts
 */
const ROUNDS = 7;
const VERSIONS = 4_000;
const AT_ONCE = 16;
const SITES = 8;
const COMMITS = 60;
const BODY = JSON.stringify({ resourceType: 'Observation', note: 'x'.repeat(1_200) });

const takeMedian = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function storeVersions(store: Store, round: number): Promise<number> {
  const row = {
    ...{ site: 's', resourceType: 'Observation', senderVersion: null, senderUpdated: null, door: 'rest' },
    ...{
      receivedAt: '2026-03-01T00:00:00.000Z',
      fhirVersion: '4.0' as const,
      body: BODY,
      digest: 'a'.repeat(64),
    },
    ...{ retention: 'kept' as const, disposition: 'mapped' as const },
  } as const;
  const before = process.cpuUsage();
  for (let from = 0; from < VERSIONS; from += AT_ONCE) {
    const ids = Array.from({ length: AT_ONCE }, (_, index) => `${round}-${from + index}`);
    await Promise.all(
      ids.map((id) =>
        store.transaction(
          async (tx) => {
            await tx.facts.replaceForResource({ ...row, id }, 'st', 'S-1', []);
            await tx.inbox.addVersion({ ...row, id }, { identifiers: [], references: [] }, true);
          },
          { site: 's', part: 'site' },
        ),
      ),
    );
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / VERSIONS;
}

async function measureSqlite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'audit-cost-'));
  const [plain, base] = ['plain.db', 'audited.db'].map((name) => openSqliteStore(join(folder, name)));
  if (!plain || !base) throw new Error('There is no store.');
  const hashes = createNameHash(Buffer.alloc(32, 1));
  const audited = createAuditedStore(base, { hashes, now: () => new Date() });
  const costs: Record<'without' | 'with', number[]> = { without: [], with: [] };
  for (let round = 0; round < ROUNDS; round++) {
    costs.without.push(await storeVersions(plain, round));
    costs.with.push(await storeVersions(audited, round));
  }
  const [without, withTrail] = [takeMedian(costs.without), takeMedian(costs.with)];
  console.log(
    `SQLite, CPU µs a version: ${without.toFixed(1)} without a trail, ${withTrail.toFixed(1)} with`,
  );
  await Promise.all([plain.close(), base.close()]);
  rmSync(folder, { recursive: true });
}

type Design = 'none' | 'chain per site' | 'one chain';

const APPEND = `INSERT INTO entry (chain, seq, entry, link)
  SELECT $1, coalesce(last.seq, 0) + 1, $2, sha256(coalesce(last.link, ''::bytea) || convert_to($2, 'UTF8'))
  FROM (SELECT 1) AS one
  LEFT JOIN LATERAL (SELECT seq, link FROM entry WHERE chain = $1 ORDER BY seq DESC LIMIT 1) AS last ON true`;

async function commitAtSite(client: pg.Client, site: string, design: Design): Promise<void> {
  for (let commit = 0; commit < COMMITS; commit++) {
    await client.query('BEGIN');
    await client.query('INSERT INTO version (site, body) VALUES ($1, $2)', [site, BODY]);
    if (design === 'one chain') await client.query('SELECT pg_advisory_xact_lock(1)');
    if (design !== 'none') await client.query(APPEND, [design === 'one chain' ? '*' : site, 'x'.repeat(300)]);
    await client.query('COMMIT');
  }
}

async function measurePostgres(): Promise<void> {
  const [version] = POSTGRES_VERSIONS;
  if (!version) return;
  const server = await startPostgresServer(version);
  const url = await server.createDatabase();
  const clients = Array.from({ length: SITES }, () => new pg.Client(url));
  try {
    await Promise.all(clients.map((client) => client.connect()));
    await clients[0]?.query(`CREATE TABLE version (site text, body text);
      CREATE TABLE entry (chain text, seq bigint, entry text, link bytea, PRIMARY KEY (chain, seq))`);
    const designs: readonly Design[] = ['none', 'chain per site', 'one chain'];
    const rates = new Map(designs.map((design) => [design, [] as number[]]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const design of designs) {
        const begun = performance.now();
        await Promise.all(clients.map((client, index) => commitAtSite(client, `site-${index}`, design)));
        rates.get(design)?.push((SITES * COMMITS * 1_000) / (performance.now() - begun));
      }
    }
    for (const [design, values] of rates)
      console.log(
        `PostgreSQL, ${SITES} sites, commits a second, ${design}: ${takeMedian(values).toFixed(0)}`,
      );
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await server.stop();
  }
}

await measureSqlite();
await measurePostgres();
