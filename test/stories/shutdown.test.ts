import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import {
  type AdapterInstallation,
  buildPlateletCount,
  openInstallation,
  type ServedAdapter,
} from './adapter-installation.ts';

/** How the service ends: when it is told to, and when the disk fails under it. */
let installation: AdapterInstallation;
afterEach(() => installation.removeFolder());

interface PushOutcome {
  readonly acknowledged: string[];
  readonly statuses: Set<number>;
}

/** Sends counts one after another until nobody answers any more. */
async function pushUntilGone(
  served: ServedAdapter,
  prefix: string,
  first?: () => void,
): Promise<PushOutcome> {
  const pushed: PushOutcome = { acknowledged: [], statuses: new Set() };
  for (let n = 0; ; n++) {
    const id = `${prefix}-${n}`;
    try {
      const answer = await served.post(
        buildPlateletCount(id, 'Patient/p1', n, '2026-02-03', { identifier: [{ value: id }] }),
      );
      pushed.statuses.add(answer.status);
      if (answer.status === 201) pushed.acknowledged.push(id);
      if (n === 2) first?.();
    } catch {
      return pushed;
    }
  }
}

async function listStoredIds(): Promise<readonly string[]> {
  const store = openSqliteStore(join(installation.folder, 'data', 'store.db'));
  const all = await store.read((tx) => tx.inbox.listCurrent());
  await store.close();
  return all.map(({ id }) => id);
}

test('told to stop under load: what is under way is answered, exit 0, nothing acknowledged is lost', async () => {
  installation = openInstallation();
  installation.enrol(['K-1,dev,Patient/p1,2026-01-01,2026-01-01']);
  const served = await installation.startService();
  const busy = Promise.withResolvers<void>();
  const senders = [1, 2, 3, 4].map((n) => pushUntilGone(served, `s${n}`, busy.resolve));
  await busy.promise;
  await setTimeout(100);
  expect(await served.stop()).toBe(0);
  const pushed = await Promise.all(senders);
  expect([...new Set(pushed.flatMap(({ statuses }) => [...statuses]))]).toEqual([201]);
  const ids = new Set(await listStoredIds());
  expect(pushed.flatMap(({ acknowledged }) => acknowledged).filter((id) => !ids.has(id))).toEqual([]);
  expect(ids.size).toBe(pushed.flatMap(({ acknowledged }) => acknowledged).length);
}, 60_000);

/** No file may grow beyond this many blocks of 512 bytes: writing fails from then on, as on a disk that is going. */
const FILE_SIZE_LIMIT = ['sh', '-c', 'ulimit -f 1500; exec "$@"', 'sh'];

test('a disk that fails: nothing is acknowledged that is not on it, it stops, and starts again with all it had', async () => {
  installation = openInstallation();
  installation.enrol(['K-1,dev,Patient/p1,2026-01-01,2026-01-01']);
  const served = await installation.startService(FILE_SIZE_LIMIT);
  const senders = [1, 2, 3].map((n) => pushUntilGone(served, `s${n}`));
  await served.waitForStderr('store/unusable');
  expect(await served.waitForExit()).toBe(1);
  const pushed = await Promise.all(senders);
  for (const { acknowledged, statuses } of pushed) {
    expect(acknowledged).not.toEqual([]);
    expect([...statuses].filter((status) => status !== 201 && status !== 503)).toEqual([]);
  }
  const ids = new Set(await listStoredIds());
  expect(pushed.flatMap(({ acknowledged }) => acknowledged).filter((id) => !ids.has(id))).toEqual([]);
  const again = await installation.startService();
  expect((await again.post(buildPlateletCount('after', 'Patient/p1', 20, '2026-02-04'))).status).toBe(201);
  await again.stop();
}, 60_000);
