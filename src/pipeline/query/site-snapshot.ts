import { toLocalDay } from '../../fhir/datetime.ts';
import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { compareVersions } from '../../intake/compare-versions.ts';
import { classifyResourceType, readPatientRecord } from '../../intake/patient-identifiers.ts';
import { parseEnrolment } from '../../intake/research-subject.ts';
import { isVersionMarker, toVersionStamp } from '../../intake/resource-identity.ts';
import type { ResourceKey, ResourceVersion } from '../../store/inbox-store.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { IdentifierLink } from '../../store/subject-store.ts';
import type { Fact, Subject } from '../../trial/facts.ts';
import { resolveContext } from '../facts/inherit-from-report.ts';
import { listIndexedReferences } from '../facts/references.ts';
import { mapForSubjects } from '../facts/store-facts.ts';
import { deriveIdentifierLinks, type EnrolmentIdentifier, matchPersons } from '../identity/match-patients.ts';
import type { SiteTransaction } from '../site-transaction.ts';

/** The state of a site at the end of a day: its subjects, and the facts of its resources. */
export interface SiteSnapshot {
  /** Returns the subject with the status that had been received by then. */
  resolveSubject(current: Subject): Subject;
  listFacts(subject: Subject): readonly Fact[];
}

const DAY_MS = 86_400_000;
const formatResourceReference = (key: ResourceKey): string => `${key.resourceType}/${key.id}`;
const formatSubjectKey = ({ study, subject }: Pick<Subject, 'study' | 'subject'>): string =>
  `${study}|${subject}`;

type InboxSnapshot = ReadonlyMap<
  string,
  { readonly key: ResourceKey; readonly version: ResourceVersion; readonly resource: Resource }
>;

/** Replays the site's history to the end of its calendar day; returns the versions current at that time, by `Type/id`. */
async function reconstructInbox(tx: SiteTransaction, day: string): Promise<InboxSnapshot> {
  const { site, timeZone } = tx;
  // No time zone differs from UTC by more than a day.
  const end = new Date(Date.parse(`${day}T00:00:00Z`) + 2 * DAY_MS).toISOString();
  const currentVersions = new Map<string, ResourceVersion>();
  const hasNoEffect = createRepeatFilter();
  for (const version of await tx.inbox.listReceivedBefore(site, end)) {
    if (toLocalDay(Date.parse(version.receivedAt), timeZone) > day) continue;
    if (isVersionMarker(version)) continue;
    const reference = formatResourceReference(version);
    const known = currentVersions.get(reference);
    if (hasNoEffect(reference, version)) continue;
    if (!known || isSupersededBy(known, version)) currentVersions.set(reference, version);
  }
  const present = [...currentVersions].flatMap(([reference, version]) => {
    if (version.body === null) return [];
    const { resourceType, id } = version;
    const resource = parseJson(version.body) as Resource;
    return [[reference, { key: { site, resourceType, id }, version, resource }] as const];
  });
  return new Map(present);
}

/**
 * Creates a filter of versions that take no effect (see receive/known-versions.ts): one that was received before, another content
 * of its number, and one that is older than any received before. It is asked in order of arrival.
 */
function createRepeatFilter(): (reference: string, version: ResourceVersion) => boolean {
  const seen = new Set<string>();
  const received = new Map<string, readonly ResourceVersion[]>();
  return (reference, version) => {
    const { senderVersion, senderUpdated, digest, body } = version;
    if (body === null) return false;
    const name = JSON.stringify([reference, senderVersion ?? [senderUpdated, digest]]);
    const others = received.get(reference) ?? [];
    if ((digest !== null && seen.has(name)) || isOlderThanAny(version, others)) return true;
    seen.add(name);
    received.set(reference, [...others, version]);
    return false;
  };
}

/** Whether the sender numbers or dates one of the versions later, whatever came in between. */
const isOlderThanAny = (version: ResourceVersion, others: readonly ResourceVersion[]): boolean =>
  others.some((other) => compareVersions(toVersionStamp(other), toVersionStamp(version)) === 'older');

