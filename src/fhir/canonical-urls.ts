/** The base of every canonical URL and identifier system of the adapter. */
export const CANONICAL_BASE = 'https://fhir-trial-adapter.example/fhir';

export const buildCodeSystemUrl = (name: string): string => `${CANONICAL_BASE}/CodeSystem/${name}`;
export const buildStructureDefinitionUrl = (name: string): string =>
  `${CANONICAL_BASE}/StructureDefinition/${name}`;
export const buildSubjectSystemUrl = (study: string): string => `${CANONICAL_BASE}/sid/subject/${study}`;

export const ASSESSMENT_IDENTIFIER_SYSTEM = `${CANONICAL_BASE}/sid/assessment`;
export const LOINC_SYSTEM = 'http://loinc.org';
export const UCUM_SYSTEM = 'http://unitsofmeasure.org';
