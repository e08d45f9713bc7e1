import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LosslessNumber } from 'lossless-json';
import { toCanonicalJson } from '../../src/fhir/canonical-json.ts';
import { parseJson, stringifyJson } from '../../src/fhir/lossless-json.ts';
import { digestContent } from '../../src/intake/resource-identity.ts';
import { jsonTexts } from './generate-json.ts';

/** The definition: the text of a tree whose properties were set in the order of their names. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null || value instanceof LosslessNumber) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

function parseOrSkip(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return fc.pre(false);
  }
}

test('canonical JSON is that of a tree with sorted keys, byte for byte, however it is written', () => {
  fc.assert(
    fc.property(jsonTexts, (text) => {
      const tree = parseOrSkip(text);
      expect(toCanonicalJson(tree)).toBe(stringifyJson(sortKeys(tree)));
    }),
    { numRuns: Number(process.env.JSON_RUNS ?? 1_000), seed: 20261128 },
  );
});

test.each([
  ['a key that is an index', { b: 1, '10': 1, '2': 1, '02': 1, a: 1 }],
  ['what JSON does not have', { a: undefined, b: [undefined, Number.NaN, -0], c: null }],
  ['characters that JSON escapes', { 'ä"': ['\\', '\n', '\u2028', '\ud800', '😀', '\u007f'] }],
])('%s', (_name, tree) => {
  expect(toCanonicalJson(tree)).toBe(JSON.stringify(sortKeys(tree)));
});

test('a value without a JSON form is refused', () => {
  expect(() => toCanonicalJson(undefined)).toThrow();
});

test('digests of stored versions stay what they are', () => {
  const text =
    '{"resourceType":"Observation","meta":{"versionId":"2"},"valueQuantity":{"value":1.50,"unit":"µg"},"id":"a"}';
  const digest = 'f1c28738e4c981353c3b58c3b6e3aa32ffd6bbcf430bb62c2e9f23dca9f2a693';
  const resource = parseJson(text) as { resourceType: string };
  expect(digestContent(resource)).toBe(digest);
  expect(digestContent({ ...resource, id: 'b' })).not.toBe(digest);
});
