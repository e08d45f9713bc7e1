import type { Decimal } from 'decimal.js';
import { UCUM_SYSTEM } from '../../fhir/canonical-urls.ts';
import type { Comparator, MeasuredValue } from '../../trial/facts.ts';
import type { WorkNeed } from '../mapping-result.ts';
import type { SentQuantity } from '../sent-values.ts';
import { createUnmappedUnitNeed, createUnparseableNeed } from '../work-item-texts.ts';
import { getTrialUnit, type QuantityKind } from './trial-units.ts';
import { ExactDecimal } from './ucum.ts';
import type { KnownUnit, UnitTables } from './unit-tables.ts';

/** A quantity in the trial's unit, with the sender's own words. */
export interface ConvertedQuantity {
  readonly measured: MeasuredValue;
  /** Whether the value is usual in the trial's patients. */
  readonly isExpected: boolean;
  readonly sent: { readonly value: string; readonly unit: string; readonly conversion: string | null };
}

/** What a quantity must be: its kind, the LOINC properties that its code allows (null: any), and the code itself. */
export interface ExpectedQuantity {
  readonly kind: QuantityKind;
  readonly properties: readonly string[] | null;
  readonly codeLabel: string;
}

export type ConversionResult<T> = { readonly value: T } | { readonly need: WorkNeed };

const COMPARATORS: ReadonlySet<string> = new Set(['<', '<=', '>=', '>'] satisfies Comparator[]);

const isComparator = (text: string): text is Comparator => COMPARATORS.has(text);

/** No laboratory writes more; an exponent could otherwise ask for millions of digits. */
const MAX_DECIMAL_PLACES = 40;

/** The texts of the unit that must be understood: the code, and the unit where there is no code or it agrees. */
function resolveUnit(
  units: UnitTables,
  site: string,
  sent: SentQuantity,
  kind: QuantityKind,
): ConversionResult<KnownUnit> {
  const read = (text: string | null): KnownUnit | null =>
    text === null ? null : units.readUnit(site, kind, text);
  const [code, unit] = [read(sent.code), read(sent.unit)];
  const unknownCode = sent.code !== null && !code && (sent.system === UCUM_SYSTEM || !unit);
  if (unknownCode)
    return { need: createUnmappedUnitNeed(kind, sent.code, `${sent.element}.code`, getTrialUnit(kind)) };
  if (code && unit && !isSameUnit(code, unit)) return { need: createUnitMismatchNeed(kind, sent) };
  const known = code ?? unit;
  if (known) return { value: known };
  const element = sent.unit === null ? sent.element : `${sent.element}.unit`;
  return { need: createUnmappedUnitNeed(kind, sent.unit, element, getTrialUnit(kind)) };
}

function isSameUnit(a: KnownUnit, b: KnownUnit): boolean {
  if (a.factor && b.factor) return a.factor.eq(b.factor);
  return a.factor === b.factor && a.property === b.property;
}

function createUnitMismatchNeed(kind: QuantityKind, sent: SentQuantity): WorkNeed {
  return {
    reason: 'unit-property-conflict',
    element: sent.element,
    group: `${kind}:${sent.code} / ${sent.unit}`,
    detail: `The unit's code ${sent.code} and its text ${sent.unit} are different units.`,
    fix: 'Correct the one that is wrong and send again, or map the spelling in the unit map of the site.',
    waitsFor: null,
  };
}

function createPropertyConflictNeed(
  expected: ExpectedQuantity,
  sent: SentQuantity,
  property: string | null,
): WorkNeed {
  const unit = sent.code ?? sent.unit ?? '';
  return {
    reason: 'unit-property-conflict',
    element: sent.element,
    group: `${expected.codeLabel}:${unit}`,
    detail: `${expected.codeLabel} is ${expected.properties?.join(' or ')}, the unit ${unit} is ${property}.`,
    fix: 'Send the code that belongs to the unit, or the unit that belongs to the code.',
    waitsFor: null,
  };
}

function createImplausibleValueNeed(expected: ExpectedQuantity, sent: SentQuantity): WorkNeed {
  const unit = sent.code ?? sent.unit ?? '';
  return {
    reason: 'implausible-value',
    element: `${sent.element}.value`,
    group: `${expected.kind}:${unit}`,
    detail: `With the unit ${unit} the value is outside what ${expected.kind} can be.`,
    fix: 'Check value and unit at the site and send the corrected result.',
    waitsFor: null,
  };
}

function convertValue(
  unit: KnownUnit,
  expected: ExpectedQuantity,
  sent: SentQuantity,
  units: UnitTables,
): ConversionResult<Decimal> {
  if (expected.properties && unit.property !== null && !expected.properties.includes(unit.property))
    return { need: createPropertyConflictNeed(expected, sent, unit.property) };
  if (!unit.factor)
    return {
      need: createUnmappedUnitNeed(
        expected.kind,
        sent.code ?? sent.unit,
        sent.element,
        getTrialUnit(expected.kind),
      ),
    };
  const value = new ExactDecimal(sent.value ?? '').times(unit.factor);
  if (!units.isPlausible(expected.kind, value)) return { need: createImplausibleValueNeed(expected, sent) };
  if (value.decimalPlaces() > MAX_DECIMAL_PLACES)
    return {
      need: createUnparseableNeed(
        `${sent.element}.value`,
        expected.kind,
        'The value has too many digits.',
        'Round it.',
      ),
    };
  return { value };
}

/**
 * A sent quantity in the trial's unit: unit by table, its property against the code's, an exact factor times the sent
 * digits, hard limits last. A value already in the trial's scale keeps its digits (`1.50`). Anything in doubt is a work
 * need and no value. Source: design section 5 (units); FHIR R4 Quantity.
 */
export function convertQuantity(
  units: UnitTables,
  site: string,
  sent: SentQuantity,
  expected: ExpectedQuantity,
): ConversionResult<ConvertedQuantity> {
  const { comparator, value } = sent;
  const bad = (column: string, detail: string, fix: string): ConversionResult<ConvertedQuantity> => ({
    need: createUnparseableNeed(`${sent.element}.${column}`, `${expected.kind}:${column}`, detail, fix),
  });
  if (value === null)
    return bad('value', 'The quantity has no value.', 'Send its value, or a dataAbsentReason.');
  if (comparator !== null && !isComparator(comparator))
    return bad('comparator', 'The comparator is not one of R4.', 'Send <, <=, >= or >.');
  const unit = resolveUnit(units, site, sent, expected.kind);
  if ('need' in unit) return unit;
  const decimal = convertValue(unit.value, expected, sent, units);
  if ('need' in decimal) return decimal;
  const plain = /^-?\d+(\.\d+)?$/.test(value) && unit.value.factor?.eq(1);
  const result = plain ? value : decimal.value.toFixed();
  const sentUnit = sent.unit ?? sent.code ?? '';
  const canonical = getTrialUnit(expected.kind);
  const same = sentUnit === canonical || (sent.code === canonical && unit.value.factor?.eq(1));
  const conversion = `${value} ${sentUnit} × ${unit.value.factor?.toFixed()} = ${result} ${canonical}`;
  return {
    value: {
      measured: { value: result, comparator },
      isExpected: units.isExpected(expected.kind, decimal.value),
      sent: { value: `${comparator ?? ''}${value}`, unit: sentUnit, conversion: same ? null : conversion },
    },
  };
}
