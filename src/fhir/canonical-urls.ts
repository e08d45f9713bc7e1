/** The base of every canonical URL and identifier system of the adapter. */
export const CANONICAL_BASE = 'https://fhir-trial-adapter.example/fhir';

export const buildCodeSystemUrl = (name: string): string => `${CANONICAL_BASE}/CodeSystem/${name}`;
export const buildStructureDefinitionUrl = (name: string): string =>
  `${CANONICAL_BASE}/StructureDefinition/${name}`;
export const buildSubjectSystemUrl = (study: string): string => `${CANONICAL_BASE}/sid/subject/${study}`;

/** Formats a subject number as an identifier token, `system|value`, by which a site may name the subject. */
export const formatSubjectToken = (study: string, subject: string): string =>
  `${buildSubjectSystemUrl(study)}|${subject}`;

/** Parses the token of a subject number; null for any other identifier. */
export function parseSubjectToken(
  token: string,
): { readonly study: string; readonly subject: string } | null {
  const prefix = buildSubjectSystemUrl('');
  const [study = '', ...rest] = token.startsWith(prefix) ? token.slice(prefix.length).split('|') : [];
  const subject = rest.join('|');
  return study === '' || subject === '' ? null : { study, subject };
}

export const ASSESSMENT_IDENTIFIER_SYSTEM = `${CANONICAL_BASE}/sid/assessment`;
export const LOINC_SYSTEM = 'http://loinc.org';
export const UCUM_SYSTEM = 'http://unitsofmeasure.org';
