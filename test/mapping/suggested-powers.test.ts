import { expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { createSuggester } from '../../src/mapping/suggest/suggester.ts';
import type { Suggestion } from '../../src/mapping/suggest/suggestion.ts';
import { findConversionFactor } from '../../src/mapping/units/ucum.ts';
import { readBundledParts } from './bundled-mappings.ts';

/*
 * A suggested unit never differs from the sent one by a power of ten. What each spelling means is stated here, independently
 * of the code.
 */

const { concepts, units } = readBundledParts();
const suggester = createSuggester(concepts, units);

const EXPONENT_FORMS = '10*N 10^N x10^N X10*N 10**N 10EN 10eN 10E+N 10expN 10(N) ×10^N *10^N 1eN'.split(' ');

const listExponents = (form: string): readonly (readonly [string, number])[] =>
  [1, 3, 4, 5, 6, 8, 9, 12].map((power) => [form.replace('N', String(power)), power]);

/** Spelled multipliers by their power of ten. */
const MULTIPLIERS: readonly (readonly [string, number])[] = [
  ...Object.entries({ '': 0, 10: 1, 100: 2, 1000: 3, x1000: 3, 10000: 4, 100000: 5, 1000000: 6, '1,000': 3 }),
  ...Object.entries({
    hundred: 2,
    thousand: 3,
    Thousands: 3,
    THOU: 3,
    Kilo: 3,
    K: 3,
    'Tsd.': 3,
    тыс: 3,
    千: 3,
  }),
  ...Object.entries({ 万: 4, 萬: 4, lakh: 5, Lakhs: 5, lac: 5, million: 6, Millions: 6, 'Mio.': 6, mln: 6 }),
  ...Object.entries({
    crore: 7,
    亿: 8,
    億: 8,
    giga: 9,
    billion: 9,
    'Mrd.': 9,
    百万: 6,
    '10万': 5,
    '10 lakhs': 6,
  }),
  ...EXPONENT_FORMS.flatMap(listExponents),
];
/** What is counted, before or after the multiplier. */
const COUNTED = ['', 'cells', ' {cells} '];
/** Volumes by the power of ten of one litre in them. */
const VOLUMES = Object.entries({
  L: 0,
  litre: 0,
  dL: 1,
  uL: 6,
  µl: 6,
  mcL: 6,
  mm3: 6,
  'mm³': 6,
  cumm: 6,
  'cu mm': 6,
  nL: 9,
});
const QUANTITIES = ['wbc', 'anc', 'platelets', 'reticulocytes'];

const suggestUnit = (quantity: string, spelling: string): readonly Suggestion[] =>
  suggester.suggest({ kind: 'unit', quantity, spelling });

const listSpellings = (multiplier: string): readonly (readonly [string, number])[] =>
  COUNTED.flatMap((counted) =>
    VOLUMES.flatMap(([volume, litres]) =>
      ['/', ' per '].map((slash) => [`${multiplier}${counted}${slash}${volume}`, litres] as const),
    ),
  );

test('a suggested unit of a count is the one that was sent, to the power of ten', () => {
  const spellings = MULTIPLIERS.flatMap(([multiplier, power]) =>
    listSpellings(multiplier).map(([spelling, litres]) => ({ spelling, power: power + litres - 9 })),
  );
  const suggested = spellings.flatMap(({ spelling, power }) =>
    suggestUnit('platelets', spelling).map(({ target }) => ({ spelling, power, target })),
  );
  const wrong = suggested.filter(
    ({ power, target }) => !findConversionFactor(target, '10*9/L')?.eq(new Decimal(10).pow(power)),
  );
  expect(wrong).toEqual([]);
  // The property is not satisfied by silence.
  expect(suggested.length).toBeGreaterThan(0.8 * spellings.length);
});

test.each([
  'mil',
  'M',
  'm',
  'MM',
  'milli',
  'deci',
  'bin',
  'billionen',
  'thousandth',
  '109',
  '103',
  '1.000',
  '10-3',
  '12',
])('nothing is suggested for the multiplier %s, which is unknown or means several powers', (multiplier) => {
  for (const [volume] of VOLUMES) expect(suggestUnit('platelets', `${multiplier}/${volume}`)).toEqual([]);
});

test('a listed spelling with characters changed is never taken for a unit of another power', () => {
  const spellings = units.flatMap(({ json }) => {
    const map = json as {
      meta: { tag: { code: string }[] };
      group: { element: { code: string }[] }[];
    };
    const quantity = map.meta.tag[0]?.code ?? '';
    if (!QUANTITIES.includes(quantity)) return [];
    return map.group.flatMap(({ element }) =>
      // Braces hold an annotation, which means nothing.
      element.filter(({ code }) => !code.includes('{')).map(({ code }) => ({ quantity, code })),
    );
  });
  // Letters that are neither a multiplier nor a unit: a spelling with one of them is not understood.
  const noise = fc.constantFrom('q', 'w', 'v', 'zz', 'ш', '?', '&');
  fc.assert(
    fc.property(fc.constantFrom(...spellings), noise, fc.nat(), ({ quantity, code }, letter, place) => {
      const i = place % (code.length + 1);
      expect(suggestUnit(quantity, `${code.slice(0, i)}${letter}${code.slice(i)}`)).toEqual([]);
    }),
    { numRuns: 300, seed: 20260106 },
  );
});
