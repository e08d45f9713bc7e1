import { toLocalDay } from '../../fhir/datetime.ts';
import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { compareVersions } from '../../intake/compare-versions.ts';
import { classifyResourceType, readPatientRecord } from '../../intake/patient-identifiers.ts';
import { parseEnrolment } from '../../intake/research-subject.ts';
import { isVersionMarker, toVersionStamp } from '../../intake/resource-identity.ts';
import type { ResourceKey, ResourceVersion, StoreTransaction } from '../../store/store.ts';
import type { IdentifierLink } from '../../store/subject-store.ts';
import { mergeStatements } from '../../trial/counts/merge-statements.ts';
import type { Fact, Subject } from '../../trial/facts.ts';
import { resolveContext } from '../facts/inherit-from-report.ts';
import { listIndexedReferences } from '../facts/references.ts';
import { mapForSubjects } from '../facts/store-facts.ts';
import { deriveIdentifierLinks, type EnrolmentIdentifier, matchPersons } from '../identity/match-patients.ts';
import type { SiteTransaction } from '../site-transaction.ts';

/** The state of a site at the end of a day, for reading: resources, patient identifiers and the facts from them. */
export interface SiteSnapshot {
  /** The subject with the status that had been received by then. */
  subjectAsOf(current: Subject): Subject;
  factsFor(subject: Subject): readonly Fact[];
}

const DAY_MS = 86_400_000;
const formatResourceReference = (key: ResourceKey): string => `${key.resourceType}/${key.id}`;
const formatSubjectKey = ({ study, subject }: Pick<Subject, 'study' | 'subject'>): string =>
  `${study}|${subject}`;

type InboxSnapshot = ReadonlyMap<
  string,
  { readonly key: ResourceKey; readonly version: ResourceVersion; readonly resource: Resource }
>;

/** Replays the site's history to the end of its own calendar day: the current versions of that time, by `Type/id`. */
async function reconstructInbox(tx: SiteTransaction, day: string): Promise<InboxSnapshot> {
  const { site, timeZone } = tx;
  // No time zone is more than a day away from UTC.
  const end = new Date(Date.parse(`${day}T00:00:00Z`) + 2 * DAY_MS).toISOString();
  const currentVersions = new Map<string, ResourceVersion>();
  for (const version of await tx.inbox.listReceivedBefore(site, end)) {
    if (toLocalDay(Date.parse(version.receivedAt), timeZone) > day) continue;
    if (isVersionMarker(version)) continue;
    const reference = formatResourceReference(version);
    const known = currentVersions.get(reference);
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

/** As in receive/apply-version.ts: a deletion always supersedes, other versions by the sender's order. */
function isSupersededBy(known: ResourceVersion, version: ResourceVersion): boolean {
  return version.body === null || compareVersions(toVersionStamp(known), toVersionStamp(version)) === 'new';
}

/** A transaction that reads resources and identifiers as they were present; everything else is read as it is now. */
async function createSnapshotTransaction(
  tx: SiteTransaction,
  present: InboxSnapshot,
  statusThen: StatusResolver,
): Promise<SiteTransaction> {
  const { site, ehrBase } = tx;
  const referring = new Map<string, ResourceKey[]>();
  for (const { key, resource } of present.values()) {
    for (const target of new Set(listIndexedReferences(resource, ehrBase))) {
      referring.set(target, [...(referring.get(target) ?? []), key]);
    }
  }
  const inbox: StoreTransaction['inbox'] = {
    ...tx.inbox,
    getCurrent: async (key) => present.get(formatResourceReference(key))?.version,
    listReferrers: async (_site, reference) =>
      (referring.get(reference) ?? []).toSorted((a, b) =>
        formatResourceReference(a) < formatResourceReference(b) ? -1 : 1,
      ),
  };
  const enrolments: EnrolmentIdentifier[] = [];
  for (const { name, ...owner } of await tx.subjects.listEnrolmentIdentifiers(site)) {
    const subject = await tx.subjects.get(owner.study, owner.subject);
    if (subject) enrolments.push({ identifier: name, subject: statusThen(subject) });
  }
  const records = [...present.values()]
    .filter(({ key }) => key.resourceType === 'Patient')
    .map(({ resource }) => readPatientRecord(resource, ehrBase));
  const subjects = createSnapshotSubjects(
    tx,
    deriveIdentifierLinks(matchPersons(records, enrolments), enrolments),
    enrolments,
  );
  return { ...tx, inbox, subjects };
}

/** The store's answers about subjects under these identifier links. */
function createSnapshotSubjects(
  tx: StoreTransaction,
  links: readonly IdentifierLink[],
  enrolments: readonly EnrolmentIdentifier[],
): StoreTransaction['subjects'] {
  const known = new Map(enrolments.map(({ subject }) => [formatSubjectKey(subject), subject]));
  const byIdentifier = Map.groupBy(
    links.filter(({ isCurrent }) => isCurrent),
    ({ identifier }) => identifier,
  );
  const allByIdentifier = Map.groupBy(links, ({ identifier }) => identifier);
  const bySubject = Map.groupBy(links, formatSubjectKey);
  return {
    ...tx.subjects,
    get: async (study, subject) => known.get(formatSubjectKey({ study, subject })),
    findByIdentifiers: async (_site, identifiers) => {
      const subjectKeys = identifiers.flatMap((identifier) => byIdentifier.get(identifier) ?? []);
      return [...new Set(subjectKeys.map(formatSubjectKey))].flatMap((key) => known.get(key) ?? []);
    },
    meanings: async (_site, identifiers) =>
      identifiers.toSorted().flatMap((identifier) => allByIdentifier.get(identifier) ?? []),
    patients: async (study, subject) =>
      (bySubject.get(formatSubjectKey({ study, subject })) ?? []).map(({ identifier }) => identifier),
  };
}

interface FactStatement {
  readonly key: ResourceKey;
  readonly position: number;
  readonly fact: Fact;
}

/** The order of statements in the store: by day, key, resource, position. */
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

/** Returns an instant of the calendar day in the time zone. */
function selectInstantOfDay(day: string, timeZone: string): Date {
  const instants = ['T12:00:00Z', 'T00:00:00Z'].map((time) => new Date(`${day}${time}`));
  return (
    instants.find((instant) => toLocalDay(instant.getTime(), timeZone) === day) ??
    new Date(`${day}T12:00:00Z`)
  );
}

/** Maps the resources present then by the current mapping library; nothing is stored. */
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

/** Gives a subject the status of the ResearchSubject that had been received by then, or on-study without one. */
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
 * so that a later correction does not change the data behind an earlier decision. The inbox is mapped again by the
 * current mapping library. Enrolments and their patient identifiers are taken as they are now; a status other than
 * on-study counts if a ResearchSubject with it had been received by then. For a subject who had withdrawn by then, the
 * resources in force that day count, not the facts kept at the withdrawal, if a resource has moved to another subject.
 */
export async function reconstructSite(tx: SiteTransaction, day: string): Promise<SiteSnapshot> {
  const present = await reconstructInbox(tx, day);
  const statusThen = createStatusResolver(present, tx.studies);
  const atDay = { ...tx, now: selectInstantOfDay(day, tx.timeZone) };
  const snapshot = await createSnapshotTransaction(atDay, present, statusThen);
  const statements = await mapSnapshotFacts(snapshot, present);
  return {
    subjectAsOf: statusThen,
    factsFor: (subject) =>
      mergeStatements(
        [...(statements.get(formatSubjectKey(subject)) ?? [])]
          .sort(compareStatements)
          .map(({ fact }) => fact),
      ),
  };
}
