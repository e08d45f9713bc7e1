import { isObject, type Resource } from '../fhir/resource.ts';
import { isDerivedId, listBusinessIdentifiers, toIdentifierToken } from './resource-identity.ts';

/** The identifiers by which a resource refers to its patient. */
interface PatientIdentifiers {
  /** FHIRPath of the element that contains them. */
  readonly element: string;
  /** `Patient/id` and `system|value`; empty where the resource refers to no patient. */
  readonly identifiers: readonly string[];
}

/** The element of each mapped resource type that refers to the patient (R4). */
const PATIENT_ELEMENT: Readonly<Record<string, string>> = {
  Observation: 'subject',
  DiagnosticReport: 'subject',
  MedicationAdministration: 'subject',
  Procedure: 'subject',
  AdverseEvent: 'subject',
  Condition: 'subject',
  ResearchSubject: 'individual',
  Specimen: 'subject',
};

/** Types of products, which other resources refer to and which are about no patient. */
const SUPPORTING_TYPES = new Set(['Medication', 'BiologicallyDerivedProduct', 'Substance']);

/** Types that complete the resources referring to them: when one arrives, these are restated. */
export const REFERENCED_TYPES: readonly string[] = [...SUPPORTING_TYPES, 'Specimen'];

/**
 * Classifies a resource: data about a patient, kept because other resources refer to it, or not needed. A specimen without
 * a subject is that of the results which refer to it (Specimen.subject is 0..1 in R4).
 */
export function classifyResource(resource: Resource): 'patient-data' | 'supporting' | 'not-needed' {
  const isOfItsResults = resource.resourceType === 'Specimen' && resource.subject === undefined;
  return isOfItsResults ? 'supporting' : classifyResourceType(resource.resourceType);
}

/** Classifies a type, whatever its content; see `classifyResource`. */
export function classifyResourceType(resourceType: string): 'patient-data' | 'supporting' | 'not-needed' {
  if (resourceType === 'Patient' || resourceType in PATIENT_ELEMENT) return 'patient-data';
  return SUPPORTING_TYPES.has(resourceType) ? 'supporting' : 'not-needed';
}

/**
 * Reads the identifiers of the resource's patient. `ehrBase` is the site's own FHIR base: an absolute reference under it
 * is a patient of the site, any other is not.
 */
export function readPatientIdentifiers(resource: Resource, ehrBase: string | null): PatientIdentifiers {
  if (resource.resourceType === 'Patient') {
    const id = resource.id ? [`Patient/${resource.id}`] : [];
    return { element: 'Patient.id', identifiers: [...id, ...listBusinessIdentifiers(resource)] };
  }
  const element = PATIENT_ELEMENT[resource.resourceType] ?? 'subject';
  return {
    element: `${resource.resourceType}.${element}`,
    identifiers: listReferenceIdentifiers(resource[element], resource, ehrBase),
  };
}

/** The part of a Patient that record linkage uses: its identifiers, and the Patients of the site that it is merged with. */
export interface PatientRecord {
  /** `Patient/id`. */
  readonly id: string;
  /** `Patient/id` and `system|value`. */
  readonly identifiers: readonly string[];
  /** `Patient/id` of the Patients that have replaced it, and of those that it has replaced. */
  readonly replacedBy: readonly string[];
  readonly replaces: readonly string[];
  /** As sent (YYYY, YYYY-MM or YYYY-MM-DD), and the administrative gender; null where not sent. */
  readonly birthDate: string | null;
  readonly sex: string | null;
  /** Whether the Patient was sent without an id, so that its id means nothing in the EHR. */
  readonly isDerived: boolean;
}

/**
 * Reads identifiers and merges of a Patient. R4 Patient.link: `replaced-by` and `replaces` mean that two records are one
 * person; `refer` and `seealso` do not. A link to a Patient of another server is skipped: its id means nothing here.
 */
export function readPatientRecord(resource: Resource, ehrBase: string | null): PatientRecord {
  const links = Array.isArray(resource.link) ? resource.link.filter(isObject) : [];
  const listLinked = (type: string): readonly string[] =>
    links
      .filter((link) => link.type === type && isObject(link.other))
      .flatMap((link) => listReferenceIdentifiers(link.other, resource, ehrBase))
      .filter((target) => /^Patient\/[^/]+$/.test(target) && target !== `Patient/${resource.id}`);
  const { identifiers } = readPatientIdentifiers(resource, ehrBase);
  return {
    id: `Patient/${resource.id}`,
    identifiers,
    replacedBy: listLinked('replaced-by'),
    replaces: listLinked('replaces'),
    birthDate: typeof resource.birthDate === 'string' ? resource.birthDate : null,
    sex: typeof resource.gender === 'string' ? resource.gender : null,
    isDerived: isDerivedId(resource.id ?? ''),
  };
}

/** Lists every identifier by which the record is found: its own, and the Patients that it is merged with. */
export const listRecordIdentifiers = ({
  identifiers,
  replacedBy,
  replaces,
}: PatientRecord): readonly string[] => [...new Set([...identifiers, ...replacedBy, ...replaces])];

/** Lists the identifiers of a reference in a resource: `Patient/id`, and `system|value`; empty for no reference. */
export function listReferenceIdentifiers(
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
  // Outside a Bundle, urn:uuid refers to the resource by the id that it will have (Synthea's NDJSON does so).
  const uuid = /^urn:uuid:([0-9a-fA-F-]{36})$/.exec(text);
  if (uuid) return [`Patient/${uuid[1]}`];
  const conditional = parseConditionalReference(text);
  if (conditional !== null) return [conditional];
  const relative = toRelativeReference(text, ehrBase);
  const match = /^Patient\/([A-Za-z0-9\-.]{1,64})(\/_history\/[A-Za-z0-9\-.]{1,64})?$/.exec(relative);
  return match ? [`Patient/${match[1]}`] : text === '' ? [] : [text];
}

/** Parses `Patient?identifier=system|value` (FHIR R4 http, conditional references in a transaction); null for any other text. */
function parseConditionalReference(text: string): string | null {
  const query = /^Patient\?identifier=([^&]{1,2000})$/.exec(text)?.[1];
  try {
    const identifier = query === undefined ? '' : decodeURIComponent(query);
    return /^[^|,]+\|[^|,]+$/.test(identifier) ? identifier : null;
  } catch {
    return null;
  }
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
