/**
 * The FHIR versions that the adapter reads: R4 (4.0.1), and R5 (5.0.0) for some types. R4B (4.3.0) is read as R4: all types
 * that the adapter reads have the same elements and codes in both, except that an extension of R4B may also have a value of
 * type CodeableReference or RatioRange (type-shapes.ts).
 */
export type FhirVersion = '4.0' | '5.0';

/** The types that may be sent in R5. They are checked against their R5 shapes and mapped by their own views. */
export const R5_TYPES: readonly string[] = ['Observation', 'MedicationAdministration', 'AdverseEvent'];

/**
 * Parses the `fhirVersion` parameter of a media type (`5.0`, `5.0.0`). Returns R4 where it is not sent and for R4B, null for
 * any other version. Source: FHIR R5 http, version parameter ("MAJOR.MINOR").
 */
export function parseFhirVersion(parameter: string | undefined): FhirVersion | null {
  if (parameter === undefined || /^4\.[03](?:\.\d)?$/.test(parameter)) return '4.0';
  return /^5\.0(?:\.\d)?$/.test(parameter) ? '5.0' : null;
}
