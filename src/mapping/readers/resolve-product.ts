import { holdValue, type ValueOrResult } from '../mapping-result.ts';
import { findReferencedMeaningNeeds } from '../meaning/find-meaning-needs.ts';
import type { SentConcept } from '../sent-values.ts';
import type { ViewRow } from '../view/view-row.ts';
import { createUnparseableNeed, createUnresolvedReferenceNeed } from '../work-item-texts.ts';
import type { ReaderInput } from './reader-input.ts';
import { listRowsOfKind, resolveReference } from './resolve-reference.ts';
import { readConcept, readText } from './row-columns.ts';

/**
 * Resolves the codes of a product (Medication, Substance, BiologicallyDerivedProduct) to which a resource refers;
 * `element` is the FHIRPath of the reference. Held if the product has not arrived, was entered in error, or says
 * something that is not understood (meaning table). Source: FHIR R4 references, Medication.status.
 */
export function resolveProduct(
  input: ReaderInput,
  reference: string,
  element: string,
): ValueOrResult<SentConcept> {
  const resolution = resolveReference(input, reference);
  if ('waitsFor' in resolution)
    return holdValue(createUnresolvedReferenceNeed(element, resolution.waitsFor, 'product'));
  const meaningNeeds = findReferencedMeaningNeeds(resolution.resource, element, input);
  if (meaningNeeds.length > 0) return holdValue(...meaningNeeds);
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
