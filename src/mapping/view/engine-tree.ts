import { FP_Decimal } from 'fhirpath';
import { LosslessNumber } from 'lossless-json';
import type { WireNumber } from '../../fhir/lossless-json.ts';
import { TreeNode } from './compiled/tree-node.ts';
import { type FhirPathItem, isElementNode, unwrapValue } from './fhirpath-items.ts';

/** For every object that toEngineTree created, the value in the JSON from which it was created. */
const wireForms = new WeakMap<object, unknown>();

/**
 * Returns the tree with every LosslessNumber as the decimal type of the FHIRPath engine, which keeps all digits (`1.0`
 * has one decimal place). Branches without such numbers are shared, not copied. The argument is not changed.
 */
export function toEngineTree(tree: unknown): unknown {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (tree instanceof LosslessNumber) return rememberWireForm(FP_Decimal.getDecimal(tree.value), tree);
  return Array.isArray(tree) ? toEngineArray(tree) : toEngineObject(tree);
}

function toEngineArray(array: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | null = null;
  for (let i = 0; i < array.length; i++) {
    const item = toEngineTree(array[i]);
    if (item === array[i]) continue;
    copy ??= array.slice();
    copy[i] = item;
  }
  return copy ? rememberWireForm(copy, array) : array;
}

function toEngineObject(object: object): object {
  let copy: Record<string, unknown> | null = null;
  for (const [key, value] of Object.entries(object)) {
    const item = toEngineTree(value);
    if (item === value) continue;
    copy ??= { ...object };
    copy[key] = item;
  }
  return copy ? rememberWireForm(copy, object) : object;
}

function rememberWireForm<T extends object>(engineValue: T, wireForm: unknown): T {
  wireForms.set(engineValue, wireForm);
  return engineValue;
}

/**
 * Returns a result of the engine in the form of the JSON: values that were read have the digits that were sent, computed
 * decimals are WireNumbers, computed dates and times are text. Objects are those of the original tree, not copies.
 */
export function toWireValue(item: FhirPathItem): unknown {
  if (item instanceof TreeNode) return item.data;
  const value = unwrapValue(item);
  if (typeof value === 'bigint') return toWireNumber(value.toString());
  if (typeof value !== 'object' || value === null) return value;
  if (wireForms.has(value)) return wireForms.get(value);
  if (value instanceof FP_Decimal) return toWireNumber(value.toString());
  return isElementNode(item) ? value : String(value);
}

/** Returns a plain number if it prints the same digits, else the digits themselves (as in fhir/lossless-json.ts). */
function toWireNumber(text: string): WireNumber {
  const number = Number(text);
  return String(number) === text ? number : new LosslessNumber(text);
}