/** Whether a version supersedes the known one, as in receive/apply-version.ts: a deletion always does. */
function isSupersededBy(known: ResourceVersion, version: ResourceVersion): boolean {
  return version.body === null || compareVersions(toVersionStamp(known), toVersionStamp(version)) === 'new';
}

/** Creates a transaction that reads resources and identifiers as of that day, and everything else as of now. */
async function createSnapshotTransaction(
  tx: SiteTransaction,
  present: InboxSnapshot,
  resolveStatus: StatusResolver,
): Promise<SiteTransaction> {
  const { site, ehrBase } = tx;
  const referrers = new Map<string, ResourceKey[]>();
  for (const { key, resource } of present.values()) {
    for (const target of new Set(listIndexedReferences(resource, ehrBase))) {
      referrers.set(target, [...(referrers.get(target) ?? []), key]);
    }
  }
  const inbox: StoreTransaction['inbox'] = {
    ...tx.inbox,
    getCurrent: async (key) => present.get(formatResourceReference(key))?.version,
    listReferrers: async (_site, reference, { resourceType, limit } = {}) =>
      (referrers.get(reference) ?? [])
        .filter((key) => resourceType === undefined || key.resourceType === resourceType)
        .toSorted((a, b) => (formatResourceReference(a) < formatResourceReference(b) ? -1 : 1))
        .slice(0, limit),
  };
  const enrolments: EnrolmentIdentifier[] = [];
  for (const enrolment of await tx.subjects.listEnrolmentIdentifiers(site)) {
    const subject = await tx.subjects.get(enrolment.study, enrolment.subject);
    if (subject) enrolments.push({ identifier: enrolment.identifier, subject: resolveStatus(subject) });
  }
  const records = [...present.values()]
    .filter(({ key }) => key.resourceType === 'Patient')
    .map(({ resource }) => readPatientRecord(resource, ehrBase));
  const identifiers = records.flatMap((record) => record.identifiers);
  const contested = await tx.subjects.listContestedIdentifiers(site, identifiers);
  const sealedContests = contested.filter(({ isSealed }) => isSealed).map(({ identifier }) => identifier);
  const { persons } = matchPersons(records, enrolments, sealedContests);
  const subjects = createSnapshotSubjects(tx, deriveIdentifierLinks(persons, enrolments), enrolments);
  return { ...tx, inbox, subjects };
}

/** Creates a subject store that answers by these identifier links. */
function createSnapshotSubjects(
  tx: StoreTransaction,
  links: readonly IdentifierLink[],
  enrolments: readonly EnrolmentIdentifier[],
): StoreTransaction['subjects'] {
  const known = new Map(enrolments.map(({ subject }) => [formatSubjectKey(subject), subject]));
  const currentByIdentifier = Map.groupBy(
    links.filter(({ isCurrent }) => isCurrent),
    ({ identifier }) => identifier,
  );
  const byIdentifier = Map.groupBy(links, ({ identifier }) => identifier);
  const bySubject = Map.groupBy(links, formatSubjectKey);
  return {
    ...tx.subjects,
    get: async (study, subject) => known.get(formatSubjectKey({ study, subject })),
    findByIdentifiers: async (_site, identifiers) => {
      const subjectKeys = identifiers.flatMap((identifier) => currentByIdentifier.get(identifier) ?? []);
      return [...new Set(subjectKeys.map(formatSubjectKey))].flatMap((key) => known.get(key) ?? []);
    },
    listIdentifierLinks: async (_site, identifiers) =>
      identifiers.toSorted().flatMap((identifier) => byIdentifier.get(identifier) ?? []),
    listPatientIdentifiers: async (study, subject) =>
      (bySubject.get(formatSubjectKey({ study, subject })) ?? []).map(({ identifier }) => identifier),
  };
}

