import { describe, expect, test } from '@jest/globals';
import { parseJson } from '../../../src/fhir/lossless-json.ts';
import { createInboundValidate, listRefusedElements, readProfileCases } from './published-definitions.ts';

const validate = createInboundValidate();
const BLOOD_COUNT_PROFILE = 'https://fhir-trial-adapter.example/fhir/StructureDefinition/blood-count';

describe('any sender', () => {
  test.each(readProfileCases<{ name: string; resource: unknown; at: string[] }[]>('door'))(
    '$name',
    ({ resource, at }) => {
      expect(listRefusedElements(validate, resource)).toEqual(at);
    },
  );
});

test('a refusal states what is required and never what was sent', () => {
  const secret = 'Wolfeschlegelstein';
  const result = validate({
    resourceType: 'Condition',
    meta: { profile: [secret] },
    subject: { reference: `Practitioner/${secret}` },
    clinicalStatus: { coding: [{ system: secret, code: secret }] },
    verificationStatus: { text: secret },
  });
  const text = JSON.stringify(result);
  expect('issues' in result && result.issues.length).toBe(3);
  expect(text).not.toContain(secret);
  expect(text).toContain('condition-clinical|active');
  expect(text).toContain('Patient or Group');
});

test('the version of a claimed profile does not matter', () => {
  const claim = { resourceType: 'Observation', status: 'final', code: { text: 'x' } };
  expect(listRefusedElements(validate, claim)).toEqual([]);
  expect(
    listRefusedElements(validate, { ...claim, meta: { profile: [`${BLOOD_COUNT_PROFILE}|0.0.1`] } }),
  ).not.toEqual([]);
});

test('a valid resource is returned as it was sent', () => {
  const tree = parseJson(
    `{"resourceType":"Observation","meta":{"profile":["${BLOOD_COUNT_PROFILE}"]},"status":"final","category":[{"coding":[{"system":` +
      '"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"code":"a"}]},' +
      '"subject":{"reference":"Patient/1"},"effectiveDateTime":"2026-03-02","valueQuantity":{"value":24.00,"unit":"g"}}',
  );
  const result = validate(tree);
  expect('resource' in result && result.resource).toBe(tree);
});
