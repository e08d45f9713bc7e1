import type { Mapped } from './mapped.ts';
import { type Product, productOf } from './product.ts';
import { type Reading, withoutWord } from './reading.ts';
import { held } from './results.ts';
import { conceptOf, holderOf, text } from './row.ts';
import { doseOf, givenAt, TREATMENTS, treatmentFact, treatmentStatus } from './treatment.ts';
import type { Row } from './view/compile.ts';

/** The medication's concept: its own code, else that of the Medication referred to. */
function medicationOf(row: Row, reading: Reading): Product {
  const concept = conceptOf(row, 'medication');
  const reference = text(row, 'medication_reference');
  if (concept.codings.length > 0 || concept.text !== null || reference === null) return { concept };
  return productOf(reading, reference, holderOf(row, 'medication_reference'));
}

/**
 * One row of a MedicationAdministration as an infusion, transfusion, transplant or medication fact. A Medication that has not
 * arrived holds it, with the reference it waits for. Source: FHIR R4 MedicationAdministration; domain section 3.4.
 */
export function readAdministration(row: Row, reading: Reading): Mapped {
  const status = treatmentStatus(row, reading);
  if (typeof status !== 'string') return status;
  const medication = medicationOf(row, reading);
  if ('needs' in medication) return held(...medication.needs);
  const { concept } = medication;
  const { tools, context } = reading;
  const meaning = tools.concepts.find(context.site, TREATMENTS, concept.codings);
  if (meaning.kind !== 'word') return withoutWord(tools, TREATMENTS, concept, meaning);
  const at = givenAt(row, reading, 'effective[x]');
  if ('reason' in at) return held(at);
  const { word, coding } = meaning;
  return treatmentFact({ word, coding, at, status, dose: doseOf(row), element: concept.element }, reading);
}
