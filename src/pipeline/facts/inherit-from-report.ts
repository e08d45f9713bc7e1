import { parseMoment } from '../../fhir/datetime.ts';
import type { FhirVersion } from '../../fhir/fhir-version.ts';
import { parseJson } from '../../fhir/lossless-json.ts';
import { isObject, type Resource } from '../../fhir/resource.ts';
import {
  listRecordIdentifiers,
  readPatientIdentifiers,
  readPatientRecord,
} from '../../intake/patient-identifiers.ts';
import {
  hasEffectiveTime,
  hasMeaningElement,
  inheritFromContainer,
  inheritMeaning,
  isRetracted,
  selectSoleSpecimen,
} from '../../mapping/readers/inherit-from-container.ts';
import type { ResourceKey } from '../../store/store.ts';
import type { Source, Subject } from '../../trial/facts.ts';
import { findPersonForRecord } from '../identity/linked-identifiers.ts';
import { hasSuccessor, listDuplicateEnrolments } from '../identity/match-patients.ts';
import { hasTwoInOneStudy, isSameSubject, removeDuplicateSubjects } from '../identity/narrow-subjects.ts';
import { resolveSubjects } from '../identity/resolve-subject.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import type { ResourceContent } from './current-content.ts';

/** A resource with its subjects, and with what it inherits from the reports and panels that list it. */
export interface ResourceInContext {
  /** The resource as it is mapped: as sent, with the elements that it inherits. Never stored. */
  readonly resource: Resource;
  readonly fhirVersion: FhirVersion;
  readonly subjects: readonly Subject[];
  /** Whether the patient identifiers, or the reports that list the resource, do not settle its subject. */
  readonly isAmbiguous: boolean;
  /** Whether the resource is a Patient that another Patient in the store has replaced, and so states nothing. */
  readonly isReplaced?: boolean;
  /** The numbers of one study under which merged Patients are enrolled, as `study number`; empty for one number. */
  readonly duplicateEnrolments?: readonly string[];
  /** Patient identifiers that settle nothing because people share them who differ; absent without such. */
  readonly contestedIdentifiers?: readonly string[];
  /** FHIRPath of the element that identifies the patient. */
  readonly patientElement: string;
  readonly patientIdentifiers: readonly string[];
  /** The elements of reports and panels that the resource inherits. */
  readonly inheritedFrom: readonly Source[];
}

/** Whether the resource cannot be mapped alone: a result without its subject or without its time. */
export function needsContext(resource: Resource): boolean {
  return (
    resource.resourceType === 'Observation' && (resource.subject === undefined || !hasEffectiveTime(resource))
  );
}

/** A report or panel that lists the result, in its own context. */
interface Container extends ResourceInContext {
  readonly key: ResourceKey;
}

/**
 * Resolves the subjects of a resource, and what it inherits from the reports and panels that list it. Its own
 * elements always win. A missing subject is that of all containers together; if they disagree, it is ambiguous. A missing
 * time is inherited from a panel rather than a report, of the same subject, and only if no other container has another
 * day. A container that was entered in error retracts the result, unless another container is valid. The order of arrival
 * does not matter.
 *
 * `path`: `Type/id` of the members on the way to this container; panels that list each other, or themselves, are skipped.
 */
export async function resolveContext(
  tx: SiteTransaction,
  key: ResourceKey,
  content: ResourceContent,
  path: readonly string[] = [],
): Promise<ResourceInContext> {
  const { resource } = content;
  const alone = await keepAcceptedSubjects(
    tx,
    key,
    key.resourceType === 'Patient' ? await resolvePatient(tx, content) : await resolveAlone(tx, content),
  );
  if (resource.resourceType !== 'Observation') return alone;
  const containers = await findContainers(tx, key, path);
  if (!needsContext(resource)) return addStatedMeaning(alone, containers);
  const valid = containers.filter((container) => !isRetracted(container.resource));
  const usable = valid.length > 0 ? valid : containers;
  if (usable.length === 0) return alone;
  const assigned = alone.patientIdentifiers.length > 0 ? alone : inheritSubjects(alone, usable);
  const related = usable.filter((container) => hasSharedSubject(container, assigned));
  return inheritTime(assigned, related, tx.timeZone);
}

