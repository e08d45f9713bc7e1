import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { BackupResult, RestoreResult } from '../../src/service/backup/backup-operations.ts';
import { buildPlateletCount } from '../stories/hospital-resources.ts';
import { POSTGRES_VERSIONS } from '../support/postgres-server.ts';
import { runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';
import { usePostgres } from '../support/with-postgres.ts';
import { useService } from '../support/with-service.ts';

/** A PostgreSQL database is backed up by its own means; the command keeps the rest, and the mark by which it is verified. */
const [version] = POSTGRES_VERSIONS;
if (!version) throw new Error('This platform has no PostgreSQL for tests.');
const postgres = usePostgres(version);
const folder = useFolder();
const adapter = useService('file', { createDatabase: () => postgres.createStoreDatabase() });

test('a database with all up to the mark is verified, and one without it is refused', async () => {
  await adapter.enrol('B-1', 'Patient/p1');
  await adapter.send(buildPlateletCount('one', 'Patient/p1', 24, '2026-02-10'));
  const run = (args: readonly string[], url = adapter.config.database?.url ?? '') =>
    runInFolder(folder, args, {
      env: {
        TRIAL_ADAPTER_DATA: adapter.config.dataDir,
        TRIAL_ADAPTER_KEYS: adapter.config.keysDir,
        TRIAL_ADAPTER_DATABASE: url,
      },
    });
  const out = join(folder.path, 'backup');
  const made = await run(['backup', '--out', out, '--json']);
  expect(made).toMatchObject({ code: 0 });
  expect(JSON.parse(made.out) as BackupResult).toMatchObject({ store: 'postgres', hasKeys: true });
  expect([existsSync(join(out, 'store.db')), existsSync(join(out, 'keys/audit.key'))]).toEqual([false, true]);

  await adapter.send(buildPlateletCount('two', 'Patient/p1', 25, '2026-02-11'));
  const verified = await run(['restore', '--verify', out, '--json']);
  expect(verified).toMatchObject({ code: 0 });
  expect(JSON.parse(verified.out) as RestoreResult).toMatchObject({
    store: 'postgres',
    trail: { valid: true },
  });

  const other = await postgres.createStoreDatabase();
  expect(await run(['restore', '--verify', out, '--json'], other)).toMatchObject({ code: 1 });
});
