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
  inheritFromContainer,
  isRetracted,
  selectSoleSpecimen,
} from '../../mapping/readers/inherit-from-container.ts';
import type { ResourceKey, StoreTransaction } from '../../store/store.ts';
import type { Source, Subject } from '../../trial/facts.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { findPersonForRecord } from '../identity/linked-identifiers.ts';
import { hasSuccessor, listDuplicateEnrolments } from '../identity/match-patients.ts';
import { hasTwoInOneStudy, resolveSubjects, type SubjectResolution } from '../identity/resolve-subject.ts';

/** A resource and the version that it is written in. */
export interface ResourceContent {
  readonly resource: Resource;
  readonly fhirVersion: FhirVersion;
}

/** A resource with what the reports and panels that list it say for it. */
export interface ResourceInContext {
  /** As it is mapped: what was sent, and what it lacks from its report. Never stored. */
  readonly resource: Resource;
  readonly fhirVersion: FhirVersion;
  readonly subjects: readonly Subject[];
  /** The names, or the reports that list it, leave open whose it is. */
  readonly isAmbiguous: boolean;
  /** A Patient whose place another one has taken, which is at hand: it states nothing of the person. */
  readonly isReplaced?: boolean;
  /** A merged Patient who is enrolled under several numbers of one study: which, as `study number`. */
  readonly duplicateEnrolments?: readonly string[];
  /** FHIRPath of the element that says whom it is about. */
  readonly patientElement: string;
  readonly patientIdentifiers: readonly string[];
  /** The report and panel elements that were used. */
  readonly inheritedFrom: readonly Source[];
}

/** Whether the resource cannot stand alone: a result without its subject or without its time. */
export function needsContext(resource: Resource): boolean {
  return (
    resource.resourceType === 'Observation' && (resource.subject === undefined || !hasEffectiveTime(resource))
  );
}

/** A report or panel that lists the result, itself in context. */
interface Container extends ResourceInContext {
  readonly key: ResourceKey;
}

/**
 * The resource in the context of what lists it. Its own elements always win. A missing subject is that of the reports
 * and panels together (if they disagree it is unclear); a missing time comes from a panel before a
 * report, of the same subject, and only where no other of them says another day. A report that was entered in error gives
 * its status, unless another one still stands. Whatever comes first, the answer is the same.
 */
export async function resolveContext(
  tx: StoreTransaction,
  parts: Pick<PipelineDependencies, 'siteContext'>,
  key: ResourceKey,
  { resource, fhirVersion }: ResourceContent,
  above: readonly string[] = [],
): Promise<ResourceInContext> {
  const { identifiers: names, element: who } = readPatientIdentifiers(
    resource,
    parts.siteContext(key.site).ehrBase,
  );
  const meant =
    key.resourceType === 'Patient'
      ? await resolvePatientSubjects(tx, parts, key, resource)
      : await resolveSubjects(tx, key.site, names);
  const alone = {
    resource,
    fhirVersion,
    patientElement: who,
    patientIdentifiers: names,
    inheritedFrom: [],
    ...meant,
  };
  if (!needsContext(resource)) return alone;
  const containers = await findContainers(tx, parts, key, above);
  const standing = containers.filter((container) => !isRetracted(container.resource));
  const useful = standing.length > 0 ? standing : containers;
  if (useful.length === 0) return alone;
  const named = names.length > 0 ? alone : inheritSubjects(alone, useful);
  return inheritTime(
    named,
    useful.filter((container) => hasSharedSubject(container, named)),
    parts.siteContext(key.site).timeZone,
  );
}

/** A Patient is whoever the person is whose record it is. */
async function resolvePatientSubjects(
  tx: StoreTransaction,
  parts: Pick<PipelineDependencies, 'siteContext'>,
  { site }: ResourceKey,
  resource: Resource,
): Promise<
  SubjectResolution & Pick<ResourceInContext, 'patientIdentifiers' | 'isReplaced' | 'duplicateEnrolments'>
> {
  const record = readPatientRecord(resource, parts.siteContext(site).ehrBase);
  const person = await findPersonForRecord(tx, parts, site, record);
  const { subjects, isAmbiguous: unclear } = person;
  return {
    subjects,
    isAmbiguous: unclear,
    patientIdentifiers: listRecordIdentifiers(record),
    isReplaced: hasSuccessor(person, record.id),
    duplicateEnrolments: listDuplicateEnrolments(person),
  };
}

