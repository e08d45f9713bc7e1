import { compile } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { isObject } from '../../fhir/resource.ts';
import { type FhirPathItem, unwrapValue } from './fhirpath-items.ts';

/**
 * `getResourceKey()`: returns `Type/id` of a resource; empty if it has no id. The specification leaves the form of keys to
 * the runner. This form can be resolved and is unique across types; Pathling uses it too.
 * Source: SQL on FHIR, ViewDefinition, required additional functions.
 */
export function getResourceKeys(nodes: readonly FhirPathItem[]): readonly string[] {
  const keys: string[] = [];
  for (const node of nodes) {
    const data = unwrapValue(node);
    if (isObject(data) && typeof data.resourceType === 'string' && typeof data.id === 'string')
      keys.push(`${data.resourceType}/${data.id}`);
  }
  return keys;
}

/** A reference to a resource on the same server: `Type/id`, with or without a version. */
const RELATIVE_REFERENCE = /^(([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

const selectReferenceElement = compile('reference', r4, { resolveInternalTypes: false });

/**
 * `getReferenceKey([type])` of one item: the getResourceKey() of the resource to which a Reference points. Empty if it cannot
 * be determined (a contained resource, another server, a `urn:`, an identifier alone), or if it points to another type. If
 * the key is what the Reference says, the result is its element (`listReferences`) and not its text, so that the column can
 * locate its value in the resource.
 */
export function listReferenceKeys(
  item: FhirPathItem,
  typeName: string | undefined,
  listReferences: (item: FhirPathItem) => readonly FhirPathItem[],
): readonly FhirPathItem[] {
  const data = unwrapValue(item);
  if (!isObject(data) || typeof data.reference !== 'string') return [];
  const [reference, key, targetType] = RELATIVE_REFERENCE.exec(data.reference) ?? [];
  if (key === undefined || (typeName !== undefined && typeName !== targetType)) return [];
  return key === reference ? listReferences(item) : [key];
}

/** `getReferenceKey([type])` for the engine. */
export function getReferenceKeys(
  nodes: readonly FhirPathItem[],
  type?: { readonly name?: string },
): FhirPathItem[] {
  return nodes.flatMap((node) =>
    listReferenceKeys(node, type?.name, (item) => selectReferenceElement([item]) as FhirPathItem[]),
  );
}
