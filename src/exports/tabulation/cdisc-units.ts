import { Decimal } from 'decimal.js';
import type { Comparator, MeasuredValue } from '../../trial/facts.ts';
import { formatMeasured } from '../../trial/format-measured.ts';

/** Spellings of units of the CDISC unit codelist. They differ in spelling only, so the number stays as sent. */
const CDISC_UNIT_SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  '10^9/L': ['10*9/L', '10^9/L', 'x10^9/L', 'x10*9/L', '10E9/L', 'x10E9/L', 'G/L', 'Giga/L'],
  '10^3/uL': ['10*3/uL', '10^3/uL', 'x10E3/uL', 'x10^3/uL', '10E3/uL', 'K/uL', 'k/uL', '10*3/µL', 'K/µL'],
  '/mm3': ['/mm3', '/mm^3', '/mm*3', 'cells/mm3', 'cells/mm^3'],
  '/uL': ['/uL', '/µL', 'cells/uL', 'cells/µL', '{cells}/uL'],
  'g/dL': ['g/dL', 'gm/dL', 'G/DL', 'g/dl'],
  'g/L': ['g/L', 'gm/L', 'g/l'],
  'mmol/L': ['mmol/L', 'mmol/l', 'mM'],
  kg: ['kg', 'KG', 'Kg'],
  g: ['g'],
  LB: ['lb', 'lbs', '[lb_av]', 'LB'],
};

const CDISC_UNIT_BY_SPELLING = new Map(
  Object.entries(CDISC_UNIT_SPELLINGS).flatMap(([unit, spellings]) =>
    spellings.map((spelling) => [spelling, unit] as const),
  ),
);

/** Returns a unit in the spelling of CDISC, such as `10^9/L` for `G/L`; as sent where that is not known; null for none. */
export function toCdiscUnit(sent: string | null): string | null {
  if (sent === null || sent === '') return null;
  return CDISC_UNIT_BY_SPELLING.get(sent) ?? sent;
}

/** Whether the unit is known to be a term of the CDISC unit codelist. */
export function isCdiscUnit(unit: string): boolean {
  return unit in CDISC_UNIT_SPELLINGS;
}

/** Formats a result for --STRESC: comparator and digits, such as `<5`, or `18 to 95` for results that contradict each other. */
export const formatStandardResult = ({ value, upTo, ...rest }: MeasuredValue): string =>
  formatMeasured({
    ...rest,
    value: toPlainDecimal(value),
    ...(upTo === undefined ? {} : { upTo: toPlainDecimal(upTo) }),
  });

/** Returns the digits of a result for --STRESN; null for a limit or a range, because `<5` is not the number 5. */
export function toNumericResult({ value, comparator, upTo }: MeasuredValue): string | null {
  return comparator === null && upTo === undefined ? toPlainDecimal(value) : null;
}

const COMPARATOR_AND_NUMBER = /^(<=|>=|<|>)?\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/**
 * Formats a result as sent for --ORRES. A comparator that was sent separately from the number is put in front of it.
 * Returns null where no value was sent.
 */
export function formatOriginalResult(sent: string | null, comparator: Comparator | null): string | null {
  if (sent === null) return null;
  const text = sent.trim();
  const match = COMPARATOR_AND_NUMBER.exec(text);
  return match && match[1] === undefined && comparator !== null ? `${comparator}${text}` : text;
}

/** Writes a decimal without an exponent, such as a dose that was sent as `1.5e8`; other digits stay as they are. */
export function toPlainDecimal(value: string): string {
  return /e/i.test(value) ? new Decimal(value).toFixed() : value;
}
