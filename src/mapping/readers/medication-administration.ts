import type { MappingResult, ValueOrResult } from '../mapping-result.ts';
import type { SentConcept } from '../sent-values.ts';
import type { ViewRow } from '../view/view-row.ts';
import type { ReaderInput } from './reader-input.ts';
import { resolveProduct } from './resolve-product.ts';
import { readConcept, readParentPath, readQuantity, readText } from './row-columns.ts';
import { translateConcept } from './translate-concept.ts';
import {
  buildTreatmentFact,
  readTreatmentStatus,
  readTreatmentTime,
  TREATMENT_VOCABULARIES,
} from './treatment-facts.ts';

/** Returns the medication: the concept of the resource itself, else that of the referenced Medication. */
function resolveMedication(row: ViewRow, input: ReaderInput): ValueOrResult<SentConcept> {
  const concept = readConcept(row, 'medication');
  const reference = readText(row, 'medication_reference');
  if (concept.codings.length > 0 || concept.text !== null || reference === null) return { value: concept };
  return resolveProduct(input, reference, readParentPath(row, 'medication_reference'));
}

/**
 * Reads one row of a MedicationAdministration as an infusion, transfusion, transplant or medication fact. Held if its
 * Medication has not arrived. Source: FHIR R4 MedicationAdministration; domain section 3.4.
 */
export function readMedicationAdministration(row: ViewRow, input: ReaderInput): MappingResult {
  const status = readTreatmentStatus(row, input);
  if ('result' in status) return status.result;
  const medication = resolveMedication(row, input);
  if ('result' in medication) return medication.result;
  const concept = medication.value;
  const translation = translateConcept(input, TREATMENT_VOCABULARIES, concept);
  if ('result' in translation) return translation.result;
  const time = readTreatmentTime(row, input, 'effective[x]');
  if ('result' in time) return time.result;
  const { term, coding } = translation.value;
  return buildTreatmentFact(
    {
      term,
      coding,
      at: time.value,
      status: status.value,
      dose: readQuantity(row, 'dose'),
      element: concept.element,
    },
    input,
  );
}
