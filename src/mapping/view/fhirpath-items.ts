import type { ResourceNode } from 'fhirpath';

/** An element that the engine found, or a value that an expression computed (a text, a boolean, a decimal). */
export type FhirPathItem = ResourceNode | string | boolean | bigint | object;

/** True for an element of a resource; false for a computed value. The engine exports no class to ask. */
export function isElementNode(found: FhirPathItem): found is ResourceNode {
  return typeof found === 'object' && 'parentResNode' in found && 'propName' in found;
}

/** The value inside; null where an element has none (a primitive that carries only extensions). */
export function unwrapValue(found: FhirPathItem): unknown {
  return isElementNode(found) ? found.data : found;
}

/** False for an element that carries only extensions: it counts as missing. */
export function hasValue(found: FhirPathItem): boolean {
  const value = unwrapValue(found);
  return value !== null && value !== undefined;
}

/**
 * The FHIRPath of an element, with indices, and choices spelt as in the JSON: `Observation.component[1].valueQuantity.unit`.
 * Unlike the engine's own name, which says `value` for a choice: a sender looks for the property he sent.
 */
export function formatElementPath(node: ResourceNode): string {
  const parent = node.parentResNode;
  if (!parent) return node.path ?? '';
  const name = `${formatElementPath(parent)}.${findPropertyName(node, parent)}`;
  return typeof node.index === 'number' ? `${name}[${node.index}]` : name;
}

function findPropertyName(node: ResourceNode, parent: ResourceNode): string {
  const name = node.propName ?? '';
  const types = node.model.choiceTypePaths[`${parent.path}.${name}`];
  const type = types?.find(
    (t) => parent.data?.[name + t] !== undefined || parent.data?.[`_${name}${t}`] !== undefined,
  );
  return type ? name + type : name;
}
