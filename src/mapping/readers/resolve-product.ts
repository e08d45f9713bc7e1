import { holdValue, type ValueOrResult } from '../mapping-result.ts';
import type { SentConcept } from '../sent-values.ts';
import type { ViewRow } from '../view/compile-view.ts';
import { createUnparseableNeed, createUnresolvedReferenceNeed } from '../work-item-texts.ts';
import type { ReaderInput } from './reader-input.ts';
import { listRowsOfKind, resolveReference } from './resolve-reference.ts';
import { readConcept, readText } from './row-columns.ts';
import { findUnknownModifiers } from './unknown-modifiers.ts';

/**
 * Resolves the codes of a product (Medication, Substance, BiologicallyDerivedProduct) to which a resource refers;
 * `element` is the FHIRPath of the reference. Held if the product has not arrived, was entered in error, or has a
 * modifier that the mapping does not support. Source: FHIR R4 references, Medication.status.
 */
export function resolveProduct(
  input: ReaderInput,
  reference: string,
  element: string,
): ValueOrResult<SentConcept> {
  const resolution = resolveReference(input, reference);
  if ('waitsFor' in resolution)
    return holdValue(createUnresolvedReferenceNeed(element, resolution.waitsFor, 'product'));
  const modifierNeeds = findUnknownModifiers(resolution.resource, element);
  if (modifierNeeds.length > 0) return holdValue(...modifierNeeds);
  const [row] = listRowsOfKind(input.mappings, resolution.resource, 'product');
  return row ? readProduct(row, element) : { value: { codings: [], text: null, element } };
}

function readProduct(row: ViewRow, element: string): ValueOrResult<SentConcept> {
  if (readText(row, 'status') !== 'entered-in-error')
    return { value: { ...readConcept(row, 'code'), element } };
  const detail = 'The referenced product was entered in error.';
  const fix = 'Correct the reference, so that it names the product that was given.';
  return holdValue(createUnparseableNeed(element, 'product:entered-in-error', detail, fix));
}
