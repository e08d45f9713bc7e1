import { beforeEach, expect, test } from '@jest/globals';
import type { Resource } from '../../src/fhir/resource.ts';
import { useService } from '../support/with-service.ts';

const adapter = useService('test');

beforeEach(async () => {
  await adapter.service.refreshLibrary();
  await adapter.enrol('S-1', 'Patient/p1');
});

const buildCount = (id: string, elements: object): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-01-05T08:00:00Z',
  valueQuantity: { value: 24, unit: '10*9/L' },
  ...elements,
});

const buildSpecimen = (type: object, subject = 'Patient/p1'): Resource => ({
  resourceType: 'Specimen',
  id: 's1',
  subject: { reference: subject },
  type,
});

const SPECIMEN = { specimen: { reference: 'Specimen/s1' } };
const DECIDER = { by: 'M. Li', why: null };

const pushResource = async (resource: Resource): Promise<string> =>
  (await adapter.send(resource, { method: 'update' })).disposition;

async function readOnlyItem() {
  const items = await adapter.service.listWorkItems('open');
  expect(items).toHaveLength(1);
  const [item] = items;
  if (!item) throw new Error('There is no open work item.');
  return item;
}

const accept = async (target: string) =>
  adapter.service.acceptWorkItem({ id: (await readOnlyItem()).id, target, ...DECIDER });

test.each([
  ['a code', { coding: [{ system: 'urn:local', code: 'E26' }] }],
  ['a text', { text: 'Tube E26' }],
])('a specimen type by %s that no map contains is settled by a decision', async (_, type) => {
  await pushResource(buildSpecimen(type));
  expect(await pushResource(buildCount('a', SPECIMEN))).toBe('held');
  expect(await readOnlyItem()).toMatchObject({ reason: 'not-understood', element: 'Specimen.type' });
  await accept('blood');
  expect(await adapter.service.listWorkItems('open')).toEqual([]);
  expect(await pushResource(buildCount('b', SPECIMEN))).toBe('mapped');
});

test('a specimen type that is not used is ignored from then on', async () => {
  await pushResource(buildSpecimen({ coding: [{ system: 'urn:local', code: 'E27' }] }));
  await pushResource(buildCount('a', SPECIMEN));
  await accept('none');
  expect(await adapter.service.listWorkItems('open')).toEqual([]);
  expect(await pushResource(buildCount('b', SPECIMEN))).toBe('ignored');
});

test('a result of the donor is held, and ignored once a person has rejected it', async () => {
  const focus = { focus: [{ reference: 'RelatedPerson/donor' }] };
  expect(await pushResource(buildCount('a', focus))).toBe('held');
  await adapter.service.rejectWorkItem((await readOnlyItem()).id, DECIDER);
  expect(await pushResource(buildCount('b', focus))).toBe('ignored');
});

test('a fact is taken back when its specimen turns out to be clotted, whichever arrives first', async () => {
  const clotted = {
    ...buildSpecimen({ text: 'Blood' }),
    condition: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0493', code: 'CLOT' }] }],
  };
  expect(await pushResource(buildCount('a', SPECIMEN))).toBe('mapped');
  await pushResource(clotted);
  expect(await readOnlyItem()).toMatchObject({ element: 'Specimen.condition', count: 1 });
  await pushResource(buildSpecimen({ text: 'Blood' }));
  expect(await adapter.service.listWorkItems('open')).toEqual([]);
});
