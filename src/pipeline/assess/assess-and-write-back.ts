import { CANONICAL_BASE, formatSubjectToken } from '../../fhir/canonical-urls.ts';
import { toLocalDay } from '../../fhir/datetime.ts';
import { stringifyJson } from '../../fhir/lossless-json.ts';
import { selectEhrPatient } from '../../intake/ehr-patient.ts';
import { isDerivedId } from '../../intake/resource-identity.ts';
import type { DecisionTrust } from '../../signatures/check-decision.ts';
import type { AssessmentValidity, StoreTransaction } from '../../store/store.ts';
import type { RuleVersions, SubjectAssessment } from '../../trial/assessment.ts';
import { reconcileFacts } from '../../trial/counts/reconcile-facts.ts';
import { separateWithdrawn } from '../../trial/counts/statements-in-force.ts';
import type { VariantAssessor } from '../../trial/endpoints/subject/variant-classes.ts';
import type { Fact, Source, Subject } from '../../trial/facts.ts';
import { checkInvalidDecisions } from '../../trial/questions/check-invalid-decisions.ts';
import { listSubjectQuestions } from '../../trial/questions/list-subject-questions.ts';
import { composeResources, findObsoleteUnsent } from '../../writeback/compose-resources.ts';
import type { WritebackContext } from '../../writeback/outgoing-resource.ts';
import { separateInvalid } from '../decisions/counted-facts.ts';
import { shareAssessment } from './share-structure.ts';
import { storeSubjectQuestions } from './subject-questions.ts';

/** The rules of one study; `assess` applies its protocol and criteria to a subject's facts as of a day. */
export interface StudyRules {
  readonly study: string;
  readonly title: string;
  readonly versions?: RuleVersions;
  /** Changes whenever a rule, a criteria set or a mapping does; absent where no stored assessment is made by the rules. */
  readonly digest?: string;
  assess(subject: Subject, facts: readonly Fact[], today: string): SubjectAssessment;
  /** The last day as of which the same facts yield the same assessment; absent where the digest is. */
  readonly deriveUnchangedUntil?: (
    facts: readonly Fact[],
    assessment: SubjectAssessment,
    today: string,
  ) => string;
  /** The best response under each variant of the protocol's analysis; absent where there is none. */
  readonly assessVariants?: VariantAssessor;
}

/** Everything that assessing needs besides the store. */
export interface AssessmentDependencies {
  readonly softwareVersion: string;
  /** Digest of the code that assesses: it can change without a new version. Absent: the version alone counts. */
  readonly codeDigest?: string;
  getStudyRules(study: string): StudyRules;
  getTimeZone(site: string): string;
  /** Which decisions of people count. */
  readonly trust: DecisionTrust;
  now(): Date;
  /** Called for a subject who could not be assessed. */
  onAssessmentFailed(subject: { readonly study: string; readonly subject: string }, cause: unknown): void;
}

/** Adds the versions of the rules to an assessment made by them; returns it as it is where the rules have no version. */
export function withRuleVersions({ versions }: StudyRules, assessment: SubjectAssessment): SubjectAssessment {
  return versions ? { ...assessment, versions } : assessment;
}

/** Formats everything by which the facts of a study's subjects are assessed; null where the rules have no digest. */
export function formatRulesInForce(
  { softwareVersion, codeDigest = '', getStudyRules }: AssessmentDependencies,
  study: string,
): string | null {
  const { digest } = getStudyRules(study);
  return digest === undefined ? null : `${softwareVersion} ${codeDigest} ${digest}`;
}

/** Lists the canonicals for Provenance.policy: the rules of an assessment other than its criteria set. */
function listPolicies(versions: RuleVersions | undefined): readonly string[] {
  if (!versions) return [];
  const { protocol, mapping } = versions;
  return [
    `${CANONICAL_BASE}/protocol/${protocol.id}|${protocol.version}`,
    `${CANONICAL_BASE}/mapping|${mapping}`,
  ];
}

/** A subject with changed facts, and the mark at the time of reading: a later change has a higher mark. */
export interface DueAssessment {
  readonly study: string;
  readonly subject: string;
  readonly mark: number;
}

/** Assesses a subject from the current facts; nothing is stored. */
export async function assessStoredSubject(
  tx: StoreTransaction,
  dependencies: AssessmentDependencies,
  subject: Subject,
): Promise<{
  judgement: SubjectAssessment;
  facts: readonly Fact[];
  stated: readonly Fact[];
  /** Decisions of people that do not count. */
  invalid: readonly Fact[];
  validity: AssessmentValidity;
}> {
  const stored = await tx.facts.listForSubject(subject.study, subject.subject);
  const { counted: stated, invalid } = await separateInvalid(tx, dependencies.trust, subject, stored);
  const facts = reconcileFacts(stated);
  const today = toLocalDay(dependencies.now().getTime(), dependencies.getTimeZone(subject.site));
  const rules = dependencies.getStudyRules(subject.study);
  const judgement = withRuleVersions(rules, rules.assess(subject, facts, today));
  const unchangedUntil = rules.deriveUnchangedUntil?.(facts, judgement, today) ?? today;
  const validity = { rules: formatRulesInForce(dependencies, subject.study), asOf: today, unchangedUntil };
  return { judgement, facts, stated, invalid, validity };
}

