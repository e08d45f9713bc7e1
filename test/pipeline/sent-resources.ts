import type { SentResource } from './pipeline-sandbox.ts';

/** A resource of a small hospital, in versions. */
export interface VersionHistory {
  readonly resourceType: string;
  readonly id: string;
  /** Version n (from 1) is the n-th. */
  readonly versions: readonly SentResource[];
}

const ADAPTER_SYSTEM = 'https://fhir-trial-adapter.example/fhir';
export const formatMrn = (patient: number): string => `urn:mrn|${patient}`;

/** The patient of a resource, by id or by medical record number. */
export interface PatientNaming {
  readonly patient: number;
  readonly identifiedBy: 'id' | 'mrn';
}

const buildSubjectReference = ({ patient, identifiedBy: by }: PatientNaming) =>
  by === 'id'
    ? { reference: `Patient/p${patient}` }
    : { identifier: { system: 'urn:mrn', value: String(patient) } };

/** A merge as a Patient states it: the type of the link, and the other Patient. */
export interface PatientLink {
  readonly type: 'replaced-by' | 'replaces' | 'seealso';
  readonly otherPatient: number;
}

export function buildSentPatient(n: number, link: PatientLink | null): SentResource {
  return {
    resourceType: 'Patient',
    id: `p${n}`,
    gender: n === 0 ? 'male' : 'female',
    birthDate: `198${n}-02-03`,
    identifier: [{ system: 'urn:mrn', value: String(n) }],
    ...(link ? { link: [{ type: link.type, other: { reference: `Patient/p${link.otherPatient}` } }] } : {}),
  };
}

export function buildSentCount(
  n: number,
  naming: PatientNaming,
  value: number,
  status: string,
): SentResource {
  const day = ['2026-01-05', '2026-01-26', '2026-02-09', '2026-03-12'][n];
  return {
    resourceType: 'Observation',
    id: `o${n}`,
    status,
    code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
    subject: buildSubjectReference(naming),
    effectiveDateTime: `${day}T08:00:00+08:00`,
    valueQuantity: { value, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
  };
}

export function buildSentInfusion(
  n: number,
  naming: PatientNaming,
  day: string,
  status: string,
): SentResource {
  const dose = {
    value: 1.5,
    unit: '10*6.{cells}/kg',
    system: 'http://unitsofmeasure.org',
    code: '10*6.{cells}/kg',
  };
  return {
    resourceType: 'MedicationAdministration',
    id: `m${n}`,
    status,
    medicationReference: { reference: 'Medication/lot' },
    subject: buildSubjectReference(naming),
    effectiveDateTime: `${day}T10:00:00+08:00`,
    dosage: { dose },
  };
}

export function buildSentProduct(code: string): SentResource {
  return {
    resourceType: 'Medication',
    id: 'lot',
    code: { coding: [{ system: `${ADAPTER_SYSTEM}/CodeSystem/msc-product`, code }] },
  };
}

export function buildSentEnrolment(patientNumber: number, status: string, study = 'msc-aa'): SentResource {
  const subject = `${study === 'msc-aa' ? 'S' : 'Z'}${patientNumber}`;
  return {
    resourceType: 'ResearchSubject',
    id: `rs-${subject}`,
    identifier: [{ system: `${ADAPTER_SYSTEM}/sid/subject/${study}`, value: subject }],
    status,
    period: { start: '2026-01-01' },
    study: { reference: `ResearchStudy/${study}` },
    individual: { reference: `Patient/p${patientNumber}` },
  };
}

/** Adds the EHR's version number. */
export function withVersionId(sent: SentResource, version: number): SentResource {
  return { ...sent, meta: { versionId: String(version) } };
}
