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

test('work that can wait shares a commit, until other work arrives', async () => {
  const run = (work: () => void = () => {}) =>
    testStore.store.transaction(async () => work(), { site: 's', part: 'site-subject' });
  const settled: string[] = [];
  const track = async (name: string, done: Promise<void>) => {
    await done;
    settled.push(name);
  };
  let request: Promise<void> = Promise.resolve();
  const waiting = [
    track('first', run()),
    track(
      'second',
      run(() => {
        request = track(
          'request',
          testStore.store.transaction(async () => {}),
        );
      }),
    ),
    track('third', run()),
  ];
  await Promise.all(waiting);
  await request;
  expect(settled).toEqual(['first', 'second', 'request', 'third']);
});
