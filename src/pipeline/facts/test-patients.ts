import type { MappingResult } from '../../mapping/mapping-result.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { Subject } from '../../trial/facts.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { TEST_PATIENT_REFERENCE } from './resource-index.ts';

/** Whether a Patient of the subject is labelled as test data; what is then said of the subject is no data of a patient. */
export async function hasTestPatient(
  tx: SiteTransaction,
  { study, subject }: Pick<Subject, 'study' | 'subject'>,
): Promise<boolean> {
  const patients = await tx.inbox.listReferrers(tx.site, TEST_PATIENT_REFERENCE);
  if (patients.length === 0) return false;
  const identifiers = await tx.subjects.listPatientIdentifiers(study, subject);
  return patients.some(({ id }) => identifiers.includes(`Patient/${id}`));
}

/** Builds the result of a resource about a subject with such a Patient: it is held until the label is gone. */
export const buildTestPatientResult = ({ resourceType }: ResourceKey): MappingResult => ({
  facts: [],
  work: [
    {
      reason: 'not-understood',
      element: 'Patient.meta.security',
      group: 'Patient.meta:test patient',
      detail: `The Patient that the ${resourceType} is about is labelled as test data (HTEST).`,
      fix: 'Remove the label if the patient is real, or end the enrolment.',
      waitsFor: null,
    },
  ],
  ignored: null,
});
