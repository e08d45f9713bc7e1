import { toLocalDay } from '../../fhir/datetime.ts';
import type { Disposition, OutcomeIssue } from '../../fhir/operation-outcome.ts';
import { toOutcomeCode } from '../../fhir/outcome-codes.ts';
import type { MappingResult, MappingWarning, WorkNeed } from '../../mapping/mapping-result.ts';
import type { ResourceKey, StoreTransaction } from '../../store/store.ts';
import type { Subject } from '../../trial/facts.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { holdImplausibleDates } from './implausible-dates.ts';
import type { ResourceInContext } from './inherit-from-report.ts';
import { loadSupportingResources } from './references.ts';

/** What a resource states now: how it was disposed of, how many facts, and what to tell its sender. */
export interface FactsOutcome {
  readonly disposition: Extract<Disposition, 'mapped' | 'held' | 'ignored'>;
  readonly facts: number;
  readonly issues: readonly OutcomeIssue[];
}

/**
 * Makes the resource state exactly what its current content says, for each of its subjects: its old facts and work
 * items go (but for the reasons `kept`), the new ones come, and every subject who gained or lost a fact is marked for
 * judgement.
 */
export async function storeFacts(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  context: ResourceInContext,
  kept: readonly string[] = [],
): Promise<FactsOutcome> {
  await retractFactsAndWork(tx, key, kept);
  if (context.subjects.length === 0) return holdWithoutSubject(tx, parts, key, context.patientElement);
  if (context.isAmbiguous) return holdAmbiguous(tx, parts, key, context);
  const all: FactsOutcome[] = [];
  for (const { subject, mapped } of await mapForSubjects(tx, parts, key.site, context)) {
    await tx.facts.replaceForResource(key, subject.study, subject.subject, mapped.facts);
    if (mapped.facts.length > 0) await tx.subjects.markForAssessment(subject.study, subject.subject);
    all.push(await recordMappingOutcome(tx, parts, key, mapped));
  }
  const first = all[0];
  if (!first) throw new Error('A resource was to be stated for nobody.');
  return first;
}

/** What the resource says of each of its subjects under the mappings in force; nothing is stored. */
export async function mapForSubjects(
  tx: StoreTransaction,
  parts: Pick<PipelineDependencies, 'siteContext' | 'now'>,
  site: string,
  { resource, fhirVersion, subjects, inheritedFrom: givenBy, isReplaced: replaced }: ResourceInContext,
): Promise<readonly { readonly subject: Subject; readonly mapped: MappingResult }[]> {
  if (replaced) return subjects.map((subject) => ({ subject, mapped: REPLACED_PATIENT }));
  const resolve = await loadSupportingResources(tx, site, resource);
  const dialect = parts.siteContext(site);
  const { timeZone } = dialect;
  const today = toLocalDay(parts.now().getTime(), timeZone);
  return subjects.map((one) => {
    const { study, subject } = one;
    const context = { subject, site, study, timeZone, fhirVersion, inheritedFrom: givenBy, resolve };
    return { subject: one, mapped: holdImplausibleDates(dialect.map(resource, context), today) };
  });
}

/** A merged Patient states nothing: the person is described by the record that has taken its place. */
const REPLACED_PATIENT: MappingResult = {
  facts: [],
  work: [],
  ignored: {
    reason: 'replaced',
    element: 'Patient.link',
    detail: 'another Patient, which is at hand, has taken the place of this one.',
  },
};

