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
  return isElementNode(item) ? item.data : item;
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
  const [parent, type, name] =
    item instanceof TreeNode
      ? [item.parent, item.type.path, item.name]
      : [item.parentResNode, item.path, item.propName ?? ''];
  if (!parent) return type ?? '';
  const path = `${formatElementPath(parent, model)}.${findPropertyName(name, parent, model)}`;
  return typeof item.index === 'number' ? `${path}[${item.index}]` : path;
}

function findPropertyName(name: string, parent: TreeNode | ResourceNode, model: Model): string {
  const parentPath = parent instanceof TreeNode ? parent.type.path : parent.path;
  const sent = parent.data as Record<string, unknown> | null | undefined;
  const sentType = model.choiceTypePaths[`${parentPath}.${name}`]?.find(
    (type) => sent?.[name + type] !== undefined || sent?.[`_${name}${type}`] !== undefined,
  );
  return sentType ? name + sentType : name;
}
