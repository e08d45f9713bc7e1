import { FP_Decimal, util } from 'fhirpath';
import type { FhirPathItem } from './fhirpath-items.ts';

/** A decimal, date, dateTime or time of the engine. */
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
  if (nodes.length > 1) throw new Error('A boundary was asked of more than one value.');
  const converted: unknown = util.valDataConverted(nodes[0]);
  const value = typeof converted === 'number' ? FP_Decimal.getDecimal(converted) : converted;
  if (value === undefined || value === null) return [];
  if (!isBounded(value)) throw new Error('A boundary was asked of a value that has none.');
  const bound = value[side](precision === undefined ? undefined : Number(String(precision)));
  return bound === null ? [] : appendOffset(bound, side === 'lowBoundary' ? '+14:00' : '-12:00');
}

/**
 * A dateTime without an offset may have been anywhere on earth: the earliest moment it can mean is at +14:00, the latest
 * at -12:00 (FHIRPath, lowBoundary and highBoundary). The engine leaves the offset out.
 */
function appendOffset(bound: unknown, offset: string): unknown {
  const text = String(bound);
  if (typeof bound !== 'object' || bound === null || !/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(text)) return bound;
  const again = bound.constructor as new (context: unknown, text: string) => unknown;
  return new again('ctx' in bound ? bound.ctx : undefined, text + offset);
}

/** `lowBoundary([precision])`: the least value that the input can mean at its precision; nothing gives nothing. */
export function computeLowBoundary(nodes: readonly FhirPathItem[], precision?: unknown): unknown {
  return computeBoundary(nodes, precision, 'lowBoundary');
}

/** `highBoundary([precision])`: the greatest value that the input can mean at its precision; nothing gives nothing. */
export function computeHighBoundary(nodes: readonly FhirPathItem[], precision?: unknown): unknown {
  return computeBoundary(nodes, precision, 'highBoundary');
}
