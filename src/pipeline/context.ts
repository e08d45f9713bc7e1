import { momentOf } from '../fhir/datetime.ts';
import { parseJson } from '../fhir/json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import type { FhirVersion } from '../fhir/version.ts';
import { namesOfRecord, patientNames, recordOf } from '../intake/patient.ts';
import { isTakenBack, oneSpecimen, saysWhen, standingAlone } from '../mapping/inherited.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { Source, Subject } from '../trial/facts.ts';
import { personOf } from './names.ts';
import type { PipelineParts } from './parts.ts';
import { enrolledTwice, hasSuccessor } from './persons.ts';
import { twoOfOneStudy, type Who, whoIs } from './who.ts';

/** A resource and the version that it is written in. */
export interface Content {
  readonly resource: Resource;
  readonly fhirVersion: FhirVersion;
}

/** A resource with what the reports and panels that list it say for it. */
export interface InContext {
  /** As it is mapped: what was sent, and what it lacks from its report. Never stored. */
  readonly resource: Resource;
  readonly fhirVersion: FhirVersion;
  readonly subjects: readonly Subject[];
  /** The names, or the reports that list it, leave open whose it is. */
  readonly unclear: boolean;
  /** A Patient whose place another one has taken, which is at hand: it states nothing of the person. */
  readonly replaced?: boolean;
  /** A merged Patient who is enrolled under several numbers of one study: which, as `study number`. */
  readonly enrolledTwice?: readonly string[];
  /** FHIRPath of the element that says whom it is about. */
  readonly who: string;
  readonly names: readonly string[];
  /** The report and panel elements that were used. */
  readonly givenBy: readonly Source[];
}

/** Whether the resource cannot stand alone: a result without its subject or without its time. */
export function needsContext(resource: Resource): boolean {
  return resource.resourceType === 'Observation' && (resource.subject === undefined || !saysWhen(resource));
}

/** A report or panel that lists the result, itself in context. */
interface Container extends InContext {
  readonly key: ResourceKey;
}

/**
 * The resource in the context of what lists it. Its own elements always win. A missing subject is that of the reports
 * and panels together (if they disagree it is unclear); a missing time comes from a panel before a
 * report, of the same subject, and only where no other of them says another day. A report that was entered in error gives
 * its status, unless another one still stands. Whatever comes first, the answer is the same.
 */
export async function inContext(
  tx: StoreTransaction,
  parts: Pick<PipelineParts, 'site'>,
  key: ResourceKey,
  { resource, fhirVersion }: Content,
  above: readonly string[] = [],
): Promise<InContext> {
  const { names, element: who } = patientNames(resource, parts.site(key.site).ehrBase);
  const meant =
    key.resourceType === 'Patient'
      ? await whoHimself(tx, parts, key, resource)
      : await whoIs(tx, key.site, names);
  const alone = { resource, fhirVersion, who, names, givenBy: [], ...meant };
  if (!needsContext(resource)) return alone;
  const containers = await containersOf(tx, parts, key, above);
  const standing = containers.filter((container) => !isTakenBack(container.resource));
  const useful = standing.length > 0 ? standing : containers;
  if (useful.length === 0) return alone;
  const named = names.length > 0 ? alone : withSubjects(alone, useful);
  return timed(
    named,
    useful.filter((container) => sharesSubject(container, named)),
    parts.site(key.site).timeZone,
  );
}

/** A Patient is whoever the person is whose record it is. */
async function whoHimself(
  tx: StoreTransaction,
  parts: Pick<PipelineParts, 'site'>,
  { site }: ResourceKey,
  resource: Resource,
): Promise<Who & Pick<InContext, 'names' | 'replaced' | 'enrolledTwice'>> {
  const record = recordOf(resource, parts.site(site).ehrBase);
  const person = await personOf(tx, parts, site, record);
  const { subjects, unclear } = person;
  return {
    subjects,
    unclear,
    names: namesOfRecord(record),
    replaced: hasSuccessor(person, record.id),
    enrolledTwice: enrolledTwice(person),
  };
}

