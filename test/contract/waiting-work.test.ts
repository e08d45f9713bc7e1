import { expect, test } from '@jest/globals';
import { useStore } from '../support/with-store.ts';

const testStore = useStore('test');

test('work that can wait runs after what waits, and what arrives meanwhile runs before the next of it', async () => {
  const order: string[] = [];
  const run = (name: string, canWait: boolean, work: () => void = () => {}) =>
    testStore.store.transaction(
      async () => {
        order.push(name);
        work();
      },
      canWait ? { site: 's', part: 'site-subject' } : undefined,
    );
  const arrivals: Promise<void>[] = [];
  await Promise.all([
    run('later 1', true, () => arrivals.push(run('request 3', false))),
    run('later 2', true),
    run('request 1', false),
    run('request 2', false),
  ]);
  await Promise.all(arrivals);
  expect(order).toEqual(['request 1', 'request 2', 'later 1', 'request 3', 'later 2']);
});
