import { expect, test } from '@jest/globals';
import {
  deriveShortId,
  LONG_ID_SYSTEM,
  listIdentifiersOfPatient,
  replaceLongIds,
} from '../../src/fhir/long-ids.ts';
import { parseJson, stringifyJson } from '../../src/fhir/lossless-json.ts';
import { selectEhrPatient } from '../../src/intake/ehr-patient.ts';
import { isDerivedId } from '../../src/intake/resource-identity.ts';
import cases from '../cases/intake/long-ids.json' with { type: 'json' };

const LONG = 'eAbCdEfGh'.repeat(8);

/** Fills in the long id, the id that is derived from it for a type, and the system. */
const fillIn = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(/SHORT\((\w+)\)/g, (_all, type: string) => deriveShortId(type, LONG))
      .replaceAll('LONG', LONG)
      .replaceAll('SYSTEM', LONG_ID_SYSTEM),
  );

test.each(cases)('$says', ({ sent, received }) => {
  const tree = fillIn(sent);
  const rewritten = replaceLongIds(tree);
  expect(rewritten).toEqual(fillIn(received));
  expect(replaceLongIds(rewritten)).toEqual(rewritten);
});

test('an AdverseEvent of R5 has a list of identifiers', () => {
  const sent = { resourceType: 'AdverseEvent', id: LONG, identifier: [{ value: '7' }] };
  expect(replaceLongIds(sent, '5.0')).toMatchObject({
    identifier: [{ value: '7' }, { system: LONG_ID_SYSTEM }],
  });
});

test('numbers keep their digits', () => {
  const text = `{"resourceType":"Observation","id":"${LONG}","valueQuantity":{"value":1.50}}`;
  expect(stringifyJson(replaceLongIds(parseJson(text)))).toContain('"value":1.50');
});

test('the derived id is one of ours, the same each time, and another for each type', () => {
  const ids = ['Patient', 'Observation', 'Patient'].map((type) => deriveShortId(type, LONG));
  expect(ids.map(isDerivedId)).toEqual([true, true, true]);
  expect([ids[0] === ids[2], ids[0] === ids[1]]).toEqual([true, false]);
});

test.each([
  [null],
  ['text'],
  [7],
  [[{ reference: `Patient/${LONG}` }]],
  [{ id: LONG }],
  [{ resourceType: 'Bundle' }],
])('what is not a resource stays as it is: %j', (value) => {
  expect(replaceLongIds(value)).toEqual(value);
});

test('the identifiers of a patient in an enrolment file', () => {
  expect(listIdentifiersOfPatient(`Patient/${LONG}`)).toEqual([
    `Patient/${deriveShortId('Patient', LONG)}`,
    `${LONG_ID_SYSTEM}|Patient/${LONG}`,
  ]);
  expect(listIdentifiersOfPatient('Patient/p1')).toEqual(['Patient/p1']);
  expect(listIdentifiersOfPatient('urn:mrn|7')).toEqual(['urn:mrn|7']);
});

test('write-back names the patient as the EHR knows them, never by an id of ours', () => {
  const [short, long] = listIdentifiersOfPatient(`Patient/${LONG}`) as [string, string];
  const unrelated = 'Patient/00000000-0000-8000-a000-000000000000';
  expect(selectEhrPatient(['Patient/p1', 'urn:mrn|7'])).toBe('Patient/p1');
  expect(selectEhrPatient([short, long, 'urn:mrn|7'])).toBe(`Patient/${LONG}`);
  expect(selectEhrPatient([unrelated, short, long])).toBe(`Patient/${LONG}`);
  expect(selectEhrPatient([unrelated, 'urn:mrn|7'])).toBe('urn:mrn|7');
  expect(selectEhrPatient([unrelated])).toBeNull();
});