async function containersOf(
  tx: StoreTransaction,
  parts: Pick<PipelineParts, 'site'>,
  key: ResourceKey,
  above: readonly string[],
): Promise<readonly Container[]> {
  const self = `${key.resourceType}/${key.id}`;
  const found: Container[] = [];
  for (const referrer of await tx.inbox.referrers(key.site, self)) {
    // Panels that list each other, or themselves, say nothing for each other.
    if (above.includes(`${referrer.resourceType}/${referrer.id}`)) continue;
    const version = await tx.inbox.current(referrer);
    if (!version?.body) continue;
    const content = { resource: parseJson(version.body) as Resource, fhirVersion: version.fhirVersion };
    found.push({ key: referrer, ...(await inContext(tx, parts, referrer, content, [...above, self])) });
  }
  return found.sort((a, b) => Number(isReport(a)) - Number(isReport(b)));
}

const isReport = (container: Container): boolean => container.key.resourceType === 'DiagnosticReport';

function withSubjects(alone: InContext, containers: readonly Container[]): InContext {
  const subjects = new Map(containers.flatMap((c) => c.subjects).map((s) => [nameOf(s), s]));
  return {
    ...alone,
    subjects: [...subjects.values()],
    unclear: containers.some((c) => c.unclear) || twoOfOneStudy([...subjects.values()]),
    names: [...new Set(containers.flatMap((c) => c.names))],
    givenBy: containers.flatMap((c) => sourcesIn(c, 'subject')),
  };
}

const nameOf = ({ study, subject }: Subject): string => `${study}|${subject}`;

function sharesSubject(a: InContext, b: InContext): boolean {
  const names = new Set(a.subjects.map(nameOf));
  return b.subjects.some((subject) => names.has(nameOf(subject)));
}

/** The result with the time (or the one specimen) that the containers agree on; without one where they do not. */
function timed(result: InContext, containers: readonly Container[], timeZone: string): InContext {
  const [nearest] = containers;
  if (!nearest) return result;
  if (saysWhen(result.resource)) return taken(result, nearest, []);
  const dated = containers.filter((c) => saysWhen(c.resource));
  const [giver, ...others] = dated.length > 0 ? dated : containers.filter((c) => oneSpecimen(c.resource));
  if (!giver) return taken(result, nearest, []);
  if (others.some((other) => !agree(giver.resource, other.resource, timeZone))) return result;
  const element = effectiveName(giver.resource) ?? 'specimen';
  return taken(result, giver, sourcesIn(giver, element));
}

function taken(result: InContext, container: Container, sources: readonly Source[]): InContext {
  // Nothing but a withdrawal is taken from a container whose time is not needed.
  const whole = sources.length > 0 || isTakenBack(container.resource);
  const resource = whole ? standingAlone(result.resource, container.resource) : result.resource;
  return { ...result, resource, givenBy: unique([...result.givenBy, ...sources]) };
}

const effectiveName = (resource: Resource): string | undefined =>
  Object.keys(resource).find((key) => key.startsWith('effective'));

/** Whether two containers can mean the same collection: days that overlap, or the same specimen. */
function agree(a: Resource, b: Resource, timeZone: string): boolean {
  const [x, y] = [a, b].map((r) => momentOf(r[effectiveName(r) ?? ''], timeZone));
  if (x && y) return x.earliestDay <= y.latestDay && y.earliestDay <= x.latestDay;
  return JSON.stringify(oneSpecimen(a)) === JSON.stringify(oneSpecimen(b));
}

/** The container's element as a source; what the container itself was given comes with it. */
function sourcesIn({ key, resource, givenBy }: Container, element: string): readonly Source[] {
  const { meta } = resource;
  const version = isObject(meta) && typeof meta.versionId === 'string' ? meta.versionId : null;
  const own = { ...key, version, element: `${key.resourceType}.${element}` };
  return unique([own, ...givenBy]);
}

function unique(sources: readonly Source[]): readonly Source[] {
  const placed = sources.map((s) => [`${s.resourceType}/${s.id}`, s] as const);
  return [...new Map(placed.reverse()).values()].reverse();
}
