import { FP_Decimal, util } from 'fhirpath';
import type { FhirPathItem } from './fhirpath-items.ts';

/** A decimal, date, dateTime or time value of the FHIRPath engine. */
interface BoundedValue {
  lowBoundary(precision?: number): unknown;
  highBoundary(precision?: number): unknown;
}

function isBounded(value: unknown): value is BoundedValue {
  return typeof value === 'object' && value !== null && 'lowBoundary' in value && 'highBoundary' in value;
}

function computeBoundary(
  nodes: readonly FhirPathItem[],
  precision: unknown,
  side: keyof BoundedValue,
): unknown {
  if (nodes.length > 1) throw new Error('A boundary function accepts at most one value.');
  const converted: unknown = util.valDataConverted(nodes[0]);
  const value = typeof converted === 'number' ? FP_Decimal.getDecimal(converted) : converted;
  if (value === undefined || value === null) return [];
  if (!isBounded(value)) throw new Error('The value has no boundary.');
  const boundary = value[side](precision === undefined ? undefined : Number(String(precision)));
  return boundary === null ? [] : appendOffset(boundary, side === 'lowBoundary' ? '+14:00' : '-12:00');
}

/**
 * Appends the offset to a dateTime that has none. Such a dateTime may be anywhere on earth: its earliest moment is at
 * +14:00, its latest at -12:00 (FHIRPath, lowBoundary and highBoundary). The engine omits the offset.
 */
function appendOffset(boundary: unknown, offset: string): unknown {
  const text = String(boundary);
  if (typeof boundary !== 'object' || boundary === null || !/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(text))
    return boundary;
  // The engine does not export its date types.
  const DateTimeType = boundary.constructor as new (context: unknown, text: string) => unknown;
  return new DateTimeType('ctx' in boundary ? boundary.ctx : undefined, text + offset);
}

/** `lowBoundary([precision])`: returns the least value that the input can mean at its precision; empty for no input. */
export function computeLowBoundary(nodes: readonly FhirPathItem[], precision?: unknown): unknown {
  return computeBoundary(nodes, precision, 'lowBoundary');
}

/** `highBoundary([precision])`: returns the greatest value that the input can mean at its precision; empty for no input. */
export function computeHighBoundary(nodes: readonly FhirPathItem[], precision?: unknown): unknown {
  return computeBoundary(nodes, precision, 'highBoundary');
}