/**
 * Keeps the subjects that a resource had before an identifier that it uses became contested: a relative's record takes no
 * result away from a subject. A version that refers to the patient in another way is resolved anew.
 */
async function keepAcceptedSubjects(
  tx: SiteTransaction,
  key: ResourceKey,
  context: ResourceInContext,
): Promise<ResourceInContext> {
  const { contestedIdentifiers = [] } = context;
  if (contestedIdentifiers.length === 0) return context;
  const current = await tx.inbox.getCurrent(key);
  if (!current?.body) return context;
  const { identifiers } = readPatientIdentifiers(parseJson(current.body) as Resource, tx.ehrBase);
  const isSamePatient =
    key.resourceType === 'Patient' || identifiers.join() === context.patientIdentifiers.join();
  const subjects: Subject[] = [];
  for (const { study, subject } of isSamePatient ? await tx.facts.listSubjects(key) : []) {
    const accepted = await tx.subjects.get(study, subject);
    if (accepted) subjects.push(accepted);
  }
  return subjects.length > 0 ? { ...context, subjects, isAmbiguous: false } : context;
}

/** Resolves a resource by its own patient identifiers. */
async function resolveAlone(
  tx: SiteTransaction,
  { resource, fhirVersion }: ResourceContent,
): Promise<ResourceInContext> {
  const { identifiers, element } = readPatientIdentifiers(resource, tx.ehrBase);
  return {
    resource,
    fhirVersion,
    patientElement: element,
    patientIdentifiers: identifiers,
    inheritedFrom: [],
    ...(await resolveSubjects(tx, identifiers)),
  };
}

/** Resolves a Patient: its subjects are those of the person that it describes. */
async function resolvePatient(
  tx: SiteTransaction,
  { resource, fhirVersion }: ResourceContent,
): Promise<ResourceInContext> {
  const record = readPatientRecord(resource, tx.ehrBase);
  const person = await findPersonForRecord(tx, record);
  return {
    resource,
    fhirVersion,
    subjects: person.subjects,
    isAmbiguous: person.isAmbiguous,
    contestedIdentifiers: person.contestedNames,
    isReplaced: hasSuccessor(person, record.id),
    duplicateEnrolments: listDuplicateEnrolments(person),
    patientElement: readPatientIdentifiers(resource, tx.ehrBase).element,
    patientIdentifiers: listRecordIdentifiers(record),
    inheritedFrom: [],
  };
}

/** Finds the containers that list the result, each in its own context; panels before reports. */
async function findContainers(
  tx: SiteTransaction,
  key: ResourceKey,
  path: readonly string[],
): Promise<readonly Container[]> {
  const member = `${key.resourceType}/${key.id}`;
  const found: Container[] = [];
  for (const referrer of await tx.inbox.listReferrers(tx.site, member)) {
    if (path.includes(`${referrer.resourceType}/${referrer.id}`)) continue;
    const version = await tx.inbox.getCurrent(referrer);
    if (!version?.body) continue;
    const content = { resource: parseJson(version.body) as Resource, fhirVersion: version.fhirVersion };
    found.push({ key: referrer, ...(await resolveContext(tx, referrer, content, [...path, member])) });
  }
  return found.sort((a, b) => Number(isReport(a)) - Number(isReport(b)));
}

const isReport = (container: Container): boolean => container.key.resourceType === 'DiagnosticReport';

/**
 * Adds, to a result that has subject and time, what reports and panels of its subject say of whose and which blood it is.
 * Specimens on which they do not agree are left out.
 */
