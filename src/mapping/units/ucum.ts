import { UcumLhcUtils } from '@lhncbc/ucum-lhc';
import { Decimal } from 'decimal.js';

/** Decimals of the mapping: wide enough that no product of digits that a sender may send is ever rounded. */
export const ExactDecimal = Decimal.clone({ precision: 130, toExpNeg: -100, toExpPos: 100 });

/** What kind of quantity a unit measures, in LOINC's words: number, mass or substance per volume, fraction; or mass. */
export type LoincProperty = 'NCnc' | 'MCnc' | 'SCnc' | 'NFr' | 'Mass';

/** One unit of each property, to ask whether another unit is of the same kind. */
const UNIT_BY_PROPERTY: readonly (readonly [LoincProperty, string])[] = [
  ['NCnc', '10*9/L'],
  ['MCnc', 'g/L'],
  ['NFr', '1'],
  ['Mass', 'kg'],
];

/** Longer than any unit that a laboratory writes; keeps hostile text from the parser. */
const MAX_UNIT_LENGTH = 40;

/** `109/L` is a lost superscript far more often than 109 per litre: numbers other than powers of ten are refused. */
const BARE_NUMBER = /(?<![*^\d])\d{2,}(?![\d*^])/;

const cache = new Map<string, string | null>();

/** Sent units are not ours to bound: the memory starts afresh before it can grow without end. */
const MAX_CACHED = 2000;

function findCached(key: string, find: () => string | null): string | null {
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (cache.size >= MAX_CACHED) cache.clear();
  const found = find();
  cache.set(key, found);
  return found;
}

function readMoleExponent(code: string): number | null {
  const found = UcumLhcUtils.getInstance().getSpecifiedUnit(code, 'validate');
  return found.status === 'valid' && found.unit ? found.unit.moleExp_ : null;
}

function computeFactor(from: string, to: string): string | null {
  if (from.length > MAX_UNIT_LENGTH || BARE_NUMBER.test(from)) return null;
  const [fromMoles, toMoles] = [readMoleExponent(from), readMoleExponent(to)];
  // The library counts a mole as 6.02e23 of the unity, so that mmol/L would turn into a cell count.
  if (fromMoles === null || fromMoles !== toMoles) return null;
  const { status, toVal } = UcumLhcUtils.getInstance().convertUnitTo(from, 1, to);
  return status === 'succeeded' && toVal !== null
    ? new ExactDecimal(toVal).toSignificantDigits(12).toFixed()
    : null;
}

/**
 * How many `to` one `from` is, both UCUM codes. The library's float is used for one unit only and rounded to 12
 * significant digits, which gives the exact factor of every decimal unit. null where a code is not valid UCUM, the kinds
 * differ (moles and counts included), or the code has a number that is no power of ten. Source: UCUM; design section 5.
 */
export function findConversionFactor(from: string, to: string): Decimal | null {
  const found = findCached(`${from}>${to}`, () => computeFactor(from, to));
  return found === null ? null : new ExactDecimal(found);
}

/** The property that a UCUM code measures; null for invalid codes and for kinds that the trial has no use for. */
export function findLoincProperty(code: string): LoincProperty | null {
  const found = findCached(`?${code}`, () => {
    if (findConversionFactor(code, 'mol/L')) return 'SCnc';
    return UNIT_BY_PROPERTY.find(([, unit]) => findConversionFactor(code, unit))?.[0] ?? null;
  });
  return found as LoincProperty | null;
}
