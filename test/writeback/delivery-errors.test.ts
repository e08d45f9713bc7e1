import { beforeEach, expect, test } from '@jest/globals';
import { createEhr } from '../../src/ehr/client.ts';
import type { Ehr } from '../../src/ehr/ehr.ts';
import type { AssessmentDependencies } from '../../src/pipeline/assess/assess-and-write-back.ts';
import { startWorker } from '../../src/pipeline/worker.ts';
import { createOutboxDelivery } from '../../src/writeback/outbox-delivery.ts';
import { waitUntil } from '../support/wait-until.ts';
import { EHR_TOKEN, useEhr } from '../support/with-ehr.ts';
import { useStore } from '../support/with-store.ts';
import {
  buildSampleAssessment,
  buildSampleAssessments,
  buildWritebackContext,
  enqueueWrites,
} from './sample-assessments.ts';

/** What goes wrong in the adapter itself concerns one entry, and is seen. */
const START = Date.parse('2026-06-02T08:00:00.000Z');
const testStore = useStore('test');
const testEhr = useEhr('test', ['p-17']);
let clock = START;
beforeEach(() => {
  clock = START;
});

async function enqueueFor(subject: string, visit: string): Promise<void> {
  const assessments = buildSampleAssessments({ assessments: [buildSampleAssessment({ visit })] });
  await enqueueWrites(testStore.store, assessments, undefined, buildWritebackContext(), {
    site: 'hz',
    subject,
  });
}

const openEhr = () => createEhr({ base: testEhr.ehr.baseUrl, bearerToken: async () => EHR_TOKEN });

function createDelivery(ehr: Ehr, errors: unknown[] = []) {
  return createOutboxDelivery({
    store: testStore.store,
    ehrs: new Map([['hz', ehr]]),
    now: () => new Date(clock),
    random: () => 0.5,
    observer: { onDelivered() {}, onFailed() {}, onError: ({ error }) => errors.push(error) },
  });
}

const listEntries = async () =>
  (await testStore.store.read((tx) => tx.outbox.list({}))).map(
    ({ subject, state, attempts, failureCode }) => ({
      subject,
      state,
      attempts,
      failureCode,
    }),
  );

test('an entry on which the adapter fails is tried five times; the others are delivered meanwhile', async () => {
  const damaged = { site: 'hz', study: 'msc-aa', identifier: 's|damaged', resourceType: 'Observation' };
  await testStore.store.transaction(({ outbox }) =>
    outbox.enqueue(
      { ...damaged, subject: 'A', resource: '[]', provenance: null },
      new Date(clock).toISOString(),
    ),
  );
  await enqueueFor('B', 'M3');
  const errors: unknown[] = [];
  const delivery = createDelivery(openEhr(), errors);
  for (let round = 0; round < 10; round++) {
    while (await delivery.deliverNext()) {}
    clock += 3600_000;
  }
  expect(errors).toHaveLength(5);
  expect(await listEntries()).toEqual([
    { subject: 'B', state: 'delivered', attempts: 0, failureCode: null },
    { subject: 'A', state: 'dead', attempts: 5, failureCode: 'internal-error' },
  ]);
});

test('a pause that the EHR asked for holds for all its subjects, also after a restart', async () => {
  await enqueueFor('A', 'M3');
  testEhr.ehr.failNext(1, 503, { 'retry-after': '3600' });
  expect(await createDelivery(openEhr()).deliverNext()).toBe(true);
  await testStore.reopen();
  clock += 60_000;
  await enqueueFor('B', 'M6');
  expect(await createDelivery(openEhr()).deliverNext()).toBe(false);
  expect([...testEhr.ehr.answeredByStatus]).toEqual([[503, 1]]);
  clock = START + 3600_000 + 1000;
  const delivery = createDelivery(openEhr());
  while (await delivery.deliverNext()) {}
  expect((await listEntries()).map(({ state }) => state)).toEqual(['delivered', 'delivered']);
});

test('an attempt ends with its time limit, however often the EHR is slow within its own', async () => {
  await enqueueFor('A', 'M3');
  const never = () => new Promise<never>(() => {});
  const delivery = createOutboxDelivery({
    store: testStore.store,
    ehrs: new Map([
      ['hz', { updatesByIdentifier: true, sendTransaction: never, searchByIdentifier: never, read: never }],
    ]),
    now: () => new Date(clock),
    random: () => 0.5,
    attemptLimitMs: 50,
  });
  expect(await delivery.deliverNext()).toBe(true);
  expect(await listEntries()).toEqual([
    { subject: 'A', state: 'pending', attempts: 1, failureCode: 'timeout' },
  ]);
});

test('a delivery that fails is reported and goes on', async () => {
  const faults: unknown[] = [];
  const results = [new TypeError('x'), new TypeError('y'), false];
  const worker = startWorker({
    store: { ...testStore.store, waitForWork: (_topic, signal) => waitUntil(() => signal.aborted) },
    assessment: () => ({ now: () => new Date(clock) }) as unknown as AssessmentDependencies,
    studies: () => [],
    refreshLibrary: () => waitUntil(() => faults.length >= 3),
    sites: ['hz'],
    runPostponed: async () => {},
    async deliverNext() {
      const result = results.shift() ?? false;
      if (typeof result !== 'boolean') throw result;
      return result;
    },
    onDeliveryFault: (_site, cause) => faults.push(cause === null ? 'works' : (cause as Error).message),
    onBroken: (cause) => faults.push(cause),
  });
  await waitUntil(() => faults.length >= 3);
  await worker.stop();
  expect(faults.slice(0, 3)).toEqual(['x', 'y', 'works']);
});
