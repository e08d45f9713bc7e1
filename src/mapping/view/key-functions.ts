import { compile } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { isObject } from '../../fhir/resource.ts';
import { type FhirPathItem, unwrapValue } from './fhirpath-items.ts';

/**
 * `getResourceKey()`: `Type/id` of a resource; nothing where it has no id. The specification leaves the form of keys to
 * the runner; this one can be resolved, is unique across types, and is Pathling's too.
 * Source: SQL on FHIR, ViewDefinition, required additional functions.
 */
export function getResourceKeys(nodes: readonly FhirPathItem[]): string[] {
  return nodes.flatMap((node) => {
    const data = unwrapValue(node);
    if (!isObject(data) || typeof data.resourceType !== 'string' || typeof data.id !== 'string') return [];
    return [`${data.resourceType}/${data.id}`];
  });
}

/** A reference to a resource on the same server: `Type/id`, with or without a version. */
const RELATIVE_REFERENCE = /^(([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

const selectReferenceElement = compile('reference', r4, { resolveInternalTypes: false });

/**
 * `getReferenceKey([type])`: what getResourceKey() gives for the resource that a Reference points to. Nothing where that
 * cannot be known (a contained resource, another server, a `urn:`, an identifier alone), and nothing where it points to
 * another type than the one asked for.
 */
export function getReferenceKeys(
  nodes: readonly FhirPathItem[],
  type?: { readonly name?: string },
): FhirPathItem[] {
  return nodes.flatMap((node) => {
    const data = unwrapValue(node);
    if (!isObject(data) || typeof data.reference !== 'string') return [];
    const [whole, key, pointsTo] = RELATIVE_REFERENCE.exec(data.reference) ?? [];
    if (key === undefined || (type?.name !== undefined && type.name !== pointsTo)) return [];
    // Where they are the same, the element rather than its text: the column can then say where its value stands.
    return key === whole ? (selectReferenceElement([node]) as FhirPathItem[]) : [key];
  });
}
