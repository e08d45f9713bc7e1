import { localDay } from '../fhir/datetime.ts';
import type { Disposition, Issue } from '../fhir/outcome.ts';
import type { Mapped, Warning, WorkNeed } from '../mapping/mapped.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { Subject } from '../trial/facts.ts';
import type { InContext } from './context.ts';
import type { PipelineParts } from './parts.ts';
import { withPlausibleDates } from './plausible-dates.ts';
import { supportingResources } from './references.ts';

/** What a resource states now: how it was disposed of, how many facts, and what to tell its sender. */
export interface Stated {
  readonly disposition: Extract<Disposition, 'mapped' | 'held' | 'ignored'>;
  readonly facts: number;
  readonly issues: readonly Issue[];
}

/**
 * Makes the resource state exactly what its current content says, for each of its subjects: its old facts and work
 * items go (but for the reasons `kept`), the new ones come, and every subject who gained or lost a fact is marked for
 * judgement.
 */
export async function state(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  context: InContext,
  kept: readonly string[] = [],
): Promise<Stated> {
  await retract(tx, key, kept);
  if (context.subjects.length === 0) return holdNobodys(tx, parts, key, context.who);
  if (context.unclear) return holdUnclear(tx, parts, key, context);
  const all: Stated[] = [];
  for (const { subject, mapped } of await mappedFor(tx, parts, key.site, context)) {
    await tx.facts.replace(key, subject.study, subject.subject, mapped.facts);
    if (mapped.facts.length > 0) await tx.subjects.markDirty(subject.study, subject.subject);
    all.push(await settle(tx, parts, key, mapped));
  }
  const first = all[0];
  if (!first) throw new Error('A resource was to be stated for nobody.');
  return first;
}

/** What the resource says of each of its subjects under the mappings in force; nothing is stored. */
export async function mappedFor(
  tx: StoreTransaction,
  parts: Pick<PipelineParts, 'site' | 'now'>,
  site: string,
  { resource, fhirVersion, subjects, givenBy, replaced }: InContext,
): Promise<readonly { readonly subject: Subject; readonly mapped: Mapped }[]> {
  if (replaced) return subjects.map((subject) => ({ subject, mapped: REPLACED }));
  const resolve = await supportingResources(tx, site, resource);
  const dialect = parts.site(site);
  const { timeZone } = dialect;
  const today = localDay(parts.now().getTime(), timeZone);
  return subjects.map((one) => {
    const { study, subject } = one;
    const context = { subject, site, study, timeZone, fhirVersion, givenBy, resolve };
    return { subject: one, mapped: withPlausibleDates(dialect.map(resource, context), today) };
  });
}

/** A merged Patient states nothing: the person is described by the record that has taken its place. */
const REPLACED: Mapped = {
  facts: [],
  work: [],
  ignored: {
    reason: 'replaced',
    element: 'Patient.link',
    detail: 'another Patient, which is at hand, has taken the place of this one.',
  },
};

/** Nobody whom it names, and no report that lists it, is enrolled any more: nobody's facts until one is. */
async function holdNobodys(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  element: string,
): Promise<Stated> {
  const issue = await hold(tx, parts, key, {
    reason: 'unknown-patient',
    element,
    group: 'stored results that mean nobody any more',
    detail: 'It names no enrolled patient any more, and no report of one lists it.',
    fix: 'Send it with the right subject, or the report that lists it.',
    waitsFor: 'DiagnosticReport.result',
  });
  return { disposition: 'held', facts: 0, issues: [issue] };
}

/** Nobody's facts until a person has said whose. */
async function holdUnclear(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  { subjects, who: element, enrolledTwice }: InContext,
): Promise<Stated> {
  const numbers = enrolledTwice ?? (await sharingPatient(tx, subjects));
  const need = numbers.length > 0 ? mergedNumbers(numbers.join(' and ')) : SHARED_NAME;
  const issue = await hold(tx, parts, key, {
    reason: 'ambiguous-patient',
    element,
    ...need,
    waitsFor: null,
  });
  return { disposition: 'held', facts: 0, issues: [issue] };
}

/** One name, two subjects. */
const SHARED_NAME = {
  group: 'a name that two subjects share',
  detail: 'It names two subjects of one study, or contradicts itself.',
  fix: 'Refer to the patient by a Patient/id or identifier that is his alone, and send again.',
};

