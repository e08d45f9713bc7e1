import { UcumLhcUtils } from '@lhncbc/ucum-lhc';
import { Decimal } from 'decimal.js';

/** Decimals of the mapping: wide enough that no product of digits that a sender may send is ever rounded. */
export const Exact = Decimal.clone({ precision: 130, toExpNeg: -100, toExpPos: 100 });

/** What kind of quantity a unit measures, in LOINC's words: number, mass or substance per volume, fraction; or mass. */
export type Property = 'NCnc' | 'MCnc' | 'SCnc' | 'NFr' | 'Mass';

/** One unit of each property, to ask whether another unit is of the same kind. */
const REPRESENTATIVES: readonly (readonly [Property, string])[] = [
  ['NCnc', '10*9/L'],
  ['MCnc', 'g/L'],
  ['NFr', '1'],
  ['Mass', 'kg'],
];

/** Longer than any unit that a laboratory writes; keeps hostile text from the parser. */
const MAX_LENGTH = 40;

/** `109/L` is a lost superscript far more often than 109 per litre: numbers other than powers of ten are refused. */
const BARE_NUMBER = /(?<![*^\d])\d{2,}(?![\d*^])/;

const remembered = new Map<string, string | null>();

/** Sent units are not ours to bound: the memory starts afresh before it can grow without end. */
const MAX_REMEMBERED = 2000;

function remember(key: string, find: () => string | null): string | null {
  const known = remembered.get(key);
  if (known !== undefined) return known;
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  const found = find();
  remembered.set(key, found);
  return found;
}

function moles(code: string): number | null {
  const found = UcumLhcUtils.getInstance().getSpecifiedUnit(code, 'validate');
  return found.status === 'valid' && found.unit ? found.unit.moleExp_ : null;
}

function findFactor(from: string, to: string): string | null {
  if (from.length > MAX_LENGTH || BARE_NUMBER.test(from)) return null;
  const [fromMoles, toMoles] = [moles(from), moles(to)];
  // The library counts a mole as 6.02e23 of the unity, so that mmol/L would turn into a cell count.
  if (fromMoles === null || fromMoles !== toMoles) return null;
  const { status, toVal } = UcumLhcUtils.getInstance().convertUnitTo(from, 1, to);
  return status === 'succeeded' && toVal !== null ? new Exact(toVal).toSignificantDigits(12).toFixed() : null;
}

/**
 * How many `to` one `from` is, both UCUM codes. The library's float is used for one unit only and rounded to 12
 * significant digits, which gives the exact factor of every decimal unit. null where a code is not valid UCUM, the kinds
 * differ (moles and counts included), or the code has a number that is no power of ten. Source: UCUM; design section 5.
 */
export function factorBetween(from: string, to: string): Decimal | null {
  const found = remember(`${from}>${to}`, () => findFactor(from, to));
  return found === null ? null : new Exact(found);
}

/** The property that a UCUM code measures; null for invalid codes and for kinds that the trial has no use for. */
export function propertyOf(code: string): Property | null {
  const found = remember(`?${code}`, () => {
    if (factorBetween(code, 'mol/L')) return 'SCnc';
    return REPRESENTATIVES.find(([, unit]) => factorBetween(code, unit))?.[0] ?? null;
  });
  return found as Property | null;
}
