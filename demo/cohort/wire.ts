import { LosslessNumber } from 'lossless-json';

/** A FHIR resource as a hospital sends it; decimals whose digits matter are LosslessNumbers. */
export interface Resource {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

/** One HTTP request: `path` below the FHIR base (`Observation/12`, `$ingest`, empty for a Bundle). */
export interface Delivery {
  readonly kind: 'resource' | 'bundle' | 'ndjson' | 'delete';
  readonly method: 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  /** A resource, a Bundle, a list of resources (ndjson), or null (delete). */
  readonly body: unknown;
}

export interface Coded {
  readonly system: string;
  readonly code: string;
  readonly display: string;
}

export const LOINC = 'http://loinc.org';
export const SNOMED = 'http://snomed.info/sct';
export const UCUM = 'http://unitsofmeasure.org';
export const ATC = 'http://www.whocc.no/atc';
export const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';
export const ICD10 = 'http://hl7.org/fhir/sid/icd-10';
export const ICD10_PCS = 'http://www.cms.gov/Medicare/Coding/ICD10';
export const CPT = 'http://www.ama-assn.org/go/cpt';
export const NCIT = 'http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl';
export const MEDDRA = 'https://www.meddra.org';
/** The adapter's own systems, as its published contract names them. */
export const STUDY_BASE = 'https://fhir-trial-adapter.example/fhir';

/** A decimal with these digits: `1.50` stays `1.50`. */
export function decimal(digits: string): LosslessNumber {
  return new LosslessNumber(digits);
}

export function concept(coded: Coded): unknown {
  return {
    coding: [{ system: coded.system, code: coded.code, display: coded.display }],
    text: coded.display,
  };
}

const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem';

export function hl7(system: string, code: string): unknown {
  return { coding: [{ system: `${TERMINOLOGY}/${system}`, code }] };
}