function addStatedMeaning(alone: ResourceInContext, containers: readonly Container[]): ResourceInContext {
  const stating = containers.filter(
    (container) =>
      !isRetracted(container.resource) &&
      hasMeaningElement(container.resource) &&
      hasSharedSubject(container, alone),
  );
  const specimens = new Set(stating.map(({ resource }) => JSON.stringify(selectSoleSpecimen(resource))));
  const resource = stating.reduce((result, container) => {
    const { specimen, ...others } = container.resource;
    return inheritMeaning(result, specimens.size > 1 ? others : container.resource);
  }, alone.resource);
  return resource === alone.resource ? alone : { ...alone, resource };
}

function inheritSubjects(alone: ResourceInContext, containers: readonly Container[]): ResourceInContext {
  const subjects = removeDuplicateSubjects(containers.flatMap((container) => container.subjects));
  return {
    ...alone,
    subjects,
    isAmbiguous: containers.some(({ isAmbiguous }) => isAmbiguous) || hasTwoInOneStudy(subjects),
    patientIdentifiers: [...new Set(containers.flatMap(({ patientIdentifiers }) => patientIdentifiers))],
    inheritedFrom: containers.flatMap((container) => collectSources(container, 'subject')),
  };
}

function hasSharedSubject(container: ResourceInContext, result: ResourceInContext): boolean {
  return result.subjects.some((subject) => container.subjects.some(isSameSubject(subject)));
}

/** Adds the time, or the only specimen, on which the containers agree; nothing if they do not agree. */
function inheritTime(
  result: ResourceInContext,
  containers: readonly Container[],
  timeZone: string,
): ResourceInContext {
  const [nearest] = containers;
  if (!nearest) return result;
  if (hasEffectiveTime(result.resource)) return inheritElements(result, nearest, []);
  const dated = containers.filter((container) => hasEffectiveTime(container.resource));
  const [donor, ...others] =
    dated.length > 0 ? dated : containers.filter((container) => selectSoleSpecimen(container.resource));
  if (!donor) return inheritElements(result, nearest, []);
  if (others.some((other) => !isSameCollection(donor.resource, other.resource, timeZone))) return result;
  const element = findEffectiveElement(donor.resource) ?? 'specimen';
  return inheritElements(result, donor, collectSources(donor, element));
}

/** Adds the container's time with its `sources`; without sources, adds only the container's retraction. */
function inheritElements(
  result: ResourceInContext,
  container: Container,
  sources: readonly Source[],
): ResourceInContext {
  const isInherited = sources.length > 0 || isRetracted(container.resource);
  const resource = isInherited ? inheritFromContainer(result.resource, container.resource) : result.resource;
  return {
    ...result,
    resource,
    inheritedFrom: removeDuplicateSources([...result.inheritedFrom, ...sources]),
  };
}

const findEffectiveElement = (resource: Resource): string | undefined =>
  Object.keys(resource).find((element) => element.startsWith('effective'));

/** Whether two containers can mean the same collection: their days overlap, or they have the same specimen. */
function isSameCollection(first: Resource, second: Resource, timeZone: string): boolean {
  const [firstTime, secondTime] = [first, second].map((resource) =>
    parseMoment(resource[findEffectiveElement(resource) ?? ''], timeZone),
  );
  if (firstTime && secondTime)
    return firstTime.earliestDay <= secondTime.latestDay && secondTime.earliestDay <= firstTime.latestDay;
  return JSON.stringify(selectSoleSpecimen(first)) === JSON.stringify(selectSoleSpecimen(second));
}

/** Collects the container's element as a source, followed by the sources that the container itself inherits. */
function collectSources({ key, resource, inheritedFrom }: Container, element: string): readonly Source[] {
  const { meta } = resource;
  const version = isObject(meta) && typeof meta.versionId === 'string' ? meta.versionId : null;
  const source = { ...key, version, element: `${key.resourceType}.${element}` };
  return removeDuplicateSources([source, ...inheritedFrom]);
}

/** Keeps the first source of each resource. */
function removeDuplicateSources(sources: readonly Source[]): readonly Source[] {
  const byResource = sources.map((source) => [`${source.resourceType}/${source.id}`, source] as const);
  return [...new Map(byResource.reverse()).values()].reverse();
}