interface FactStatement {
  readonly key: ResourceKey;
  readonly position: number;
  readonly fact: Fact;
}

/** Compares statements by the order of the store: day, key, resource, position. */
function compareStatements(a: FactStatement, b: FactStatement): number {
  const listSortKeys = ({ key, position, fact }: FactStatement) => [
    fact.at.earliestDay,
    fact.key,
    key.resourceType,
    key.id,
    String(position).padStart(9, '0'),
  ];
  const [keysA, keysB] = [listSortKeys(a), listSortKeys(b)];
  const first = keysA.findIndex((key, index) => key !== keysB[index]);
  return first < 0 ? 0 : (keysA[first] ?? '') < (keysB[first] ?? '') ? -1 : 1;
}

/** Selects an instant of the calendar day in the time zone: noon UTC, or midnight UTC where noon is on another day. */
function selectInstantOfDay(day: string, timeZone: string): Date {
  const instants = ['T12:00:00Z', 'T00:00:00Z'].map((time) => new Date(`${day}${time}`));
  return (
    instants.find((instant) => toLocalDay(instant.getTime(), timeZone) === day) ??
    new Date(`${day}T12:00:00Z`)
  );
}

/** Maps the resources of the snapshot by the mapping library in use; nothing is stored. */
async function mapSnapshotFacts(
  snapshot: SiteTransaction,
  present: InboxSnapshot,
): Promise<ReadonlyMap<string, readonly FactStatement[]>> {
  const bySubject = new Map<string, FactStatement[]>();
  for (const { key, version, resource } of present.values()) {
    if (classifyResourceType(key.resourceType) !== 'patient-data') continue;
    const context = await resolveContext(snapshot, key, { resource, fhirVersion: version.fhirVersion });
    if (context.isAmbiguous) continue;
    for (const { subject, mapped } of await mapForSubjects(snapshot, context)) {
      const statements = bySubject.get(formatSubjectKey(subject)) ?? [];
      statements.push(...mapped.facts.map((fact, position) => ({ key, position, fact })));
      bySubject.set(formatSubjectKey(subject), statements);
    }
  }
  return bySubject;
}

type StatusResolver = (current: Subject) => Subject;

/** Creates a resolver of statuses: that of the ResearchSubject received by then, or on-study without one. */
function createStatusResolver(present: InboxSnapshot, studies: readonly string[]): StatusResolver {
  const statuses = new Map<string, Subject['status']>();
  for (const { resource } of present.values()) {
    if (resource.resourceType !== 'ResearchSubject') continue;
    const parsed = parseEnrolment(resource, studies);
    if (parsed.kind === 'enrolment') statuses.set(formatSubjectKey(parsed), parsed.status);
  }
  return (current) => ({ ...current, status: statuses.get(formatSubjectKey(current)) ?? 'on-study' });
}

/**
 * Reconstructs the state of a site at the end of a calendar day there. Only versions and deletions received by then count,
 * so that a later correction does not change the data behind an earlier decision. The inbox is mapped again by the mapping
 * library in use. Enrolments and their patient identifiers are those of now; a status other than on-study counts if a
 * ResearchSubject with it had been received by then. For a subject who had withdrawn by then, the resources current on
 * that day count instead of the facts kept at the withdrawal: the two differ if a resource has moved to another subject.
 */
export async function reconstructSite(tx: SiteTransaction, day: string): Promise<SiteSnapshot> {
  const present = await reconstructInbox(tx, day);
  const resolveStatus = createStatusResolver(present, tx.studies);
  const atDay = { ...tx, now: selectInstantOfDay(day, tx.timeZone) };
  const snapshot = await createSnapshotTransaction(atDay, present, resolveStatus);
  const statements = await mapSnapshotFacts(snapshot, present);
  return {
    resolveSubject: resolveStatus,
    listFacts: (subject) =>
      [...(statements.get(formatSubjectKey(subject)) ?? [])].sort(compareStatements).map(({ fact }) => fact),
  };
}