/** Nobody whom it names, and no report that lists it, is enrolled any more: nobody's facts until one is. */
async function holdWithoutSubject(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  element: string,
): Promise<FactsOutcome> {
  const issue = await holdAsWorkItem(tx, parts, key, {
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
async function holdAmbiguous(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  { subjects, patientElement: element, duplicateEnrolments: enrolledTwice }: ResourceInContext,
): Promise<FactsOutcome> {
  const numbers = enrolledTwice ?? (await findSubjectsSharingPatient(tx, subjects));
  const need = numbers.length > 0 ? buildMergedEnrolmentNeed(numbers.join(' and ')) : SHARED_IDENTIFIER;
  const issue = await holdAsWorkItem(tx, parts, key, {
    reason: 'ambiguous-patient',
    element,
    ...need,
    waitsFor: null,
  });
  return { disposition: 'held', facts: 0, issues: [issue] };
}

/** One name, two subjects. */
const SHARED_IDENTIFIER = {
  group: 'a name that two subjects share',
  detail: 'It names two subjects of one study, or contradicts itself.',
  fix: 'Refer to the patient by a Patient/id or identifier that is his alone, and send again.',
};

/** Patients that were merged after both had been enrolled. */
const buildMergedEnrolmentNeed = (both: string): Pick<WorkNeed, 'group' | 'detail' | 'fix'> => ({
  group: `one patient, enrolled twice: ${both}`,
  detail: `The patient is enrolled as ${both}, whose Patients were merged; nothing counts for either.`,
  fix: 'One person: end one of the enrolments (ResearchSubject.status off-study). Two: take the merge back (Patient.link).',
});

/** Those of the subjects, as `study number`, who have one `Patient/id`: no two people have. */
async function findSubjectsSharingPatient(
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
export async function retractFactsAndWork(
  tx: StoreTransaction,
  key: ResourceKey,
  kept: readonly string[] = [],
): Promise<void> {
  await retractFacts(tx, key);
  await tx.workItems.release(key, kept);
}

/** As retract, and what the resource waits for stays. */
export async function retractFacts(tx: StoreTransaction, key: ResourceKey): Promise<void> {
  for (const { study, subject } of await tx.facts.listSubjects(key)) {
    if ((await tx.subjects.get(study, subject))?.status === 'withdrawn') continue;
    await tx.facts.replaceForResource(key, study, subject, []);
    await tx.subjects.markForAssessment(study, subject);
  }
}

async function recordMappingOutcome(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  mapped: MappingResult,
): Promise<FactsOutcome> {
  const held: OutcomeIssue[] = [];
  const rejected: OutcomeIssue[] = [];
  for (const need of mapped.work) {
    if (await tx.workItems.isRejected(key.site, need.reason, need.group))
      rejected.push(buildRejectedIssue(need));
    else held.push(await holdAsWorkItem(tx, parts, key, need));
  }
  const facts = mapped.facts.length;
  const said = facts > 0 ? [buildFactsIssue(facts, key.resourceType)] : [];
  const warned = (mapped.warnings ?? []).map(buildWarningIssue);
  const disposition = held.length > 0 ? 'held' : facts > 0 ? 'mapped' : 'ignored';
  return {
    disposition,
    facts,
    issues: [...held, ...said, ...warned, ...rejected, ...buildIgnoredIssues(mapped)],
  };
}

/** Opens the work item, or adds the resource to the open one, and returns what the sender is told about it. */
export async function holdAsWorkItem(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  need: WorkNeed,
): Promise<OutcomeIssue> {
  const { reason, element, detail, fix } = need;
  const id = await tx.workItems.hold({ ...need, site: key.site }, key, parts.now().toISOString());
  return {
    severity: 'warning',
    code: 'business-rule',
    detail: reason,
    expression: element,
    diagnostics: `${detail} Fix: ${fix}`,
    workItem: id,
  };
}

function buildFactsIssue(facts: number, resourceType: string): OutcomeIssue {
  return {
    severity: 'information',
    code: 'informational',
    detail: 'mapped',
    expression: resourceType,
    diagnostics: `Mapped: ${facts} fact${facts === 1 ? '' : 's'}.`,
  };
}

function buildWarningIssue({ reason, element, detail, fix }: MappingWarning): OutcomeIssue {
  return {
    severity: 'warning',
    code: 'business-rule',
    detail: toOutcomeCode(reason),
    expression: element,
    diagnostics: `${detail} ${fix}`,
  };
}

function buildRejectedIssue(need: WorkNeed): OutcomeIssue {
  return {
    severity: 'information',
    code: 'informational',
    detail: 'ignored',
    expression: need.element,
    diagnostics: `Ignored: a person has decided that ${need.group} is not needed.`,
  };
}

function buildIgnoredIssues(mapped: MappingResult): readonly OutcomeIssue[] {
  if (!mapped.ignored) return [];
  const { reason, element, detail } = mapped.ignored;
  return [
    {
      severity: 'information',
      code: 'informational',
      detail: toOutcomeCode(reason),
      expression: element,
      diagnostics: `Ignored: ${detail}`,
    },
  ];
}
