import type { Decimal } from 'decimal.js';
import { UCUM_SYSTEM } from '../../fhir/canonical-urls.ts';
import type { Comparator, MeasuredValue } from '../../trial/facts.ts';
import { holdValue, type ValueOrResult, type WorkNeed } from '../mapping-result.ts';
import type { SentQuantity } from '../sent-values.ts';
import { createUnmappedUnitNeed, createUnparseableNeed } from '../work-item-texts.ts';
import { getTrialUnit, type QuantityKind } from './trial-units.ts';
import { ExactDecimal } from './ucum.ts';
import type { KnownUnit, UnitTables } from './unit-tables.ts';

/** A quantity in the trial unit, together with the quantity as sent. */
export interface ConvertedQuantity {
  readonly measured: MeasuredValue;
  /** Whether the value is usual in the trial's subjects. */
  readonly isExpected: boolean;
  /** The value and unit as sent, and the conversion as text; null if none was necessary. */
  readonly sent: { readonly value: string; readonly unit: string; readonly conversion: string | null };
}

/** The requirements on a quantity. */
export interface ExpectedQuantity {
  readonly kind: QuantityKind;
  /** The LOINC properties that the code allows; null: any. */
  readonly properties: readonly string[] | null;
  /** The code as a work item names it, such as `LOINC 777-3`. */
  readonly codeLabel: string;
}

const COMPARATORS: ReadonlySet<string> = new Set(['<', '<=', '>=', '>'] satisfies Comparator[]);

const isComparator = (text: string): text is Comparator => COMPARATORS.has(text);

/** No laboratory reports more decimal places. An exponent could otherwise produce millions of digits. */
const MAX_DECIMAL_PLACES = 40;

/** A number as JSON and FHIR write it (R4 decimal), with or without an exponent. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Reads the unit from its code and its text. If both can be read, they must agree. */
function resolveUnit(
  units: UnitTables,
  site: string,
  sent: SentQuantity,
  kind: QuantityKind,
): ValueOrResult<KnownUnit> {
  const readUnit = (text: string | null): KnownUnit | null =>
    text === null ? null : units.readUnit(site, kind, text);
  const unitByCode = readUnit(sent.code);
  const unitByText = readUnit(sent.unit);
  const isUnknownCode = sent.code !== null && !unitByCode && (sent.system === UCUM_SYSTEM || !unitByText);
  if (isUnknownCode)
    return holdValue(createUnmappedUnitNeed(kind, sent.code, `${sent.element}.code`, getTrialUnit(kind)));
  if (unitByCode && unitByText && !isSameUnit(unitByCode, unitByText))
    return holdValue(createUnitMismatchNeed(kind, sent));
  const unit = unitByCode ?? unitByText;
  if (unit) return { value: unit };
  const element = sent.unit === null ? sent.element : `${sent.element}.unit`;
  return holdValue(createUnmappedUnitNeed(kind, sent.unit, element, getTrialUnit(kind)));
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
    detail: `The unit code ${sent.code} and the unit text ${sent.unit} are different units.`,
    fix: "Correct the one that is wrong and send the resource again, or map the spelling in the site's unit map.",
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
    detail: `${expected.codeLabel} has the property ${expected.properties?.join(' or ')}, but the unit ${unit} measures ${property}.`,
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
    detail: `In the unit ${unit}, the value is outside the plausible range of ${expected.kind}.`,
    fix: 'Check the value and the unit at the site, and send the corrected result.',
    waitsFor: null,
  };
}

function convertValue(
  unit: KnownUnit,
  expected: ExpectedQuantity,
  sent: SentQuantity,
  units: UnitTables,
): ValueOrResult<Decimal> {
  const { kind, properties } = expected;
  if (properties && unit.property !== null && !properties.includes(unit.property))
    return holdValue(createPropertyConflictNeed(expected, sent, unit.property));
  if (!unit.factor)
    return holdValue(createUnmappedUnitNeed(kind, sent.code ?? sent.unit, sent.element, getTrialUnit(kind)));
  const value = new ExactDecimal(sent.value ?? '').times(unit.factor);
  if (!units.isPlausible(kind, value)) return holdValue(createImplausibleValueNeed(expected, sent));
  if (value.decimalPlaces() > MAX_DECIMAL_PLACES) {
    const detail = 'The value has too many decimal places.';
    const fix = `Send a value with at most ${MAX_DECIMAL_PLACES} decimal places.`;
    return holdValue(createUnparseableNeed(`${sent.element}.value`, kind, detail, fix));
  }
  return { value };
}

/**
 * Converts a sent quantity to the trial unit. The unit is looked up in the unit maps, its property is compared with that
 * of the code, the sent digits are multiplied by an exact factor, and the hard limits are checked last. A value that is
 * already in the scale of the trial unit keeps its digits (`1.50`, `1E2`). Any doubt yields a held result and no value.
 * Source: design section 5 (units); FHIR R4 Quantity.
 */
export function convertQuantity(
  units: UnitTables,
  site: string,
  sent: SentQuantity,
  expected: ExpectedQuantity,
): ValueOrResult<ConvertedQuantity> {
  const { comparator, value } = sent;
  const { kind } = expected;
  const holdColumn = (column: string, detail: string, fix: string) =>
    holdValue(createUnparseableNeed(`${sent.element}.${column}`, `${kind}:${column}`, detail, fix));
  if (value === null)
    return holdColumn('value', 'The quantity has no value.', 'Send its value, or a dataAbsentReason.');
  if (comparator !== null && !isComparator(comparator))
    return holdColumn('comparator', 'The comparator is not one of FHIR R4.', 'Send <, <=, >= or >.');
  const unit = resolveUnit(units, site, sent, kind);
  if ('result' in unit) return unit;
  const converted = convertValue(unit.value, expected, sent, units);
  if ('result' in converted) return converted;
  const { factor } = unit.value;
  const keepsDigits = JSON_NUMBER.test(value) && factor?.eq(1);
  const trialValue = keepsDigits ? value : converted.value.toFixed();
  const sentUnit = sent.unit ?? sent.code ?? '';
  const trialUnit = getTrialUnit(kind);
  const isTrialUnit = sentUnit === trialUnit || (sent.code === trialUnit && factor?.eq(1));
  const conversion = isTrialUnit
    ? null
    : `${value} ${sentUnit} × ${factor?.toFixed()} = ${trialValue} ${trialUnit}`;
  return {
    value: {
      measured: { value: trialValue, comparator },
      isExpected: units.isExpected(kind, converted.value),
      sent: { value: `${comparator ?? ''}${value}`, unit: sentUnit, conversion },
    },
  };
}
