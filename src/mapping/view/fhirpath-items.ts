import type { ResourceNode } from 'fhirpath';

/** An element that the engine found, or a value that an expression computed (a text, a boolean, a decimal). */
export type FhirPathItem = ResourceNode | string | boolean | bigint | object;

/** Whether an item is an element of a resource, and not a computed value. The engine exports no class for the test. */
export function isElementNode(item: FhirPathItem): item is ResourceNode {
  return typeof item === 'object' && 'parentResNode' in item && 'propName' in item;
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

/**
 * Formats the FHIRPath of an element, with indices, and with choice types as in the JSON:
 * `Observation.component[1].valueQuantity.unit`. The engine's own name is `value` for a choice type, but senders look for
 * the property that they sent.
 */
export function formatElementPath(node: ResourceNode): string {
  const parent = node.parentResNode;
  if (!parent) return node.path ?? '';
  const path = `${formatElementPath(parent)}.${findPropertyName(node, parent)}`;
  return typeof node.index === 'number' ? `${path}[${node.index}]` : path;
}

function findPropertyName(node: ResourceNode, parent: ResourceNode): string {
  const name = node.propName ?? '';
  const types = node.model.choiceTypePaths[`${parent.path}.${name}`];
  const sentType = types?.find(
    (type) => parent.data?.[name + type] !== undefined || parent.data?.[`_${name}${type}`] !== undefined,
  );
  return sentType ? name + sentType : name;
}
