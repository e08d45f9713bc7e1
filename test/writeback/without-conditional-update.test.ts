import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createEhr } from '../../src/ehr/client.ts';
import { createOutboxDelivery } from '../../src/writeback/outbox-delivery.ts';
import { type PlainEhr, startPlainEhr } from '../../torture/support/plain-ehr.ts';
import { useStore } from '../support/with-store.ts';
import { createFaultyTransport, type TransportFault } from './faulty-transport.ts';
import {
  buildSampleAssessment,
  buildSampleAssessments,
  buildWritebackContext,
  enqueueWrites,
} from './sample-assessments.ts';

/** An EHR without conditional create and update, such as Oracle Health: what may be there is searched, never created blindly. */
const testStore = useStore('test');
let ehr: PlainEhr;
let clock = Date.parse('2026-06-02T08:00:00Z');
beforeEach(async () => {
  ehr = await startPlainEhr(false);
});
afterEach(() => ehr.stop());

const buildClass = (value: 'PR' | 'NR') =>
  buildSampleAssessments({
    assessments: [buildSampleAssessment({ value: { kind: 'class', class: value } })],
  });

const enqueueClass = (value: 'PR' | 'NR', previous?: 'PR') =>
  enqueueWrites(
    testStore.store,
    buildClass(value),
    previous && buildClass(previous),
    buildWritebackContext({ now: new Date(clock).toISOString() }),
  );

async function deliver(conditionalUpdate: boolean, faults: readonly TransportFault[] = []) {
  const now = () => new Date(clock);
  const transport = createFaultyTransport(faults);
  const client = createEhr({ base: ehr.url, conditionalUpdate, transport, now });
  const delivery = createOutboxDelivery({
    store: testStore.store,
    ehrs: new Map([['hz', client]]),
    now,
    random: () => 0.5,
  });
  for (let round = 0; round < 20; round++) {
    while (await delivery.deliverNext()) {}
    clock += 3600_000;
  }
  return (await testStore.store.read((tx) => tx.outbox.list({}))).map(({ state }) => state);
}

test('a resource is created once and then replaced, each time with a Provenance', async () => {
  await enqueueClass('PR');
  expect(await deliver(false)).toEqual(['delivered']);
  await enqueueClass('NR', 'PR');
  expect(await deliver(false)).toEqual(['delivered']);
  expect(ehr.listCurrent('Observation')).toMatchObject([{ meta: { versionId: '2' }, status: 'amended' }]);
  expect(ehr.listCurrent('Provenance')).toHaveLength(2);
});

test.each([
  [['works', 'lost-after']],
  [['works', 'lost-before', 'works', 'lost-after']],
  [['works', 'empty-after', 'html-after', 'throttled']],
  [['html-after', 'works', 'error-after']],
] satisfies [TransportFault[]][])('%j: nothing is created twice', async (faults) => {
  await enqueueClass('PR');
  expect(await deliver(false, faults)).toEqual(['delivered']);
  expect(ehr.listCurrent('Observation')).toHaveLength(1);
  expect(ehr.listCurrent('Provenance')).toHaveLength(1);
});

test('an update by identifier would be refused', async () => {
  await enqueueClass('PR');
  expect(await deliver(true)).toEqual(['dead']);
});