async function findContainers(
  tx: StoreTransaction,
  parts: Pick<PipelineDependencies, 'siteContext'>,
  key: ResourceKey,
  above: readonly string[],
): Promise<readonly Container[]> {
  const self = `${key.resourceType}/${key.id}`;
  const found: Container[] = [];
  for (const referrer of await tx.inbox.listReferrers(key.site, self)) {
    // Panels that list each other, or themselves, say nothing for each other.
    if (above.includes(`${referrer.resourceType}/${referrer.id}`)) continue;
    const version = await tx.inbox.getCurrent(referrer);
    if (!version?.body) continue;
    const content = { resource: parseJson(version.body) as Resource, fhirVersion: version.fhirVersion };
    found.push({ key: referrer, ...(await resolveContext(tx, parts, referrer, content, [...above, self])) });
  }
  return found.sort((a, b) => Number(isReport(a)) - Number(isReport(b)));
}

const isReport = (container: Container): boolean => container.key.resourceType === 'DiagnosticReport';

function inheritSubjects(alone: ResourceInContext, containers: readonly Container[]): ResourceInContext {
  const subjects = new Map(containers.flatMap((c) => c.subjects).map((s) => [formatSubjectKey(s), s]));
  return {
    ...alone,
    subjects: [...subjects.values()],
    isAmbiguous: containers.some((c) => c.isAmbiguous) || hasTwoInOneStudy([...subjects.values()]),
    patientIdentifiers: [...new Set(containers.flatMap((c) => c.patientIdentifiers))],
    inheritedFrom: containers.flatMap((c) => collectSources(c, 'subject')),
  };
}

const formatSubjectKey = ({ study, subject }: Subject): string => `${study}|${subject}`;

function hasSharedSubject(a: ResourceInContext, b: ResourceInContext): boolean {
  const names = new Set(a.subjects.map(formatSubjectKey));
  return b.subjects.some((subject) => names.has(formatSubjectKey(subject)));
}

/** The result with the time (or the one specimen) that the containers agree on; without one where they do not. */
function inheritTime(
  result: ResourceInContext,
  containers: readonly Container[],
  timeZone: string,
): ResourceInContext {
  const [nearest] = containers;
  if (!nearest) return result;
  if (hasEffectiveTime(result.resource)) return inheritElements(result, nearest, []);
  const dated = containers.filter((c) => hasEffectiveTime(c.resource));
  const [giver, ...others] =
    dated.length > 0 ? dated : containers.filter((c) => selectSoleSpecimen(c.resource));
  if (!giver) return inheritElements(result, nearest, []);
  if (others.some((other) => !isSameCollection(giver.resource, other.resource, timeZone))) return result;
  const element = findEffectiveElement(giver.resource) ?? 'specimen';
  return inheritElements(result, giver, collectSources(giver, element));
}

function inheritElements(
  result: ResourceInContext,
  container: Container,
  sources: readonly Source[],
): ResourceInContext {
  // Nothing but a withdrawal is taken from a container whose time is not needed.
  const whole = sources.length > 0 || isRetracted(container.resource);
  const resource = whole ? inheritFromContainer(result.resource, container.resource) : result.resource;
  return {
    ...result,
    resource,
    inheritedFrom: removeDuplicateSources([...result.inheritedFrom, ...sources]),
  };
}

const findEffectiveElement = (resource: Resource): string | undefined =>
  Object.keys(resource).find((key) => key.startsWith('effective'));

/** Whether two containers can mean the same collection: days that overlap, or the same specimen. */
function isSameCollection(a: Resource, b: Resource, timeZone: string): boolean {
  const [x, y] = [a, b].map((r) => parseMoment(r[findEffectiveElement(r) ?? ''], timeZone));
  if (x && y) return x.earliestDay <= y.latestDay && y.earliestDay <= x.latestDay;
  return JSON.stringify(selectSoleSpecimen(a)) === JSON.stringify(selectSoleSpecimen(b));
}

/** The container's element as a source; what the container itself was given comes with it. */
function collectSources(
  { key, resource, inheritedFrom: givenBy }: Container,
  element: string,
): readonly Source[] {
  const { meta } = resource;
  const version = isObject(meta) && typeof meta.versionId === 'string' ? meta.versionId : null;
  const own = { ...key, version, element: `${key.resourceType}.${element}` };
  return removeDuplicateSources([own, ...givenBy]);
}

function removeDuplicateSources(sources: readonly Source[]): readonly Source[] {
  const placed = sources.map((s) => [`${s.resourceType}/${s.id}`, s] as const);
  return [...new Map(placed.reverse()).values()].reverse();
}
