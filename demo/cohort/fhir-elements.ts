import { LosslessNumber } from 'lossless-json';

/** A FHIR resource as a hospital sends it. Decimals that keep their digits are LosslessNumbers. */
export interface CohortResource {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

/** One HTTP request. `path` is below the FHIR base: `Observation/12`, `$ingest`, empty for a Bundle. */
export interface HospitalDelivery {
  readonly kind: 'resource' | 'bundle' | 'ndjson' | 'delete';
  readonly method: 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  /** A resource, a Bundle, a list of resources (ndjson), or null (delete). */
  readonly body: unknown;
}

export interface CodedTerm {
  readonly system: string;
  readonly code: string;
  readonly display: string;
}

export const LOINC_URI = 'http://loinc.org';
export const SNOMED_URI = 'http://snomed.info/sct';
export const UCUM_URI = 'http://unitsofmeasure.org';
export const ATC_URI = 'http://www.whocc.no/atc';
export const RXNORM_URI = 'http://www.nlm.nih.gov/research/umls/rxnorm';
export const ICD10_URI = 'http://hl7.org/fhir/sid/icd-10';
export const ICD10_PCS_URI = 'http://www.cms.gov/Medicare/Coding/ICD10';
export const CPT_URI = 'http://www.ama-assn.org/go/cpt';
export const NCIT_URI = 'http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl';
export const MEDDRA_URI = 'https://www.meddra.org';
/** The base of the adapter's own code systems and extensions, as its contract publishes it. */
export const ADAPTER_BASE = 'https://fhir-trial-adapter.example/fhir';

/** Returns a decimal that keeps its digits: `1.50` stays `1.50`. */
export function toDecimal(digits: string): LosslessNumber {
  return new LosslessNumber(digits);
}

export function buildConcept({ system, code, display }: CodedTerm): unknown {
  return {
    coding: [{ system, code, display }],
    text: display,
  };
}

const TERMINOLOGY_BASE = 'http://terminology.hl7.org/CodeSystem';

export function buildHl7Concept(system: string, code: string): unknown {
  return { coding: [{ system: `${TERMINOLOGY_BASE}/${system}`, code }] };
}
