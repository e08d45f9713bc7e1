import { isObject, type Resource } from '../fhir/resource.ts';
import { listBusinessIdentifiers, toIdentifierToken } from './resource-identity.ts';

/** Whom a resource is about, in the names that the site uses for him. */
export interface PatientIdentifiers {
  /** FHIRPath of the element that says so. */
  readonly element: string;
  /** `Patient/id` and `system|value`; empty where the resource names nobody. */
  readonly identifiers: readonly string[];
}

/** Where each resource type that we map says whom it is about (R4). */
const PATIENT_ELEMENT: Record<string, string> = {
  Observation: 'subject',
  DiagnosticReport: 'subject',
  MedicationAdministration: 'subject',
  Procedure: 'subject',
  AdverseEvent: 'subject',
  Condition: 'subject',
  ResearchSubject: 'individual',
  Specimen: 'subject',
};

/** Products that other resources refer to; about nobody. */
const SUPPORTING_TYPES = new Set(['Medication', 'BiologicallyDerivedProduct', 'Substance']);

/** Types whose arrival can complete what refers to them. */
export const REFERENCED_TYPES: readonly string[] = [...SUPPORTING_TYPES, 'Specimen'];

/** How the adapter treats a type: about a patient, kept because others refer to it, or of no use to it. */
export function classifyResourceType(resourceType: string): 'patient-data' | 'supporting' | 'not-needed' {
  if (resourceType === 'Patient' || resourceType in PATIENT_ELEMENT) return 'patient-data';
  return SUPPORTING_TYPES.has(resourceType) ? 'supporting' : 'not-needed';
}

/** `ehrBase` is the site's own FHIR base: an absolute reference under it is that site's patient, any other is not. */
export function readPatientIdentifiers(resource: Resource, ehrBase: string | null): PatientIdentifiers {
  if (resource.resourceType === 'Patient') {
    const id = resource.id ? [`Patient/${resource.id}`] : [];
    return { element: 'Patient.id', identifiers: [...id, ...listBusinessIdentifiers(resource)] };
  }
  const element = PATIENT_ELEMENT[resource.resourceType] ?? 'subject';
  return {
    element: `${resource.resourceType}.${element}`,
    identifiers: readReferenceIdentifiers(resource[element], resource, ehrBase),
  };
}

/** A Patient as far as it says who is who: its names, and the Patients of the site that it was merged with. */
export interface PatientRecord {
  /** `Patient/id`. */
  readonly id: string;
  /** `Patient/id` and `system|value`. */
  readonly identifiers: readonly string[];
  /** `Patient/id` of those that have taken its place, and of those whose place it has taken. */
  readonly replacedBy: readonly string[];
  readonly replaces: readonly string[];
}

/**
 * R4 Patient.link: `replaced-by` and `replaces` say that two records are one person; `refer` and `seealso` do not. A
 * link to a Patient of another server says nothing here: it is known there by that id, not to this site.
 */
export function readPatientRecord(resource: Resource, ehrBase: string | null): PatientRecord {
  const links = Array.isArray(resource.link) ? resource.link.filter(isObject) : [];
  const linked = (type: string): readonly string[] =>
    links
      .filter((link) => link.type === type && isObject(link.other))
      .flatMap((link) => readReferenceIdentifiers(link.other, resource, ehrBase))
      .filter((name) => /^Patient\/[^/]+$/.test(name) && name !== `Patient/${resource.id}`);
  const { identifiers: names } = readPatientIdentifiers(resource, ehrBase);
  return {
    id: `Patient/${resource.id}`,
    identifiers: names,
    replacedBy: linked('replaced-by'),
    replaces: linked('replaces'),
  };
}

/** Every name by which the record is found: its own, and the Patients that it was merged with. */
export const listRecordIdentifiers = ({
  identifiers: names,
  replacedBy,
  replaces,
}: PatientRecord): readonly string[] => [...new Set([...names, ...replacedBy, ...replaces])];

function readReferenceIdentifiers(
  reference: unknown,
  resource: Resource,
  ehrBase: string | null,
): readonly string[] {
  if (!isObject(reference)) return [];
  const identifier = toIdentifierToken(reference.identifier);
  const text = typeof reference.reference === 'string' ? reference.reference : '';
  return [...parseLiteralReference(text, resource, ehrBase), ...(identifier ? [identifier] : [])];
}

function parseLiteralReference(text: string, resource: Resource, ehrBase: string | null): readonly string[] {
  if (text.startsWith('#')) return readContainedIdentifiers(text.slice(1), resource);
  // Outside a Bundle a urn:uuid names the resource by the id it will have (Synthea's NDJSON does so).
  const uuid = /^urn:uuid:([0-9a-fA-F-]{36})$/.exec(text);
  if (uuid) return [`Patient/${uuid[1]}`];
  const relative = toRelativeReference(text, ehrBase);
  const match = /^Patient\/([A-Za-z0-9\-.]{1,64})(\/_history\/[A-Za-z0-9\-.]{1,64})?$/.exec(relative);
  return match ? [`Patient/${match[1]}`] : text === '' ? [] : [text];
}

function toRelativeReference(text: string, ehrBase: string | null): string {
  const base = ehrBase === null ? null : `${ehrBase.replace(/\/$/, '')}/`;
  return base && text.startsWith(base) ? text.slice(base.length) : text;
}

function readContainedIdentifiers(id: string, resource: Resource): readonly string[] {
  const contained = Array.isArray(resource.contained) ? resource.contained : [];
  const found = contained.find((inner) => isObject(inner) && inner.id === id);
  return isObject(found) ? listBusinessIdentifiers(found as unknown as Resource) : [];
}
