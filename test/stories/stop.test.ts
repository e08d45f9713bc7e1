import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import { type House, openHouse, platelets, type Served } from './house.ts';

/** How the service ends: when it is told to, and when the disk fails under it. */
let house: House;
afterEach(() => house.remove());

interface Pushed {
  readonly acknowledged: string[];
  readonly statuses: Set<number>;
}

/** Sends counts one after another until nobody answers any more. */
async function pushUntilGone(served: Served, prefix: string, first?: () => void): Promise<Pushed> {
  const pushed: Pushed = { acknowledged: [], statuses: new Set() };
  for (let n = 0; ; n++) {
    const id = `${prefix}-${n}`;
    try {
      const answer = await served.push(
        platelets(id, 'Patient/p1', n, '2026-02-03', { identifier: [{ value: id }] }),
      );
      pushed.statuses.add(answer.status);
      if (answer.status === 201) pushed.acknowledged.push(id);
      if (n === 2) first?.();
    } catch {
      return pushed;
    }
  }
}

async function stored(): Promise<readonly string[]> {
  const store = openSqliteStore(join(house.folder, 'data', 'store.db'));
  const all = await store.read((tx) => tx.inbox.allCurrent());
  await store.close();
  return all.map(({ id }) => id);
}

test('told to stop under load: what is under way is answered, exit 0, nothing acknowledged is lost', async () => {
  house = openHouse();
  house.enrol(['K-1,dev,Patient/p1,2026-01-01,2026-01-01']);
  const served = await house.serve();
  const busy = Promise.withResolvers<void>();
  const senders = [1, 2, 3, 4].map((n) => pushUntilGone(served, `s${n}`, busy.resolve));
  await busy.promise;
  await setTimeout(100);
  expect(await served.stop()).toBe(0);
  const pushed = await Promise.all(senders);
  expect([...new Set(pushed.flatMap(({ statuses }) => [...statuses]))]).toEqual([201]);
  const ids = new Set(await stored());
  expect(pushed.flatMap(({ acknowledged }) => acknowledged).filter((id) => !ids.has(id))).toEqual([]);
  expect(ids.size).toBe(pushed.flatMap(({ acknowledged }) => acknowledged).length);
}, 60_000);

/** No file may grow beyond this many blocks of 512 bytes: writing fails from then on, as on a disk that is going. */
const LIMITED = ['sh', '-c', 'ulimit -f 1500; exec "$@"', 'sh'];

test('a disk that fails: nothing is acknowledged that is not on it, it stops, and starts again with all it had', async () => {
  house = openHouse();
  house.enrol(['K-1,dev,Patient/p1,2026-01-01,2026-01-01']);
  const served = await house.serve(LIMITED);
  const senders = [1, 2, 3].map((n) => pushUntilGone(served, `s${n}`));
  await served.hears('store/unusable');
  expect(await served.ended()).toBe(1);
  const pushed = await Promise.all(senders);
  for (const { acknowledged, statuses } of pushed) {
    expect(acknowledged).not.toEqual([]);
    expect([...statuses].filter((status) => status !== 201 && status !== 503)).toEqual([]);
  }
  const ids = new Set(await stored());
  expect(pushed.flatMap(({ acknowledged }) => acknowledged).filter((id) => !ids.has(id))).toEqual([]);
  const again = await house.serve();
  expect((await again.push(platelets('after', 'Patient/p1', 20, '2026-02-04'))).status).toBe(201);
  await again.stop();
}, 60_000);
