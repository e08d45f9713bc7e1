/** The FHIR versions in which resources are read: R4 (4.0.1), and R5 (5.0.0) for some types. */
export type FhirVersion = '4.0' | '5.0';

/** The types that senders of R5 may send; their R5 shapes are checked and mapped by views of their own. */
export const R5_TYPES: readonly string[] = ['Observation', 'MedicationAdministration', 'AdverseEvent'];

/**
 * The version that the `fhirVersion` parameter of a media type names (`5.0`, `5.0.0`); R4 where it is not sent. null for
 * any other version. Source: FHIR R5 http, version parameter ("MAJOR.MINOR").
 */
export function parseFhirVersion(parameter: string | undefined): FhirVersion | null {
  if (parameter === undefined || /^4\.0(?:\.\d)?$/.test(parameter)) return '4.0';
  return /^5\.0(?:\.\d)?$/.test(parameter) ? '5.0' : null;
}
