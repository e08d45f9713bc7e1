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

/** A site's store as it was at the end of a day, for reading: its resources, its names, and the facts that they gave. */
export interface SiteSnapshot {
  /** The subject with the status that the site had told by then. */
  subjectAsOf(now: Subject): Subject;
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

/** Plays the site's history up to the end of its own calendar day: what was in force then, by `Type/id`. */
async function reconstructInbox(tx: SiteTransaction, day: string): Promise<InboxSnapshot> {
  const { site, timeZone } = tx;
  // No time zone is more than a day away from UTC.
  const before = new Date(Date.parse(`${day}T00:00:00Z`) + 2 * DAY_MS).toISOString();
  const inForce = new Map<string, ResourceVersion>();
  for (const version of await tx.inbox.listReceivedBefore(site, before)) {
    if (toLocalDay(Date.parse(version.receivedAt), timeZone) > day) continue;
    if (isVersionMarker(version)) continue;
    const known = inForce.get(formatResourceReference(version));
    if (!known || isSupersededBy(known, version)) inForce.set(formatResourceReference(version), version);
  }
  const present = [...inForce].flatMap(([text, version]) => {
    if (version.body === null) return [];
    const { resourceType, id } = version;
    const resource = parseJson(version.body) as Resource;
    return [[text, { key: { site, resourceType, id }, version, resource }] as const];
  });
  return new Map(present);
}

/** The rule of arrival once more: a deletion always, else the sender's order. */
function isSupersededBy(known: ResourceVersion, version: ResourceVersion): boolean {
  return version.body === null || compareVersions(toVersionStamp(known), toVersionStamp(version)) === 'new';
}

/** The store's answers about resources and names, taken from what was present; the rest is as it is now. */
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
  const enrolled: EnrolmentIdentifier[] = [];
  for (const { name, ...owner } of await tx.subjects.listEnrolmentIdentifiers(site)) {
    const subject = await tx.subjects.get(owner.study, owner.subject);
    if (subject) enrolled.push({ identifier: name, subject: statusThen(subject) });
  }
  const records = [...present.values()]
    .filter(({ key }) => key.resourceType === 'Patient')
    .map(({ resource }) => readPatientRecord(resource, ehrBase));
  const subjects = createSnapshotSubjects(
    tx,
    deriveIdentifierLinks(matchPersons(records, enrolled), enrolled),
    enrolled,
  );
  return { ...tx, inbox, subjects };
}

/** The store's answers about names where they mean this. */
function createSnapshotSubjects(
  tx: StoreTransaction,
  meanings: readonly IdentifierLink[],
  enrolled: readonly EnrolmentIdentifier[],
): StoreTransaction['subjects'] {
  const known = new Map(enrolled.map(({ subject }) => [formatSubjectKey(subject), subject]));
  const byName = Map.groupBy(
    meanings.filter(({ isHis }) => isHis),
    ({ name }) => name,
  );
  const allByName = Map.groupBy(meanings, ({ name }) => name);
  const bySubject = Map.groupBy(meanings, formatSubjectKey);
  return {
    ...tx.subjects,
    get: async (study, subject) => known.get(formatSubjectKey({ study, subject })),
    findByIdentifiers: async (_site, wanted) => {
      const found = new Set(wanted.flatMap((name) => byName.get(name) ?? []).map(formatSubjectKey));
      return [...found].flatMap((owner) => known.get(owner) ?? []);
    },
    meanings: async (_site, wanted) => wanted.toSorted().flatMap((name) => allByName.get(name) ?? []),
    patients: async (study, subject) =>
      (bySubject.get(formatSubjectKey({ study, subject })) ?? []).map(({ name }) => name),
  };
}

interface FactStatement {
  readonly key: ResourceKey;
  readonly position: number;
  readonly fact: Fact;
}

/** In the order in which the store keeps statements: by day, key, resource, place. */
function compareStatements(a: FactStatement, b: FactStatement): number {
  const parts = ({ key, position, fact }: FactStatement) => [
    fact.at.earliestDay,
    fact.key,
    key.resourceType,
    key.id,
    String(position).padStart(9, '0'),
  ];
  const [x, y] = [parts(a), parts(b)];
  const at = x.findIndex((part, i) => part !== y[i]);
  return at < 0 ? 0 : (x[at] ?? '') < (y[at] ?? '') ? -1 : 1;
}

/** Some instant of the calendar day there. */
function selectInstantOfDay(day: string, timeZone: string): Date {
  const some = ['T12:00:00Z', 'T00:00:00Z'].map((time) => new Date(`${day}${time}`));
  return (
    some.find((instant) => toLocalDay(instant.getTime(), timeZone) === day) ?? new Date(`${day}T12:00:00Z`)
  );
}

/** Maps what was present then by the mapping library as it is now; nothing is stored. */
async function mapSnapshotFacts(
  then: SiteTransaction,
  present: InboxSnapshot,
): Promise<ReadonlyMap<string, readonly FactStatement[]>> {
  const bySubject = new Map<string, FactStatement[]>();
  for (const { key, version, resource } of present.values()) {
    if (classifyResourceType(key.resourceType) !== 'patient-data') continue;
    const context = await resolveContext(then, key, { resource, fhirVersion: version.fhirVersion });
    if (context.isAmbiguous) continue;
    for (const { subject, mapped } of await mapForSubjects(then, context)) {
      const known = bySubject.get(formatSubjectKey(subject)) ?? [];
      known.push(...mapped.facts.map((fact, position) => ({ key, position, fact })));
      bySubject.set(formatSubjectKey(subject), known);
    }
  }
  return bySubject;
}

type StatusResolver = (now: Subject) => Subject;

/** The subject with the status that a ResearchSubject had told by then, or on-study. */
function createStatusResolver(present: InboxSnapshot, studies: readonly string[]): StatusResolver {
  const statuses = new Map<string, Subject['status']>();
  for (const { resource } of present.values()) {
    if (resource.resourceType !== 'ResearchSubject') continue;
    const said = parseEnrolment(resource, studies);
    if (said.kind === 'enrolment') statuses.set(formatSubjectKey(said), said.status);
  }
  return (now) => ({ ...now, status: statuses.get(formatSubjectKey(now)) ?? 'on-study' });
}

/**
 * What the adapter knew of a site at the end of a calendar day there: only versions received by then count, deletions
 * included, so that a correction that came later does not rewrite what a decision saw. Mapped anew from the inbox by
 * today's mapping library. Who was enrolled under which name is taken as it is now; a status other than on-study counts
 * where a ResearchSubject had told it by then. Of who had withdrawn by then it is what was in force, and not what it was
 * frozen at, if it moved to somebody else meanwhile.
 */
export async function reconstructSite(tx: SiteTransaction, day: string): Promise<SiteSnapshot> {
  const present = await reconstructInbox(tx, day);
  const statusThen = createStatusResolver(present, tx.studies);
  const atDay = { ...tx, now: selectInstantOfDay(day, tx.timeZone) };
  const then = await createSnapshotTransaction(atDay, present, statusThen);
  const statements = await mapSnapshotFacts(then, present);
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
