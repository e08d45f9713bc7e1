import { FP_Decimal } from 'fhirpath';
import { LosslessNumber } from 'lossless-json';
import { readDigits } from '../../../fhir/lossless-json.ts';
import type { FhirPathItem } from '../fhirpath-items.ts';
import type { EngineNodes } from './engine-node.ts';
import { NOT_COVERED } from './not-covered.ts';
import { TreeNode } from './tree-node.ts';

/** A value of the engine that is no text and no boolean: a decimal, a date or time, a Quantity. */
interface EngineValue {
  /** undefined where the values agree as far as their precision goes. */
  equals(other: unknown): boolean | undefined;
  /** null where the precision does not decide. */
  compare(other: unknown): number | null;
}

/** The common class of the engine's values, which it does not export. */
const EngineValueClass = Object.getPrototypeOf(FP_Decimal) as abstract new () => EngineValue;

export const isEngineValue = (value: unknown): value is EngineValue => value instanceof EngineValueClass;

/**
 * Returns the value of an item as FHIRPath compares it: texts, booleans and null as they are, numbers with all digits, dates
 * in their precision, a Quantity in UCUM with its unit. Signals objects that have no such value.
 */
export function toSystemValue(item: FhirPathItem, engine: EngineNodes): unknown {
  if (!(item instanceof TreeNode)) return item;
  const { data, type } = item;
  if (data === null || data === undefined) return data;
  if (!type.isTemporal) {
    if (typeof data === 'string' || typeof data === 'boolean') return data;
    const digits = readDigits(data);
    if (digits !== null) return FP_Decimal.getDecimal(digits);
  }
  const converted = convertValue(item, engine);
  if (typeof converted === 'object' && !isEngineValue(converted)) throw NOT_COVERED;
  return converted;
}

function convertValue(node: TreeNode, engine: EngineNodes): unknown {
  try {
    return engine.convertValue(node);
  } catch {
    throw NOT_COVERED;
  }
}

/** Whether an item is a value or an element without extensions or children, which equality would compare too. */
const hasNothingElse = (item: FhirPathItem): boolean =>
  !(item instanceof TreeNode) ||
  (item.extra === null &&
    (typeof item.data !== 'object' || item.data === null || item.data instanceof LosslessNumber));

/** Whether two items are equal; null where their precision does not decide. Signals what only the engine can compare. */
export function compareEqual(a: FhirPathItem, b: FhirPathItem, engine: EngineNodes): boolean | null {
  const [first, second] = [toSystemValue(a, engine), toSystemValue(b, engine)];
  const isEqual =
    isEngineValue(first) && isEngineValue(second) ? compareValues(first, second) : first === second;
  const areElements = a instanceof TreeNode && b instanceof TreeNode;
  if (isEqual && areElements && !(hasNothingElse(a) && hasNothingElse(b))) throw NOT_COVERED;
  return isEqual;
}

function compareValues(first: EngineValue, second: EngineValue): boolean | null {
  try {
    return first.equals(second) ?? null;
  } catch {
    throw NOT_COVERED;
  }
}

/**
 * Returns a negative number, 0 or a positive one, as the first item is less than, equal to or greater than the second; null
 * where a value is missing, or the precision does not decide. Signals values of different types, which the engine refuses.
 */
export function compareOrder(a: FhirPathItem, b: FhirPathItem, engine: EngineNodes): number | null {
  const [first, second] = [toSystemValue(a, engine), toSystemValue(b, engine)];
  if (first === null || first === undefined || second === null || second === undefined) return null;
  if (isEngineValue(first) && isEngineValue(second)) return compareInOrder(first, second);
  if (typeof first === 'string' && typeof second === 'string')
    return first < second ? -1 : Number(first > second);
  throw NOT_COVERED;
}

function compareInOrder(first: EngineValue, second: EngineValue): number | null {
  try {
    return first.compare(second);
  } catch {
    throw NOT_COVERED;
  }
}
