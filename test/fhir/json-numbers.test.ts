import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LosslessNumber, parse, stringify } from 'lossless-json';
import { parseJson, stringifyJson } from '../../src/fhir/lossless-json.ts';
import { findInexactLiterals } from '../../src/fhir/scan-json.ts';
import { jsonTexts } from './generate-json.ts';

/** What a text is read as: by the adapter, and by a parser that goes through it character by character. */
type Reading = { readonly tree: unknown } | 'refused';

function readBy(read: (text: string) => unknown, text: string): Reading {
  try {
    return { tree: read(text) };
  } catch {
    return 'refused';
  }
}

const parseNumber = (digits: string) =>
  String(Number(digits)) === digits ? Number(digits) : new LosslessNumber(digits);

/** Whether a string in the tree has a lone surrogate, or a control character other than tab, CR and LF. */
function hasForbiddenString(value: unknown): boolean {
  if (typeof value === 'string') return !value.isWellFormed() || /[^\P{Cc}\t\r\n\x7f-\x9f]/u.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).flat().some(hasForbiddenString);
}

function readCarefully(text: string): Reading {
  const reading = readBy((json) => parse(json, null, { parseNumber }), text);
  return reading !== 'refused' && hasForbiddenString(reading.tree) ? 'refused' : reading;
}

/** Returns what differs between the two readings; null where nothing does. */
function findDifference(text: string): string | null {
  const [ours, careful] = [readBy(parseJson, text), readCarefully(text)];
  if (ours === 'refused' || careful === 'refused') return ours === careful ? null : 'only one refuses it';
  if (!isDeepStrictEqual(ours.tree, careful.tree)) return 'other values';
  return stringifyJson(ours.tree) === stringify(careful.tree) ? null : 'other digits or order';
}

const RUNS = Number(process.env.JSON_RUNS ?? 2_000);

test('any JSON is read as a careful parser reads it: values, digits, order, keys that occur twice', () => {
  fc.assert(
    fc.property(jsonTexts, (text) => expect([text, findDifference(text)]).toEqual([text, null])),
    { numRuns: RUNS, seed: 20261128 },
  );
});

test('broken JSON is refused as a careful parser refuses it', () => {
  const pieces = fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '-', '.', 'e', '0', 'x');
  fc.assert(
    fc.property(jsonTexts, fc.nat(), fc.nat({ max: 2 }), pieces, (whole, at, removed, added) => {
      const place = at % (whole.length + 1);
      const text = whole.slice(0, place) + added + whole.slice(place + removed);
      expect([text, findDifference(text)]).toEqual([text, null]);
    }),
    { numRuns: RUNS, seed: 20261128 },
  );
});

test('any nesting and any number of keys', () => {
  const nest = (depth: number) => `${'{"a":['.repeat(depth)}1.50${']}'.repeat(depth)}`;
  const widen = (count: number, last: string) =>
    `{${Array.from({ length: count }, (_, index) => `"key-${index}":${index}.0`).join()},${last}}`;
  const texts = [nest(1), nest(32), widen(64, '"a":1'), widen(65, '"key-3":3.0'), widen(65, '"key-3":3.00')];
  expect(texts.map(findDifference)).toEqual(texts.map(() => null));
  expect(readBy(parseJson, nest(33))).toBe('refused');
});

test.each(['__proto__', 'constructor', 'prototype'])('the key %s is refused at any depth', (key) => {
  expect(readBy(parseJson, `{"a":[{"b":1,"${key}" : {}}]}`)).toBe('refused');
});

test('a resource as hospitals send it needs no careful parser, whatever the digits of its numbers', () => {
  const text = `{"component": [{"valueQuantity": {"value": 9.20, "unit": "\\u00b5g"}}, {"low": [0, 7, 1e3]}], "é": -0.0}`;
  expect(findInexactLiterals(text)).toEqual([
    { digits: '9.20', path: ['component', 0, 'valueQuantity', 'value'] },
    { digits: '1e3', path: ['component', 1, 'low', 2] },
    { digits: '-0.0', path: ['é'] },
  ]);
});

test.each(['{"a":1,"a":1}', '{"\\u0061":1}', '{"a":{"prototype":1}}', '1.50', '['.repeat(101)])(
  'the careful parser reads %s',
  (text) => expect(findInexactLiterals(text)).toBeNull(),
);

test('a deeply nested list of numbers does not fill the memory with paths', () => {
  const listNumbers = (count: number) => `${'['.repeat(64)}${'1.0,'.repeat(count)}1${']'.repeat(64)}`;
  expect(findInexactLiterals(listNumbers(10))).toHaveLength(10);
  expect(findInexactLiterals(listNumbers(10_000))).toBeNull();
});