/**
 * Assesses a subject again and, in the same transaction, adds every difference to the outbox. A correction needs no rule
 * of its own: other facts yield another assessment, and the resource sent before is amended or withdrawn.
 */
export async function assessAndQueueWriteBack(
  tx: StoreTransaction,
  dependencies: AssessmentDependencies,
  due: DueAssessment,
): Promise<void> {
  const subject = await tx.subjects.get(due.study, due.subject);
  if (!subject) throw new Error('A subject without enrolment was marked for assessment.');
  // After consent is withdrawn, processing and write-back stop, and nothing is deleted.
  if (subject.status !== 'withdrawn') await assessParticipant(tx, dependencies, subject);
  else await storeSubjectQuestions(tx, subject, [], dependencies.now().toISOString());
  await tx.subjects.clearAssessmentMark(due.study, due.subject, due.mark);
  await tx.workItems.release(buildAssessmentWorkKey(subject));
}

/**
 * Opens a work item for a subject who cannot be assessed, and clears their mark. The assessment is tried again after the
 * next change of facts, or in the next hour.
 */
export async function holdFailedAssessment(
  tx: StoreTransaction,
  dependencies: AssessmentDependencies,
  due: DueAssessment,
): Promise<void> {
  const subject = await tx.subjects.get(due.study, due.subject);
  await tx.subjects.clearAssessmentMark(due.study, due.subject, due.mark);
  await tx.assessments.expire(due);
  if (!subject) return;
  const workItem = {
    site: subject.site,
    reason: 'cannot-be-judged',
    group: `${subject.study} ${subject.subject}`,
    element: 'ResearchSubject',
    detail: 'The subject cannot be assessed because of an error; the EHR keeps the last assessment.',
    fix: 'Look for the error in the log, and correct the data or report the error.',
    waitsFor: null,
  };
  await tx.workItems.hold(workItem, buildAssessmentWorkKey(subject), dependencies.now().toISOString());
}

/** Builds the key under which a failed assessment waits. `Judgement` is stored. */
const buildAssessmentWorkKey = ({ site, study, subject }: Subject) => ({
  site,
  resourceType: 'Judgement',
  id: `${study}.${subject}`,
});

async function assessParticipant(
  tx: StoreTransaction,
  dependencies: AssessmentDependencies,
  subject: Subject,
): Promise<void> {
  const { facts, stated, invalid, validity, ...assessed } = await assessStoredSubject(
    tx,
    dependencies,
    subject,
  );
  const before = await tx.assessments.get(subject.study, subject.subject);
  const judgement = shareAssessment(before, assessed.judgement);
  const context = await buildWritebackContext(tx, dependencies, subject);
  const { site, study, subject: number } = subject;
  const contents = await tx.outbox.listLastContents(subject);
  const byIdentifier = new Map(contents.map((content) => [content.identifier, content]));
  const findEntry = (identifier: string) => byIdentifier.get(identifier);
  const resources = composeResources(judgement, before, context, findEntry);
  for (const identifier of findObsoleteUnsent(judgement, before, findEntry))
    await tx.outbox.removeUnsent(site, identifier);
  for (const { identifier, resourceType, resource, provenance } of resources) {
    const content = { resource: stringifyJson(resource), provenance: stringifyJson(provenance) };
    await tx.outbox.enqueue(
      { site, study, subject: number, identifier, resourceType, ...content },
      context.now,
    );
  }
  await tx.assessments.put(subject, judgement, validity, context.now);
  await storeSubjectQuestions(
    tx,
    subject,
    [
      ...listSubjectQuestions(subject, facts, separateWithdrawn(stated).undecided),
      ...checkInvalidDecisions(invalid),
    ],
    context.now,
  );
}

async function buildWritebackContext(
  tx: StoreTransaction,
  dependencies: AssessmentDependencies,
  subject: Subject,
): Promise<WritebackContext> {
  const identifiers = await tx.subjects.listPatientIdentifiers(subject.study, subject.subject);
  if (identifiers.length === 0) throw new Error('A subject is enrolled without a patient.');
  // A patient whom the EHR cannot know by any of them is named by their number in the study.
  const patient = selectEhrPatient(identifiers) ?? formatSubjectToken(subject.study, subject.subject);
  const rules = dependencies.getStudyRules(subject.study);
  return {
    study: { identifier: `${CANONICAL_BASE}/ResearchStudy|${subject.study}`, title: rules.title },
    patient,
    softwareVersion: dependencies.softwareVersion,
    policies: listPolicies(rules.versions),
    now: dependencies.now().toISOString(),
    isResolvable: (source: Source) => source.site === subject.site && !isDerivedId(source.id),
  };
}
