import { findLongPatientReference } from '../fhir/long-ids.ts';
import { isDerivedId } from './resource-identity.ts';

/**
 * Selects the identifier by which the EHR knows the patient, from all of them in order of preference: never a `Patient/id`
 * that was derived here. Instead of one that was derived from the EHR's long id, that one; null where there is none.
 */
export function selectEhrPatient(identifiers: readonly string[]): string | null {
  for (const identifier of identifiers) {
    if (!identifier.startsWith('Patient/') || !isDerivedId(identifier.slice('Patient/'.length)))
      return identifier;
    const longReference = findLongPatientReference(identifier, identifiers);
    if (longReference !== null) return longReference;
  }
  return null;
}
