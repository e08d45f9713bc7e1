import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type ServedAdapter, useInstallation } from '../support/with-installation.ts';
import { buildPlateletCount } from './hospital-resources.ts';

/** The service is killed while hospitals send. Nothing that it acknowledged may be lost. */
const installation = useInstallation();

const CYCLES = 20;
const SENDERS = 4;

/** Sends counts one after another until the connection breaks. Returns the ids that were acknowledged. */
async function pushUntilKilled(
  served: ServedAdapter,
  prefix: string,
  onFirstAnswer: () => void,
): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  for (let n = 0; ; n++) {
    const id = `${prefix}-${n}`;
    const day = `2026-${String(1 + (n % 10)).padStart(2, '0')}-${String(1 + (n % 28)).padStart(2, '0')}`;
    const count = buildPlateletCount(id, 'Patient/p1', n, day, { identifier: [{ value: id }] });
    try {
      const answer = await served.post(count);
      if (answer.status === 201) acknowledged.push(id);
      onFirstAnswer();
    } catch {
      onFirstAnswer();
      return acknowledged;
    }
  }
}

test(`${CYCLES} kills in the middle of a push lose nothing that was acknowledged, and store nothing twice`, async () => {
  await installation.enrol('K-1,dev,Patient/p1,2026-01-01,2026-01-01');
  const acknowledged: string[] = [];
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const served = await installation.startService();
    // On a busy machine the first answer can take longer than the wait below. A kill before it would test nothing.
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

  const [stored, facts] = await installation.readStore(async (tx) => [
    await tx.inbox.listCurrent(),
    await tx.facts.listForSubject('msc-aa', 'K-1'),
  ]);
  const ids = stored.map((version) => version.id);
  expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(stored.every((version) => version.version === 1)).toBe(true);
  const factSources = new Set(facts.flatMap((fact) => fact.sources.map((source) => source.id)));
  expect(ids.filter((id) => !factSources.has(id))).toEqual([]);
});
