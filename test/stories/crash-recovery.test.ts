import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { buildPlateletCount, openInstallation, type ServedAdapter } from './adapter-installation.ts';

const CYCLES = 20;
const SENDERS = 4;

/** Sends counts one after another until the connection breaks; returns the ids that were acknowledged, and calls `first` once a push has ended. */
async function pushUntilKilled(served: ServedAdapter, prefix: string, first: () => void): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let n = 0; ; n++) {
    const id = `${prefix}-${n}`;
    const day = `2026-${String(1 + (n % 10)).padStart(2, '0')}-${String(1 + (n % 28)).padStart(2, '0')}`;
    try {
      const answer = await served.post(
        buildPlateletCount(id, 'Patient/p1', n, day, { identifier: [{ value: id }] }),
      );
      if (answer.status === 201) acknowledged.push(id);
      first();
    } catch {
      first();
      return acknowledged;
    }
  }
}

test(`${CYCLES} kills in mid-push lose nothing that was acknowledged, and store nothing twice`, async () => {
  const house = openInstallation();
  try {
    house.enrol(['K-1,dev,Patient/p1,2026-01-01,2026-01-01']);
    const acknowledged: string[] = [];
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const served = await house.startService();
      // On a busy machine the first answer can take longer than the wait below: a kill before it would test nothing.
      const answered = Promise.withResolvers<void>();
      const senders = Array.from({ length: SENDERS }, (_, n) =>
        pushUntilKilled(served, `c${cycle}s${n}`, answered.resolve),
      );
      await answered.promise;
      await setTimeout(40 + (cycle % 7) * 25);
      await served.kill();
      acknowledged.push(...(await Promise.all(senders)).flat());
    }
    expect(acknowledged.length).toBeGreaterThan(CYCLES);

    const store = openSqliteStore(join(house.folder, 'data', 'store.db'));
    const [stored, facts] = await store.transaction(async (tx) => [
      await tx.inbox.listCurrent(),
      await tx.facts.listForSubject('msc-aa', 'K-1'),
    ]);
    await store.close();
    const ids = stored.map((version) => version.id);
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(stored.every((version) => version.version === 1)).toBe(true);
    const stated = new Set(facts.flatMap((fact) => fact.sources.map((source) => source.id)));
    expect(ids.filter((id) => !stated.has(id))).toEqual([]);
  } finally {
    house.removeFolder();
  }
}, 120_000);
