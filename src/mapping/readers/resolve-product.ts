import type { Coding } from '../codes/terminology.ts';
import type { WorkNeed } from '../mapping-result.ts';
import type { SentConcept } from '../sent-values.ts';
import { createUnparseableNeed, createUnresolvedReferenceNeed } from '../work-item-texts.ts';
import type { ReaderInput } from './reader-input.ts';
import { listRowsOfKind, resolveReference } from './resolve-reference.ts';
import { readConcept, readText } from './row-columns.ts';
import { findUnknownModifiers } from './unknown-modifiers.ts';

/** What a referenced product is, or the need that stands in the way. */
export type ProductResolution = { readonly concept: SentConcept } | { readonly needs: readonly WorkNeed[] };

const NO_CODINGS: readonly Coding[] = [];

/**
 * The codes of a product (Medication, Substance, BiologicallyDerivedProduct) that a resource refers to; `element` is the
 * reference. A product that has not arrived is waited for; one that was entered in error or has a modifier that is not
 * understood is held. Source: FHIR R4 references, Medication.status.
 */
export function resolveProduct(reading: ReaderInput, reference: string, element: string): ProductResolution {
  const found = resolveReference(reading, reference);
  if ('waitsFor' in found)
    return { needs: [createUnresolvedReferenceNeed(element, found.waitsFor, 'product')] };
  const modifiers = findUnknownModifiers(found.resource, element);
  if (modifiers.length > 0) return { needs: modifiers };
  const [row] = listRowsOfKind(reading.mappings, found.resource, 'product');
  if (!row) return { concept: { codings: NO_CODINGS, text: null, element } };
  if (readText(row, 'status') === 'entered-in-error') {
    const detail = 'The product referred to was entered in error.';
    return {
      needs: [
        createUnparseableNeed(element, 'product:entered-in-error', detail, 'Refer to the right product.'),
      ],
    };
  }
  return { concept: { ...readConcept(row, 'code'), element } };
}
