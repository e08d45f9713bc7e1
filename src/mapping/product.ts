import type { Coding } from './concepts.ts';
import type { WorkNeed } from './mapped.ts';
import { unknownModifiers } from './modifiers.ts';
import { unparseable, unresolved } from './needs.ts';
import { type Reading, resolve, rowsOf } from './reading.ts';
import { type Concept, conceptOf, text } from './row.ts';

/** What a referenced product is, or the need that stands in the way. */
export type Product = { readonly concept: Concept } | { readonly needs: readonly WorkNeed[] };

const NO_CODINGS: readonly Coding[] = [];

/**
 * The codes of a product (Medication, Substance, BiologicallyDerivedProduct) that a resource refers to; `element` is the
 * reference. A product that has not arrived is waited for; one that was entered in error or has a modifier that is not
 * understood is held. Source: FHIR R4 references, Medication.status.
 */
export function productOf(reading: Reading, reference: string, element: string): Product {
  const found = resolve(reading, reference);
  if ('waitsFor' in found) return { needs: [unresolved(element, found.waitsFor, 'product')] };
  const modifiers = unknownModifiers(found.resource, element);
  if (modifiers.length > 0) return { needs: modifiers };
  const [row] = rowsOf(reading.tools, found.resource, 'product');
  if (!row) return { concept: { codings: NO_CODINGS, text: null, element } };
  if (text(row, 'status') === 'entered-in-error') {
    const detail = 'The product referred to was entered in error.';
    return {
      needs: [unparseable(element, 'product:entered-in-error', detail, 'Refer to the right product.')],
    };
  }
  return { concept: { ...conceptOf(row, 'code'), element } };
}
