import { expect, test } from '@jest/globals';
import { compile } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { compileSureInvariant } from '../../../src/fhir/profiles/sure-invariants.ts';

const VALUES: readonly object[] = [
  {},
  { reference: 'Patient/1' },
  { identifier: { value: '1' } },
  { identifier: [{ system: 'x' }, { value: '1' }] },
  { valueQuantity: { value: 1 }, component: [{ code: { text: 'a' } }] },
  { _value: { extension: [{ url: 'x', valueCode: 'y' }] } },
  { component: [{ code: { coding: [{ code: 'a' }] } }] },
  { low: { value: 0 } },
  { active: false },
];

/** Each with whether any of the values is to be decided without the engine. */
const EXPRESSIONS: readonly (readonly [expression: string, isDecidable: boolean])[] = [
  ['reference.exists() or identifier.value.exists()', true],
  ['active.exists()', true],
  ['value.empty()', true],
  ["value.empty() or component.code.where(coding.where(code = 'a or b.exists()').exists()).empty()", true],
  ['reference.exists() implies identifier.value.exists() or low.exists()', true],
  ['reference.exists() or identifier.exists() implies low.exists()', true],
  ['component.where(code.exists() or reference.exists() or low.exists()).empty()', true],
  // What joins otherwise or asks for more is left to the engine.
  ['reference.exists() and low.exists()', false],
  ['(reference.exists() or low.exists()) and active.exists()', false],
  ['reference.exists(a = 1)', false],
  ['reference.exists() xor low.exists()', false],
  ['reference.exists().not()', false],
  ['component.select(code or reference.exists() or low).empty()', false],
  ["'a' = 'x or reference.exists() or y'", false],
  ["'a' = 'it\\'s reference' or reference.exists() and low.exists()", false],
  ['reference.exists() implies low.exists() implies active.exists()', false],
];

test.each(EXPRESSIONS)('what is surely true is true by the engine: %s', (expression, isDecidable) => {
  const isSure = compileSureInvariant(expression);
  const evaluate = compile(expression, r4);
  const verdicts = VALUES.map((value) => ({ isSure: isSure(value), byEngine: evaluate(value) as unknown }));
  expect(verdicts.filter((verdict) => verdict.isSure && String(verdict.byEngine) !== 'true')).toEqual([]);
  expect(verdicts.some((verdict) => verdict.isSure)).toBe(isDecidable);
});
