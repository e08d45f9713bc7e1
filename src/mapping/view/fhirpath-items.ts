import type { Model, ResourceNode } from 'fhirpath';
import { TreeNode } from './compiled/tree-node.ts';

/**
 * An element that a compiled expression or the engine found, or a value that an expression computed (a text, a boolean, a
 * decimal).
 */
export type FhirPathItem = TreeNode | ResourceNode | string | boolean | bigint | object;

/** Whether an item is an element that the engine found. It exports no class for the test. */
export function isEngineNode(item: FhirPathItem): item is ResourceNode {
  return typeof item === 'object' && 'parentResNode' in item && 'propName' in item;
}

/** Whether an item is an element of a resource, and not a computed value. */
export function isElementNode(item: FhirPathItem): item is TreeNode | ResourceNode {
  return item instanceof TreeNode || isEngineNode(item);
}

/** Returns the value of an item; null for an element without one (a primitive that has only extensions). */
export function unwrapValue(item: FhirPathItem): unknown {
  if (item instanceof TreeNode) return item.data;
  return isEngineNode(item) ? item.data : item;
}

/** Whether an item has a value. An element that has only extensions counts as missing. */
export function hasValue(item: FhirPathItem): boolean {
  const value = unwrapValue(item);
  return value !== null && value !== undefined;
}

/** Returns the element to which an element belongs; null for the resource, and for a computed value. */
export function findParent(item: FhirPathItem): TreeNode | ResourceNode | null {
  if (item instanceof TreeNode) return item.parent;
  return isEngineNode(item) ? item.parentResNode : null;
}

/**
 * Formats the FHIRPath of an element, with indices, and with choice types as in the JSON:
 * `Observation.component[1].valueQuantity.unit`. The engine's own name is `value` for a choice type, but senders look for
 * the property that they sent.
 */
export function formatElementPath(item: TreeNode | ResourceNode, model: Model): string {
  if (item instanceof TreeNode) return formatNodePath(item);
  const parent = item.parentResNode;
  if (!parent) return item.path ?? '';
  const path = `${formatElementPath(parent, model)}.${findPropertyName(item, parent, model)}`;
  return typeof item.index === 'number' ? `${path}[${item.index}]` : path;
}

function formatNodePath({ parent, type, property, index }: TreeNode): string {
  if (!parent) return type.path ?? '';
  const path = `${formatNodePath(parent)}.${property}`;
  return index === null ? path : `${path}[${index}]`;
}

function findPropertyName(node: ResourceNode, parent: ResourceNode, model: Model): string {
  const name = node.propName ?? '';
  const types = model.choiceTypePaths[`${parent.path}.${name}`];
  const sentType = types?.find(
    (type) => parent.data?.[name + type] !== undefined || parent.data?.[`_${name}${type}`] !== undefined,
  );
  return sentType ? name + sentType : name;
}
