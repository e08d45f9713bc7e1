import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';

test('a database of the first shape is opened: what it holds was sent as R4', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'migration-'));
  const file = join(folder, 'store.db');
  const old = new Sqlite(file);
  old.exec(MIGRATIONS[0] ?? '');
  old.pragma('user_version = 1');
  old.exec(`INSERT INTO resource_version (site, type, id, version, received_at, door, body, digest, disposition, in_force)
    VALUES ('s', 'Observation', 'o', 1, '2026-01-01T00:00:00Z', 'rest', '{}', 'd', 'mapped', 1)`);
  old.exec(`INSERT INTO outbox (site, identifier, study, subject, type, resource, generation, state, attempts,
      next_attempt_at, owed_at, handed_out)
    VALUES ('s', 'i|1', 'st', 'S1', 'Observation', '{}', 1, 'delivered', 0, '', '', 1)`);
  old.close();
  const store = openSqliteStore(file);
  const key = { site: 's', resourceType: 'Observation', id: 'o' };
  const version = await store.transaction((tx) => tx.inbox.current(key));
  expect(version).toMatchObject({ version: 1, fhirVersion: '4.0', body: '{}' });
  expect(await store.read((tx) => tx.outbox.get('s', 'i|1'))).toMatchObject({ said: ['{}'] });
  await store.close();
  rmSync(folder, { recursive: true });
});
