const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';
const ATC = 'http://www.whocc.no/atc';

/** Other URIs under which the same code systems are sent (HL7 OID registry; German base profiles). */
const SYSTEM_ALIASES: ReadonlyMap<string, string> = new Map([
  ['urn:oid:2.16.840.1.113883.6.1', LOINC],
  ['urn:oid:2.16.840.1.113883.6.96', SNOMED],
  ['urn:oid:2.16.840.1.113883.6.88', RXNORM],
  ['urn:oid:2.16.840.1.113883.6.73', ATC],
  ['http://fhir.de/CodeSystem/bfarm/atc', ATC],
  ['http://fhir.de/CodeSystem/dimdi/atc', ATC],
  ['urn:oid:2.16.840.1.113883.6.3', 'http://hl7.org/fhir/sid/icd-10'],
  ['urn:oid:2.16.840.1.113883.6.90', 'http://hl7.org/fhir/sid/icd-10-cm'],
  ['urn:oid:2.16.840.1.113883.6.4', 'http://www.cms.gov/Medicare/Coding/ICD10'],
  ['urn:oid:2.16.840.1.113883.6.12', 'http://www.ama-assn.org/go/cpt'],
]);

/** Returns the canonical URI of a code system, as the maps use it. A URI that is not an alias is returned unchanged. */
export function normaliseSystem(system: string): string {
  return SYSTEM_ALIASES.get(system) ?? (system === `${LOINC}/` ? LOINC : system);
}
