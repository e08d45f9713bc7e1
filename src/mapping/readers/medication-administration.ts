import { toHeldResult } from '../build-result.ts';
import type { MappingResult } from '../mapping-result.ts';
import type { ViewRow } from '../view/compile-view.ts';
import type { ReaderInput } from './reader-input.ts';
import { type ProductResolution, resolveProduct } from './resolve-product.ts';
import { readConcept, readParentPath, readText } from './row-columns.ts';
import { toUntranslatedResult } from './translate-concept.ts';
import {
  buildTreatmentFact,
  readDose,
  readTreatmentStatus,
  readTreatmentTime,
  TREATMENT_VOCABULARIES,
} from './treatment-facts.ts';

/** The medication's concept: its own code, else that of the Medication referred to. */
function resolveMedication(row: ViewRow, reading: ReaderInput): ProductResolution {
  const concept = readConcept(row, 'medication');
  const reference = readText(row, 'medication_reference');
  if (concept.codings.length > 0 || concept.text !== null || reference === null) return { concept };
  return resolveProduct(reading, reference, readParentPath(row, 'medication_reference'));
}

/**
 * One row of a MedicationAdministration as an infusion, transfusion, transplant or medication fact. A Medication that has not
 * arrived holds it, with the reference it waits for. Source: FHIR R4 MedicationAdministration; domain section 3.4.
 */
export function readMedicationAdministration(row: ViewRow, reading: ReaderInput): MappingResult {
  const status = readTreatmentStatus(row, reading);
  if (typeof status !== 'string') return status;
  const medication = resolveMedication(row, reading);
  if ('needs' in medication) return toHeldResult(...medication.needs);
  const { concept } = medication;
  const { mappings: tools, context } = reading;
  const meaning = tools.terminology.translate(context.site, TREATMENT_VOCABULARIES, concept.codings);
  if (meaning.kind !== 'word') return toUntranslatedResult(tools, TREATMENT_VOCABULARIES, concept, meaning);
  const at = readTreatmentTime(row, reading, 'effective[x]');
  if ('reason' in at) return toHeldResult(at);
  const { term: word, coding } = meaning;
  return buildTreatmentFact(
    { term: word, coding, at, status, dose: readDose(row), element: concept.element },
    reading,
  );
}
