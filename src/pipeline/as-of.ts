import { localDay } from '../fhir/datetime.ts';
import { parseJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import { enrolmentOf } from '../intake/enrolment.ts';
import { isNote, versionFactsOf } from '../intake/identity.ts';
import { recordOf, roleOf } from '../intake/patient.ts';
import { compareVersions } from '../intake/version.ts';
import type { InboxVersion, ResourceKey, StoreTransaction } from '../store/store.ts';
import type { NameMeaning } from '../store/subjects.ts';
import { mergeStatements } from '../trial/counts/statements.ts';
import type { Fact, Subject } from '../trial/facts.ts';
import { inContext } from './context.ts';
import type { PipelineParts } from './parts.ts';
import { type EnrolledName, meaningsOf, personsOf } from './persons.ts';
import { indexedReferences } from './references.ts';
import { mappedFor } from './state.ts';

/** A site's store as it was at the end of a day, for reading: its resources, its names, and the facts that they gave. */
export interface SiteAsOf {
  /** The subject with the status that the site had told by then. */
  subject(now: Subject): Subject;
  facts(subject: Subject): readonly Fact[];
}

const DAY = 86_400_000;
const textOf = (key: ResourceKey): string => `${key.resourceType}/${key.id}`;
const ownerOf = ({ study, subject }: Pick<Subject, 'study' | 'subject'>): string => `${study}|${subject}`;

type Present = ReadonlyMap<
  string,
  { readonly key: ResourceKey; readonly version: InboxVersion; readonly resource: Resource }
>;

/** Plays the site's history up to the end of its own calendar day: what was in force then, by `Type/id`. */
async function presentOn(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  day: string,
): Promise<Present> {
  const { timeZone } = parts.site(site);
  // No time zone is more than a day away from UTC.
  const before = new Date(Date.parse(`${day}T00:00:00Z`) + 2 * DAY).toISOString();
  const inForce = new Map<string, InboxVersion>();
  for (const version of await tx.inbox.receivedBefore(site, before)) {
    if (localDay(Date.parse(version.receivedAt), timeZone) > day) continue;
    if (isNote(version)) continue;
    const known = inForce.get(textOf(version));
    if (!known || takesItsPlace(known, version)) inForce.set(textOf(version), version);
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
function takesItsPlace(known: InboxVersion, version: InboxVersion): boolean {
  return version.body === null || compareVersions(versionFactsOf(known), versionFactsOf(version)) === 'new';
}

/** The store's answers about resources and names, taken from what was present; the rest is as it is now. */
async function asItWas(
  tx: StoreTransaction,
  site: string,
  ehrBase: string | null,
  present: Present,
  statusThen: StatusThen,
): Promise<StoreTransaction> {
  const referring = new Map<string, ResourceKey[]>();
  for (const { key, resource } of present.values()) {
    for (const target of new Set(indexedReferences(resource, ehrBase))) {
      referring.set(target, [...(referring.get(target) ?? []), key]);
    }
  }
  const inbox: StoreTransaction['inbox'] = {
    ...tx.inbox,
    current: async (key) => present.get(textOf(key))?.version,
    referrers: async (_site, reference) =>
      (referring.get(reference) ?? []).toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1)),
  };
  const enrolled: EnrolledName[] = [];
  for (const { name, ...owner } of await tx.subjects.enrolledNames(site)) {
    const subject = await tx.subjects.get(owner.study, owner.subject);
    if (subject) enrolled.push({ name, subject: statusThen(subject) });
  }
  const records = [...present.values()]
    .filter(({ key }) => key.resourceType === 'Patient')
    .map(({ resource }) => recordOf(resource, ehrBase));
  const subjects = namedAs(tx, meaningsOf(personsOf(records, enrolled), enrolled), enrolled);
  return { ...tx, inbox, subjects };
}

/** The store's answers about names where they mean this. */
function namedAs(
  tx: StoreTransaction,
  meanings: readonly NameMeaning[],
  enrolled: readonly EnrolledName[],
): StoreTransaction['subjects'] {
  const known = new Map(enrolled.map(({ subject }) => [ownerOf(subject), subject]));
  const byName = Map.groupBy(
    meanings.filter(({ isHis }) => isHis),
    ({ name }) => name,
  );
  const bySubject = Map.groupBy(meanings, ownerOf);
  return {
    ...tx.subjects,
    get: async (study, subject) => known.get(ownerOf({ study, subject })),
    byPatient: async (_site, wanted) => {
      const found = new Set(wanted.flatMap((name) => byName.get(name) ?? []).map(ownerOf));
      return [...found].flatMap((owner) => known.get(owner) ?? []);
    },
    patients: async (study, subject) =>
      (bySubject.get(ownerOf({ study, subject })) ?? []).map(({ name }) => name),
  };
}

interface Statement {
  readonly key: ResourceKey;
  readonly position: number;
  readonly fact: Fact;
}

/** In the order in which the store keeps statements: by day, key, resource, place. */
function inStoreOrder(a: Statement, b: Statement): number {
  const parts = ({ key, position, fact }: Statement) => [
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
function instantOn(day: string, timeZone: string): Date {
  const some = ['T12:00:00Z', 'T00:00:00Z'].map((time) => new Date(`${day}${time}`));
  return (
    some.find((instant) => localDay(instant.getTime(), timeZone) === day) ?? new Date(`${day}T12:00:00Z`)
  );
}

/** Maps what was present then by the mapping library as it is now; nothing is stored. */
async function statementsThen(
  then: StoreTransaction,
  parts: Pick<PipelineParts, 'site' | 'now'>,
  site: string,
  present: Present,
): Promise<ReadonlyMap<string, readonly Statement[]>> {
  const bySubject = new Map<string, Statement[]>();
  for (const { key, version, resource } of present.values()) {
    if (roleOf(key.resourceType) !== 'patient-data') continue;
    const context = await inContext(then, parts, key, { resource, fhirVersion: version.fhirVersion });
    if (context.unclear) continue;
    for (const { subject, mapped } of await mappedFor(then, parts, site, context)) {
      const known = bySubject.get(ownerOf(subject)) ?? [];
      known.push(...mapped.facts.map((fact, position) => ({ key, position, fact })));
      bySubject.set(ownerOf(subject), known);
    }
  }
  return bySubject;
}

type StatusThen = (now: Subject) => Subject;

/** The subject with the status that a ResearchSubject had told by then, or on-study. */
function statusesThen(present: Present, studies: readonly string[]): StatusThen {
  const statuses = new Map<string, Subject['status']>();
  for (const { resource } of present.values()) {
    if (resource.resourceType !== 'ResearchSubject') continue;
    const said = enrolmentOf(resource, studies);
    if (said.kind === 'enrolment') statuses.set(ownerOf(said), said.status);
  }
  return (now) => ({ ...now, status: statuses.get(ownerOf(now)) ?? 'on-study' });
}

/**
 * What the adapter knew of a site at the end of a calendar day there: only versions received by then count, deletions
 * included, so that a correction that came later does not rewrite what a decision saw. Mapped anew from the inbox by
 * today's mapping library. Who was enrolled under which name is taken as it is now; a status other than on-study counts
 * where a ResearchSubject had told it by then. Of who had withdrawn by then it is what was in force, and not what it was
 * frozen at, if it moved to somebody else meanwhile.
 */
export async function siteAsOf(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  day: string,
): Promise<SiteAsOf> {
  const present = await presentOn(tx, parts, site, day);
  const { timeZone, ehrBase } = parts.site(site);
  const statusThen = statusesThen(present, parts.studies);
  const then = await asItWas(tx, site, ehrBase, present, statusThen);
  const mapping = { site: parts.site, now: () => instantOn(day, timeZone) };
  const statements = await statementsThen(then, mapping, site, present);
  return {
    subject: statusThen,
    facts: (subject) =>
      mergeStatements(
        [...(statements.get(ownerOf(subject)) ?? [])].sort(inStoreOrder).map(({ fact }) => fact),
      ),
  };
}
