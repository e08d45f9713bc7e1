import { toLocalDay } from '../../fhir/datetime.ts';
import { toOutcomeCode } from '../../fhir/intake-outcomes.ts';
import { createNotice, type Disposition, type OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { MappingResult, MappingWarning, WorkNeed } from '../../mapping/mapping-result.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { Fact, Subject } from '../../trial/facts.ts';
import { loadPatientComparison } from '../identity/compare-patients.ts';
import { formatContestGroup } from '../identity/contest-keys.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { holdImplausibleDates } from './implausible-dates.ts';
import type { ResourceInContext, TooManyLinks } from './inherit-from-report.ts';
import { loadSupportingResources } from './references.ts';
import { findStatementIds, MAX_SAME_STATEMENTS } from './statement-ids.ts';
import { findReplacement, readRelations } from './statement-relations.ts';
import { buildTestPatientResult, hasTestPatient } from './test-patients.ts';
import { buildWithdrawal } from './withdrawal.ts';

/** The outcome of mapping a resource: its disposition, the number of its facts, and the issues for its sender. */
export interface FactsOutcome {
  readonly disposition: Extract<Disposition, 'mapped' | 'held' | 'ignored'>;
  readonly facts: number;
  readonly issues: readonly OutcomeIssue[];
}

/** The mapping of a resource for one of its subjects. */
interface MappedSubject {
  readonly subject: Subject;
  readonly mapped: MappingResult;
}

/**
 * Stores the facts and work items of a resource's current content for each of its subjects. They replace the previous ones
 * (except work items with one of the reasons `keptReasons`), and every subject who gained or lost a fact is marked for
 * assessment. Returns the outcome for the first subject.
 */
export async function storeFacts(
  tx: SiteTransaction,
  key: ResourceKey,
  context: ResourceInContext,
  keptReasons: readonly string[] = [],
): Promise<FactsOutcome> {
  await retractFactsAndWork(tx, key, keptReasons);
  if (context.subjects.length === 0) return holdWithoutSubject(tx, key, context.patientElement);
  const tooManyLinks = context.tooManyLinks ?? (await findSharedStatement(tx, context.resource));
  if (tooManyLinks) return holdTooManyLinks(tx, key, tooManyLinks);
  if (context.isAmbiguous) return holdAmbiguous(tx, key, context);
  const outcomes: FactsOutcome[] = [];
  for (const { subject, mapped } of await mapForSubjects(tx, context)) {
    await tx.facts.replaceForResource(key, subject.study, subject.subject, mapped.facts);
    if (mapped.facts.length > 0) await tx.subjects.markForAssessment(subject.study, subject.subject);
    outcomes.push(await recordMappingOutcome(tx, key, mapped));
  }
  const [first] = outcomes;
  if (!first) throw new Error('A resource was mapped for no subject.');
  return first;
}

/** Maps the resource for each of its subjects under the mappings of the transaction; nothing is stored. */
export async function mapForSubjects(
  tx: SiteTransaction,
  { resource, fhirVersion, subjects, inheritedFrom, isReplaced }: ResourceInContext,
): Promise<readonly MappedSubject[]> {
  if (isReplaced) return subjects.map((subject) => ({ subject, mapped: REPLACED_PATIENT }));
  const { site, timeZone } = tx;
  const supporting = await loadSupportingResources(tx, resource);
  const resolve = (reference: string) => supporting.get(reference.replace(/\/_history\/.*$/, ''));
  const comparePatients = await loadPatientComparison(tx, resource, [...supporting.values()]);
  const today = toLocalDay(tx.now.getTime(), timeZone);
  const key = { site, resourceType: resource.resourceType, id: resource.id ?? '' };
  const relations = await readRelations(tx, key, resource);
  const replacement = await findReplacement(tx, key, resource, subjects);
  const results: MappedSubject[] = [];
  for (const subject of subjects) {
    const { study, subject: number } = subject;
    const isSamePatient = comparePatients(subject);
    const context = {
      visits: tx.listVisits(study),
      subject: number,
      site,
      study,
      timeZone,
      fhirVersion,
      inheritedFrom,
      resolve,
      isSamePatient,
    };
    const isOfTestPatient = key.resourceType !== 'Patient' && (await hasTestPatient(tx, subject));
    const stated = isOfTestPatient ? buildTestPatientResult(key) : tx.map(resource, context);
    const mapped = replacement === null ? stated : buildReplacedResult(replacement);
    // What was taken back stays so, even if another resource replaces the one that took it back.
    const withdrawal = await buildWithdrawal(tx, key, resource, context, stated, relations);
    const related = relations ? mapped.facts.map((fact): Fact => ({ ...fact, relations })) : mapped.facts;
    const facts = withdrawal ? [...related, withdrawal] : related;
    results.push({ subject, mapped: holdImplausibleDates({ ...mapped, facts }, resource, today) });
  }
  return results;
}

/** Builds the result of a resource that another one replaces, by its own word. */
const buildReplacedResult = (replacement: string): MappingResult => ({
  facts: [],
  work: [],
  ignored: { reason: 'replaced', element: 'Observation', detail: `${replacement} replaces it.` },
});

/** A replaced Patient states nothing: the Patient that replaced it describes the person. */
const REPLACED_PATIENT: MappingResult = {
  facts: [],
  work: [],
  ignored: {
    reason: 'replaced',
    element: 'Patient.link',
    detail: 'Another Patient in the store has replaced this one.',
  },
};

/** Holds a resource because no patient of it, or of a report that lists it, is enrolled any more. */
async function holdWithoutSubject(
  tx: SiteTransaction,
  key: ResourceKey,
  element: string,
): Promise<FactsOutcome> {
  const issue = await holdAsWorkItem(tx, key, {
    reason: 'unknown-patient',
    element,
    // Part of the work item's id: a changed text would open a second item.
    group: 'stored results that mean nobody any more',
    detail: 'The resource no longer refers to an enrolled patient, and no report of one lists it.',
    fix: 'Send it with the correct subject, or send the report that lists it.',
    waitsFor: 'DiagnosticReport.result',
  });
  return { disposition: 'held', facts: 0, issues: [issue] };
}

/** Finds what a resource is linked with where more others share its identifier, code and time than are compared. */
async function findSharedStatement(tx: SiteTransaction, resource: Resource): Promise<TooManyLinks | null> {
  if ((await findStatementIds(tx, resource)) !== null) return null;
  const { resourceType } = resource;
  return {
    element: `${resourceType}.identifier`,
    detail: `More than ${MAX_SAME_STATEMENTS} resources share identifier, code and time; which of them repeat one statement is unknown.`,
    fix: `Send each ${resourceType} with an identifier of its own.`,
  };
}

/** Holds a resource that is linked with more others than are followed: what they say of it would be a guess. */
async function holdTooManyLinks(
  tx: SiteTransaction,
  key: ResourceKey,
  links: TooManyLinks,
): Promise<FactsOutcome> {
  const need = { reason: 'too-many-links', group: links.element, ...links, waitsFor: null } as const;
  const issue = await holdAsWorkItem(tx, key, need);
  return { disposition: 'held', facts: 0, issues: [issue] };
}

/** Holds a resource, which states nothing until a person has decided which subject it is about. */
async function holdAmbiguous(
  tx: SiteTransaction,
  key: ResourceKey,
  { subjects, patientElement, duplicateEnrolments, contestedIdentifiers = [] }: ResourceInContext,
): Promise<FactsOutcome> {
  const [contested] = contestedIdentifiers;
  if (contested !== undefined) return holdContested(tx, key, patientElement, contested);
  const numbers = duplicateEnrolments ?? (await findSubjectsSharingPatient(tx, subjects));
  const need = numbers.length > 0 ? buildMergedEnrolmentNeed(numbers.join(' and ')) : SHARED_IDENTIFIER;
  const issue = await holdAsWorkItem(tx, key, {
    reason: 'ambiguous-patient',
    element: patientElement,
    ...need,
    waitsFor: null,
  });
  return { disposition: 'held', facts: 0, issues: [issue] };
}

/** Holds a resource whose patient shares the identifier with somebody else. The contest itself has the same work item. */
async function holdContested(
  tx: SiteTransaction,
  key: ResourceKey,
  element: string,
  identifier: string,
): Promise<FactsOutcome> {
  const issue = await holdAsWorkItem(tx, key, {
    reason: 'contested-identifier',
    element,
    group: formatContestGroup(tx, identifier),
    detail: 'An identifier of the patient is carried by somebody else too.',
    fix: 'Correct the Patient that carries it wrongly, and send the resource again.',
    waitsFor: null,
  });
  return { disposition: 'held', facts: 0, issues: [issue] };
}

type AmbiguityNeed = Pick<WorkNeed, 'group' | 'detail' | 'fix'>;

/** The need where one identifier means two subjects. `group` is part of the work item's id and must not change. */
const SHARED_IDENTIFIER: AmbiguityNeed = {
  group: 'a name that two subjects share',
  detail: 'The patient identifiers mean two subjects of one study, or contradict each other.',
  fix: 'Refer to the patient by a Patient/id or identifier that no other patient has, and send the resource again.',
};

/** Builds the need for Patients that were merged after both had been enrolled. `group` is part of the item's id. */
const buildMergedEnrolmentNeed = (numbers: string): AmbiguityNeed => ({
  group: `one patient, enrolled twice: ${numbers}`,
  detail: `The Patients enrolled as ${numbers} were merged; their data count for neither number.`,
  fix: 'If they are one person, end one enrolment (ResearchSubject.status off-study). If they are two people, undo the merge (Patient.link).',
});

/** Finds subjects who share a `Patient/id`, which two people never do; as `study number`, empty where none do. */
async function findSubjectsSharingPatient(
  tx: StoreTransaction,
  subjects: readonly Subject[],
): Promise<readonly string[]> {
  const numbersByPatient = new Map<string, string[]>();
  for (const { study, subject } of subjects) {
    for (const identifier of await tx.subjects.listPatientIdentifiers(study, subject)) {
      if (!identifier.startsWith('Patient/')) continue;
      const key = JSON.stringify([study, identifier]);
      numbersByPatient.set(key, [...(numbersByPatient.get(key) ?? []), `${study} ${subject}`]);
    }
  }
  return [...numbersByPatient.values()].find((numbers) => numbers.length > 1)?.toSorted() ?? [];
}

/** Retracts the resource's facts and releases it from its work items, except those with one of the reasons `keptReasons`. */
export async function retractFactsAndWork(
  tx: StoreTransaction,
  key: ResourceKey,
  keptReasons: readonly string[] = [],
): Promise<void> {
  await retractFacts(tx, key);
  await tx.workItems.release(key, keptReasons);
}

/** Retracts the resource's facts and marks their subjects for assessment. Facts of withdrawn subjects stay as they are. */
export async function retractFacts(tx: StoreTransaction, key: ResourceKey): Promise<void> {
  for (const { study, subject } of await tx.facts.listSubjects(key)) {
    if ((await tx.subjects.get(study, subject))?.status === 'withdrawn') continue;
    await tx.facts.replaceForResource(key, study, subject, []);
    await tx.subjects.markForAssessment(study, subject);
  }
}

/** Counts the facts that a resource states. A withdrawal states none: it takes back those of another resource. */
export const countStatedFacts = ({ facts }: Pick<MappingResult, 'facts'>): number =>
  facts.filter(({ kind }) => kind !== 'withdrawal').length;

async function recordMappingOutcome(
  tx: SiteTransaction,
  key: ResourceKey,
  mapped: MappingResult,
): Promise<FactsOutcome> {
  const held: OutcomeIssue[] = [];
  const rejected: OutcomeIssue[] = [];
  for (const need of mapped.work) {
    if (await tx.workItems.isRejected(tx.site, need.reason, need.group))
      rejected.push(buildRejectedIssue(need));
    else held.push(await holdAsWorkItem(tx, key, need));
  }
  const facts = countStatedFacts(mapped);
  const factIssues = facts > 0 ? [buildFactsIssue(facts, key.resourceType)] : [];
  const warnings = (mapped.warnings ?? []).map(buildWarningIssue);
  const disposition = held.length > 0 ? 'held' : facts > 0 ? 'mapped' : 'ignored';
  return {
    disposition,
    facts,
    issues: [...held, ...factIssues, ...warnings, ...rejected, ...buildIgnoredIssues(mapped)],
  };
}

/** Opens the work item, or adds the resource to the open one; returns the issue for the sender. */
export async function holdAsWorkItem(
  tx: SiteTransaction,
  key: ResourceKey,
  need: WorkNeed,
): Promise<OutcomeIssue> {
  const { reason, element, detail, fix } = need;
  const id = await tx.workItems.hold({ ...need, site: tx.site }, key, tx.now.toISOString());
  return {
    severity: 'warning',
    code: 'business-rule',
    detail: reason,
    expression: element,
    diagnostics: `${detail} Fix: ${fix}`,
    workItem: id,
  };
}

const buildFactsIssue = (facts: number, resourceType: string): OutcomeIssue =>
  createNotice('mapped', resourceType, `Mapped: ${facts} fact${facts === 1 ? '' : 's'}.`);

const buildWarningIssue = ({ reason, element, detail, fix }: MappingWarning): OutcomeIssue => ({
  severity: 'warning',
  code: 'business-rule',
  detail: toOutcomeCode(reason),
  expression: element,
  diagnostics: `${detail} ${fix}`,
});

const buildRejectedIssue = ({ element, group }: WorkNeed): OutcomeIssue =>
  createNotice('ignored', element, `Ignored: a person has decided that ${group} is not needed.`);

function buildIgnoredIssues({ ignored }: MappingResult): readonly OutcomeIssue[] {
  if (!ignored) return [];
  const { reason, element, detail } = ignored;
  return [createNotice(toOutcomeCode(reason), element, `Ignored: ${detail}`)];
}
