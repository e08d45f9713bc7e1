import { expect, test } from '@jest/globals';
import { compileView } from '../../src/mapping/view/compile-view.ts';
import { rememberByText } from '../../src/mapping/view/remember-by-text.ts';

test('computes once for each text, and again after an error', () => {
  const computed: string[] = [];
  const measure = rememberByText((text) => {
    computed.push(text);
    if (computed.length === 1) throw new Error('once');
    return text.length;
  });
  expect(() => measure('ab')).toThrow('once');
  expect([measure('ab'), measure('abc'), measure('ab')]).toEqual([2, 3, 2]);
  expect(computed).toEqual(['ab', 'ab', 'abc']);
});

test('does not grow without bound, and stays right', () => {
  let computed = 0;
  const count = rememberByText((text) => {
    computed += 1;
    return Number(text);
  });
  for (let i = 0; i <= 10_000; i++) if (count(String(i)) !== i) throw new Error(`${i} is wrong`);
  expect([count('0'), computed]).toEqual([0, 10_002]);
});

test('one expression in views of two FHIR versions means what it means in each', () => {
  const path = 'medication.text';
  const resource = { resourceType: 'MedicationStatement', medicationCodeableConcept: { text: 'danazol' } };
  const found = ['4.0.1', '5.0.0', '4.0.1'].map((fhirVersion) => {
    const select = [{ column: [{ name: 'drug', path }] }];
    const { listRows } = compileView({
      resource: 'MedicationStatement',
      fhirVersion: [fhirVersion],
      status: 'active',
      select,
    });
    return listRows(resource).map(({ values }) => values.drug);
  });
  expect(found).toEqual([['danazol'], [null], ['danazol']]);
});

test('one expression in views with different constants takes those of its view', () => {
  const found = ['a', 'b'].map((valueString) => {
    const select = [{ column: [{ name: 'is', path: 'id = %wanted' }] }];
    const constant = [{ name: 'wanted', valueString }];
    const { listRows } = compileView({ resource: 'Patient', status: 'active', constant, select });
    return listRows({ resourceType: 'Patient', id: 'a' }).map(({ values }) => values.is);
  });
  expect(found).toEqual([[true], [false]]);
});
