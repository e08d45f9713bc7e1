/** The base of every canonical URL and identifier system that this adapter owns; set here and nowhere else. */
export const BASE = 'https://fhir-trial-adapter.example/fhir';

export const codeSystem = (name: string): string => `${BASE}/CodeSystem/${name}`;
export const structureDefinition = (name: string): string => `${BASE}/StructureDefinition/${name}`;
export const subjectSystem = (study: string): string => `${BASE}/sid/subject/${study}`;

export const ASSESSMENT_SYSTEM = `${BASE}/sid/assessment`;
export const LOINC = 'http://loinc.org';
export const UCUM = 'http://unitsofmeasure.org';
