import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { buildRespondingSubject } from '../stories/hospital-resources.ts';
import { POSTGRES_VERSIONS } from '../support/postgres-server.ts';
import { runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';
import { waitUntil } from '../support/wait-until.ts';
import { usePostgres } from '../support/with-postgres.ts';
import { useService } from '../support/with-service.ts';

const [version] = POSTGRES_VERSIONS;
if (!version) throw new Error('This platform has no PostgreSQL for tests.');
const postgres = usePostgres(version);
const folder = useFolder();
const adapter = useService('file', { createDatabase: () => postgres.server.createDatabase() });

test('report and export read a replica without any key, explain with that of the store; nothing is written there', async () => {
  await adapter.enrol('C-1', 'Patient/p1');
  for (const resource of buildRespondingSubject('p1')) await adapter.send(resource);
  await adapter.service.assessDueSubjects();
  const url = adapter.config.database?.url ?? '';
  const replica = await postgres.server.startReplica();
  try {
    const [at] = await postgres.server.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn');
    const hasFollowed = `SELECT pg_last_wal_replay_lsn() >= '${at?.lsn}'::pg_lsn AS done`;
    await waitUntil(async () => (await replica.query<{ done: boolean }>(hasFollowed))[0]?.done === true);
    const replicaUrl = replica.getUrl(new URL(url).pathname.slice(1));
    // The data folder of this machine is empty: it has no key.
    const run = (...args: readonly string[]) => runInFolder(folder, args);
    for (const args of [
      ['report', '--json'],
      ['explain', 'C-1', '--json'],
    ]) {
      const onReplica = [...args, '--study', 'msc-aa', '--replica', replicaUrl];
      const keys = args[0] === 'explain' ? { TRIAL_ADAPTER_KEYS: adapter.config.keysDir } : {};
      if (args[0] === 'explain') expect(await run(...onReplica)).toMatchObject({ code: 1 });
      const fromReplica = await runInFolder(folder, onReplica, { env: keys });
      expect(fromReplica).toMatchObject({ code: 0 });
      const primary = runInFolder(folder, [...args, '--study', 'msc-aa'], {
        env: { TRIAL_ADAPTER_DATA: adapter.config.dataDir, TRIAL_ADAPTER_DATABASE: url },
      });
      expect(JSON.parse(fromReplica.out)).toEqual(JSON.parse((await primary).out));
    }
    const exported = await run(
      'export',
      'csv',
      '--out',
      join(folder.path, 'out'),
      '--draft',
      '--study',
      'msc-aa',
      '--replica',
      replicaUrl,
    );
    expect(exported).toMatchObject({ code: 0 });
    const written = await runInFolder(folder, ['outbox', 'pause', '--json'], {
      env: { TRIAL_ADAPTER_DATA: adapter.config.dataDir, TRIAL_ADAPTER_DATABASE: replicaUrl },
    });
    expect(written.code).toBe(1);
  } finally {
    await replica.stop();
  }
});
