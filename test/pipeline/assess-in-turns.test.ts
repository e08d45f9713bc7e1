import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { useService } from '../support/with-service.ts';

const SUBJECTS = 5;
const adapter = useService('test');

test('between two assessments the process does what else is due, and a request is answered before the next', async () => {
  for (let n = 0; n < SUBJECTS; n += 1) await adapter.enrol(`S${n}`, `Patient/p${n}`);
  const order: string[] = [];
  let isDone = false;
  const countTurns = async (): Promise<number> => {
    let turns = 0;
    for (; !isDone; turns += 1) await setImmediate();
    return turns;
  };
  const turns = countTurns();
  const requests: Promise<unknown>[] = [];
  const request = async (n: number) => {
    await adapter.store.transaction(async () => {});
    order.push(`request ${n}`);
  };
  await adapter.service.assessDueSubjects((done) => {
    order.push(`assessed ${done}`);
    if (done < SUBJECTS) requests.push(request(done));
  });
  isDone = true;
  await Promise.all(requests);
  expect(await turns).toBeGreaterThanOrEqual(SUBJECTS);
  const wanted = Array.from({ length: SUBJECTS }, (_, i) => [`assessed ${i + 1}`, `request ${i + 1}`]).flat();
  expect(order).toEqual(wanted.slice(0, -1));
});
