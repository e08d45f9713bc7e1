import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Interaction } from '../../../src/fhir/interaction.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { createAcceptInteractions, runPostponed } from '../../../src/pipeline/receive/accept-interactions.ts';
import { useStore } from '../../support/with-store.ts';
import { createGrowthMeter, METERED_SITE } from './growth-meter.ts';

const testStore = useStore('test');

const ENROLMENT = {
  subject: 'S1',
  site: METERED_SITE,
  patient: 'Patient/p1',
  enrolledOn: '2026-01-01',
  consentedOn: '2026-01-01',
};

const buildUpdate = (resource: Resource): Interaction => ({
  method: 'update',
  resourceType: resource.resourceType,
  id: resource.id ?? null,
  resource,
  ifNoneExist: null,
  ifMatch: null,
});

const buildCount = (id: string, others: object = {}): Interaction =>
  buildUpdate({
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: '2026-03-02T08:15:00+08:00',
    valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
    ...others,
  });

const buildInfusion = (id: string): Interaction =>
  buildUpdate({
    resourceType: 'MedicationAdministration',
    id,
    status: 'completed',
    medicationReference: { reference: 'Medication/m' },
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: '2026-02-01T10:00:00Z',
  });

const PRODUCT = buildUpdate({ resourceType: 'Medication', id: 'm', code: { text: 'saline' } });

const listMany = (n: number, build: (id: string) => Interaction) =>
  Array.from({ length: n }, (_, i) => build(`r${i}`));

/** Starts the work of one site, then a single result of another site; returns which of them was answered first. */
async function findFirstAnswer(work: () => Promise<unknown>, other: () => Promise<unknown>): Promise<string> {
  const answered: string[] = [];
  const first = work().then(() => answered.push('the work'));
  await turn();
  await turn();
  await Promise.all([first, other().then(() => answered.push('the other site'))]);
  return answered[0] ?? '';
}

test('another site is answered before a batch is done, and after a transaction, which is one piece', async () => {
  const { accept, enrol } = createGrowthMeter(testStore.store, () => performance.now());
  await enrol('msc-aa', [ENROLMENT]);
  const sendOther = (id: string) => () => accept('t', [buildCount(id)], 'each', 'test');
  const batch = listMany(1_500, buildCount);
  const first = await findFirstAnswer(() => accept(METERED_SITE, batch, 'each', 'test'), sendOther('o1'));
  expect(first).toBe('the other site');
  // The control: the same entries as one piece.
  const whole = await findFirstAnswer(
    () => accept(METERED_SITE, batch, 'all-or-nothing', 'test'),
    sendOther('o2'),
  );
  expect(whole).toBe('the work');
});

test('another site is answered before all resources that a change concerns are restated', async () => {
  const { accept, enrol, dependencies } = createGrowthMeter(testStore.store, () => performance.now());
  await enrol('msc-aa', [ENROLMENT]);
  await accept(METERED_SITE, listMany(600, buildInfusion), 'each', 'test');
  const first = await findFirstAnswer(
    () => accept(METERED_SITE, [PRODUCT], 'each', 'test'),
    () => accept('t', [buildCount('o1')], 'each', 'test'),
  );
  expect(first).toBe('the other site');
  const { store } = dependencies;
  expect(await store.read((tx) => tx.postponed.listSites())).toEqual([]);
  const open = await store.read((tx) => tx.workItems.list('open'));
  expect(open.filter(({ waitsFor }) => waitsFor === 'Medication/m')).toEqual([]);
});

test('what is postponed survives a process that ends, and is done by the next one', async () => {
  const { accept, enrol, dependencies } = createGrowthMeter(testStore.store, () => performance.now());
  await enrol('msc-aa', [ENROLMENT]);
  await accept(METERED_SITE, listMany(120, buildInfusion), 'each', 'test');
  const { store } = dependencies;
  let transactions = 0;
  const acceptAndEnd = createAcceptInteractions({
    ...dependencies,
    store: {
      ...store,
      transaction: (work, scope) => {
        transactions += 1;
        if (transactions > 1) throw new Error('the process ends');
        return store.transaction(work, scope);
      },
    },
  });
  await expect(acceptAndEnd(METERED_SITE, [PRODUCT], 'each', 'test')).rejects.toThrow('the process ends');
  const countWaiting = async () => {
    const open = await store.read((tx) => tx.workItems.list('open'));
    return open
      .filter(({ waitsFor }) => waitsFor === 'Medication/m')
      .reduce((sum, { count }) => sum + count, 0);
  };
  expect(await countWaiting()).toBe(70);
  await runPostponed(dependencies);
  expect(await countWaiting()).toBe(0);
  expect(await store.read((tx) => tx.postponed.listSites())).toEqual([]);
});
