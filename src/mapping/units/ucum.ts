import { UcumLhcUtils } from '@lhncbc/ucum-lhc';
import { Decimal } from 'decimal.js';

/** Decimal arithmetic of the mapping: precise enough that a product of two sent numbers is never rounded. */
export const ExactDecimal = Decimal.clone({ precision: 130, toExpNeg: -100, toExpPos: 100 });

/** The kind of quantity of a unit, as a LOINC property: number, mass or substance per volume, fraction, or mass. */
type LoincProperty = 'NCnc' | 'MCnc' | 'SCnc' | 'NFr' | 'Mass';

/** One unit of each property. A unit that converts to it measures the same property. */
const UNIT_BY_PROPERTY: readonly (readonly [LoincProperty, string])[] = [
  ['NCnc', '10*9/L'],
  ['MCnc', 'g/L'],
  ['NFr', '1'],
  ['Mass', 'kg'],
];

/** Longer than any unit that a laboratory writes. Keeps hostile text away from the parser. */
const MAX_UNIT_LENGTH = 40;

/** `109/L` is a lost superscript far more often than 109 per litre: numbers that are not powers of ten are refused. */
const BARE_NUMBER = /(?<![*^\d])\d{2,}(?![\d*^])/;

/** Senders decide which units are looked up, so each cache is emptied before it can grow without limit. */
const MAX_CACHED = 2000;

const factors = new Map<string, Decimal | null>();
const properties = new Map<string, LoincProperty | null>();

function findCached<T>(cache: Map<string, T | null>, key: string, compute: () => T | null): T | null {
  const cached = cache.get(key);
  if (cached !== undefined) return cached;
  if (cache.size >= MAX_CACHED) cache.clear();
  const result = compute();
  cache.set(key, result);
  return result;
}

/** The library's parser of units. Its `getInstance` makes a new one at each call, and counts every unit for it. */
let parser: ReturnType<typeof UcumLhcUtils.getInstance> | null = null;

function getUnitParser(): NonNullable<typeof parser> {
  parser ??= UcumLhcUtils.getInstance();
  return parser;
}

function readMoleExponent(code: string): number | null {
  const { status, unit } = getUnitParser().getSpecifiedUnit(code, 'validate');
  return status === 'valid' && unit ? unit.moleExp_ : null;
}

function computeFactor(from: string, to: string): Decimal | null {
  if (from.length > MAX_UNIT_LENGTH || BARE_NUMBER.test(from)) return null;
  const fromMoles = readMoleExponent(from);
  // The library counts a mole as 6.02e23, so that mmol/L would be converted to a cell count.
  if (fromMoles === null || fromMoles !== readMoleExponent(to)) return null;
  const { status, toVal } = getUnitParser().convertUnitTo(from, 1, to);
  return status === 'succeeded' && toVal !== null ? new ExactDecimal(toVal).toSignificantDigits(12) : null;
}

/**
 * Returns the factor by which a value in `from` is multiplied to convert it to `to`, both UCUM codes. The library's
 * floating-point result is used for one unit only and rounded to 12 significant digits, which yields the exact factor of
 * every decimal unit. null if a code is not valid UCUM, if the kinds differ (moles and counts included), or if the code
 * contains a number that is not a power of ten. Source: UCUM; design section 5.
 */
export function findConversionFactor(from: string, to: string): Decimal | null {
  return findCached(factors, `${from}>${to}`, () => computeFactor(from, to));
}

/** Returns the property that a UCUM code measures; null for an invalid code and for kinds that the trial does not use. */
export function findLoincProperty(code: string): LoincProperty | null {
  return findCached(properties, code, () => {
    if (findConversionFactor(code, 'mol/L')) return 'SCnc';
    return UNIT_BY_PROPERTY.find(([, unit]) => findConversionFactor(code, unit))?.[0] ?? null;
  });
}
