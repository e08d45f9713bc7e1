import { parseMoment } from '../../fhir/datetime.ts';
import type { FhirVersion } from '../../fhir/fhir-version.ts';
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
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { Source, Subject } from '../../trial/facts.ts';
import { findPersonForRecord, MAX_RECORDS } from '../identity/linked-identifiers.ts';
import { hasSuccessor, listDuplicateEnrolments } from '../identity/match-patients.ts';
import { hasTwoInOneStudy, isSameSubject, removeDuplicateSubjects } from '../identity/narrow-subjects.ts';
import { resolveSubjects } from '../identity/resolve-subject.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { type Containers, collectContainers, formatName, MAX_CONTAINERS } from './containers.ts';
import { type ResourceContent, readCurrentContent } from './current-content.ts';

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
  /** What the resource is linked with that is too much to be followed; absent where all of it was. */
  readonly tooManyLinks?: TooManyLinks;
}

/** The element that links a resource with more others than are followed, and what the site can do about it. */
export interface TooManyLinks {
  readonly element: string;
  readonly detail: string;
  readonly fix: string;
}

const TOO_MANY_CONTAINERS: TooManyLinks = {
  element: 'Observation.hasMember',
  detail: `More than ${MAX_CONTAINERS} reports and panels list the result, directly or through each other; what they say of it is not used.`,
  fix: 'Correct the reports (DiagnosticReport.result) and panels (Observation.hasMember) that list it wrongly; the result is then read again.',
};

const TOO_MANY_PATIENTS: TooManyLinks = {
  element: 'Patient.link',
  detail: `More than ${MAX_RECORDS} Patients are linked with the Patient by merges or shared identifiers; who of them is one person is unknown.`,
  fix: 'Correct Patient.link and Patient.identifier of the Patients that are other people.',
};

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
 * does not matter. Panels that list each other, or themselves, are not followed into each other; a result with more containers
 * than are followed has `tooManyLinks`.
 */
export async function resolveContext(
  tx: SiteTransaction,
  key: ResourceKey,
  content: ResourceContent,
): Promise<ResourceInContext> {
  if (content.resource.resourceType !== 'Observation') return resolveWithoutContainers(tx, key, content);
  const nodes = await collectContainers(tx, key, content);
  if (nodes) return resolveNode(tx, formatName(key), { nodes, resolved: new Map() });
  return { ...(await resolveWithoutContainers(tx, key, content)), tooManyLinks: TOO_MANY_CONTAINERS };
}

/** Resolves a resource by what it says itself. */
async function resolveWithoutContainers(
  tx: SiteTransaction,
  key: ResourceKey,
  content: ResourceContent,
): Promise<ResourceInContext> {
  const alone =
    key.resourceType === 'Patient' ? await resolvePatient(tx, content) : await resolveAlone(tx, content);
  return keepAcceptedSubjects(tx, key, alone);
}

/** The resources above one result, and those of them that have been resolved. */
interface Resolution {
  readonly nodes: Containers;
  readonly resolved: Map<string, Container>;
}

/** Resolves a result, report or panel after everything that lists it, each once. */
async function resolveNode(tx: SiteTransaction, name: string, resolution: Resolution): Promise<Container> {
  const known = resolution.resolved.get(name);
  if (known) return known;
  const node = resolution.nodes.get(name);
  if (!node) throw new Error('A container is missing from those that were collected.');
  const { key, content } = node;
  const alone = await resolveWithoutContainers(tx, key, content);
  const containers: Container[] = [];
  for (const container of [...node.containers].sort())
    containers.push(await resolveNode(tx, container, resolution));
  const isResult = content.resource.resourceType === 'Observation';
  const context = isResult ? inheritFromContainers(tx, alone, containers.sort(comparePanelsFirst)) : alone;
  const container = { ...context, key };
  resolution.resolved.set(name, container);
  return container;
}

function inheritFromContainers(
  tx: SiteTransaction,
  alone: ResourceInContext,
  containers: readonly Container[],
): ResourceInContext {
  if (!needsContext(alone.resource)) return addStatedMeaning(alone, containers);
  const valid = containers.filter((container) => !isRetracted(container.resource));
  const usable = valid.length > 0 ? valid : containers;
  if (usable.length === 0) return alone;
  const assigned = alone.patientIdentifiers.length > 0 ? alone : inheritSubjects(alone, usable);
  const related = usable.filter((container) => hasSharedSubject(container, assigned));
  return inheritTime(assigned, related, tx.timeZone);
}

/**
 * Keeps the subjects that a resource had before an identifier that it uses became contested: a relative's record takes no
 * result away from a subject. A version that refers to the patient in another way is resolved again.
 */
async function keepAcceptedSubjects(
  tx: SiteTransaction,
  key: ResourceKey,
  context: ResourceInContext,
): Promise<ResourceInContext> {
  const { contestedIdentifiers = [] } = context;
  if (contestedIdentifiers.length === 0) return context;
  const current = await readCurrentContent(tx, key);
  if (!current) return context;
  const { identifiers } = readPatientIdentifiers(current.resource, tx.ehrBase);
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
  const common = {
    resource,
    fhirVersion,
    patientElement: readPatientIdentifiers(resource, tx.ehrBase).element,
    patientIdentifiers: listRecordIdentifiers(record),
    inheritedFrom: [],
  };
  const person = await findPersonForRecord(tx, record);
  if (!person) {
    // Only an enrolment by the Patient's own id or number says whose it is.
    const resolution = await resolveSubjects(tx, record.identifiers);
    return { ...common, ...resolution, tooManyLinks: TOO_MANY_PATIENTS };
  }
  return {
    ...common,
    subjects: person.subjects,
    isAmbiguous: person.isAmbiguous,
    contestedIdentifiers: person.contestedNames,
    isReplaced: hasSuccessor(person, record.id),
    duplicateEnrolments: listDuplicateEnrolments(person),
  };
}

const isReport = (container: Container): boolean => container.key.resourceType === 'DiagnosticReport';

/** Orders panels before reports, whose elements are further away from the result. */
const comparePanelsFirst = (a: Container, b: Container): number => Number(isReport(a)) - Number(isReport(b));

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
