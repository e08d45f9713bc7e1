import { isObject, type Resource } from '../../fhir/resource.ts';
import {
  classifyResourceType,
  listRecordIdentifiers,
  REFERENCED_TYPES,
  readPatientIdentifiers,
  readPatientRecord,
} from '../../intake/patient-identifiers.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { readCurrentContent } from './current-content.ts';

const SUPPORTING_REFERENCE = new RegExp(
  `(?:^|/)((?:${REFERENCED_TYPES.join('|')})/[A-Za-z0-9\\-.]{1,64})(?:/_history/|$)`,
);

/** Lists `Type/id` of every product and specimen to which the resource refers, contained resources excluded. */
export function listSupportingReferences(resource: Resource): readonly string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isObject(value)) {
      const match = SUPPORTING_REFERENCE.exec(String(value.reference));
      if (match?.[1]) found.add(match[1]);
      Object.values(value).forEach(visit);
    }
  };
  visit(resource);
  return [...found];
}

/** The element in which a report or panel lists its results (R4). */
const MEMBER_ELEMENTS: Readonly<Record<string, string>> = {
  DiagnosticReport: 'result',
  Observation: 'hasMember',
};

const OBSERVATION_REFERENCE =
  /^(?:urn:uuid:|(?:.*\/)?Observation\/)([A-Za-z0-9\-.]{1,64})(?:\/_history\/.*)?$/;

/** Lists `Observation/id` of every result in a DiagnosticReport or panel, contained results excluded. */
export function listMembers(resource: Resource): readonly string[] {
  return listReferencedResults(resource[MEMBER_ELEMENTS[resource.resourceType] ?? '']);
}

/** Lists `Observation/id` of every result in a list of references, contained results excluded; empty for no list. */
export function listReferencedResults(listed: unknown): readonly string[] {
  if (!Array.isArray(listed)) return [];
  const found = listed.flatMap((member: unknown) => {
    const match = isObject(member) ? OBSERVATION_REFERENCE.exec(String(member.reference)) : null;
    return match?.[1] === undefined ? [] : [`Observation/${match[1]}`];
  });
  return [...new Set(found)];
}

/**
 * Lists the references by which the inbox finds the resource: products, specimens and members, since their arrival or
 * deletion changes the facts of one of the two resources, and every patient identifier.
 */
export function listIndexedReferences(resource: Resource, ehrBase: string | null): readonly string[] {
  return [
    ...listSupportingReferences(resource),
    ...listMembers(resource),
    ...listPatientIdentifiers(resource, ehrBase),
  ];
}

function listPatientIdentifiers(resource: Resource, ehrBase: string | null): readonly string[] {
  if (resource.resourceType === 'Patient') return listRecordIdentifiers(readPatientRecord(resource, ehrBase));
  return classifyResourceType(resource.resourceType) === 'patient-data'
    ? readPatientIdentifiers(resource, ehrBase).identifiers
    : [];
}

/** Loads the products and specimens to which the resource refers, by `Type/id`. */
export async function loadSupportingResources(
  tx: SiteTransaction,
  resource: Resource,
): Promise<ReadonlyMap<string, Resource>> {
  const found = new Map<string, Resource>();
  for (const reference of listSupportingReferences(resource)) {
    const [resourceType = '', id = ''] = reference.split('/');
    const content = await readCurrentContent(tx, { site: tx.site, resourceType, id });
    if (content) found.set(reference, content.resource);
  }
  return found;
}