/** Patients that were merged after both had been enrolled. */
const mergedNumbers = (both: string): Pick<WorkNeed, 'group' | 'detail' | 'fix'> => ({
  group: `one patient, enrolled twice: ${both}`,
  detail: `The patient is enrolled as ${both}, whose Patients were merged; nothing counts for either.`,
  fix: 'One person: end one of the enrolments (ResearchSubject.status off-study). Two: take the merge back (Patient.link).',
});

/** Those of the subjects, as `study number`, who have one `Patient/id`: no two people have. */
async function sharingPatient(
  tx: StoreTransaction,
  subjects: readonly Subject[],
): Promise<readonly string[]> {
  const owners = new Map<string, string[]>();
  for (const { study, subject } of subjects) {
    for (const name of await tx.subjects.patients(study, subject)) {
      const id = JSON.stringify([study, name]);
      if (name.startsWith('Patient/')) owners.set(id, [...(owners.get(id) ?? []), `${study} ${subject}`]);
    }
  }
  return [...owners.values()].find((all) => all.length > 1)?.toSorted() ?? [];
}

/**
 * Takes back what the resource stated; the subjects who lost facts are marked for judgement. Of who has withdrawn
 * nothing changes.
 */
export async function retract(
  tx: StoreTransaction,
  key: ResourceKey,
  kept: readonly string[] = [],
): Promise<void> {
  await takeBack(tx, key);
  await tx.work.release(key, kept);
}

/** As retract, and what the resource waits for stays. */
export async function takeBack(tx: StoreTransaction, key: ResourceKey): Promise<void> {
  for (const { study, subject } of await tx.facts.ownersOf(key)) {
    if ((await tx.subjects.get(study, subject))?.status === 'withdrawn') continue;
    await tx.facts.replace(key, study, subject, []);
    await tx.subjects.markDirty(study, subject);
  }
}

async function settle(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  mapped: Mapped,
): Promise<Stated> {
  const held: Issue[] = [];
  const rejected: Issue[] = [];
  for (const need of mapped.work) {
    if (await tx.work.isRejected(key.site, need.reason, need.group)) rejected.push(rejectedIssue(need));
    else held.push(await hold(tx, parts, key, need));
  }
  const facts = mapped.facts.length;
  const said = facts > 0 ? [factsIssue(facts, key.resourceType)] : [];
  const warned = (mapped.warnings ?? []).map(warningIssue);
  const disposition = held.length > 0 ? 'held' : facts > 0 ? 'mapped' : 'ignored';
  return { disposition, facts, issues: [...held, ...said, ...warned, ...rejected, ...ignoredIssue(mapped)] };
}

/** Opens the work item (or joins the open one) and says so to the sender. */
export async function hold(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  need: WorkNeed,
): Promise<Issue> {
  const { reason, element, detail, fix } = need;
  const id = await tx.work.hold({ ...need, site: key.site }, key, parts.now().toISOString());
  return {
    severity: 'warning',
    code: 'business-rule',
    detail: reason,
    expression: element,
    diagnostics: `Held as work item ${id}: ${detail} Fix: ${fix}`,
  };
}

function factsIssue(facts: number, resourceType: string): Issue {
  return {
    severity: 'information',
    code: 'informational',
    detail: 'mapped',
    expression: resourceType,
    diagnostics: `Mapped: ${facts} fact${facts === 1 ? '' : 's'}.`,
  };
}

function warningIssue({ reason, element, detail, fix }: Warning): Issue {
  return {
    severity: 'warning',
    code: 'business-rule',
    detail: reason,
    expression: element,
    diagnostics: `${detail} ${fix}`,
  };
}

function rejectedIssue(need: WorkNeed): Issue {
  return {
    severity: 'information',
    code: 'informational',
    detail: 'ignored',
    expression: need.element,
    diagnostics: `Ignored: a person has decided that ${need.group} is not needed.`,
  };
}

function ignoredIssue(mapped: Mapped): readonly Issue[] {
  if (!mapped.ignored) return [];
  const { reason, element, detail } = mapped.ignored;
  return [
    {
      severity: 'information',
      code: 'informational',
      detail: reason,
      expression: element,
      diagnostics: `Ignored: ${detail}`,
    },
  ];
}
