import { CANONICAL_BASE } from '../../fhir/canonical-urls.ts';
import { toLocalDay } from '../../fhir/datetime.ts';
import { stringifyJson } from '../../fhir/lossless-json.ts';
import { isDerivedId } from '../../intake/resource-identity.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { RuleVersions, SubjectAssessment } from '../../trial/assessment.ts';
import { mergeStatements } from '../../trial/counts/merge-statements.ts';
import { reconcileFacts } from '../../trial/counts/reconcile-facts.ts';
import type { Fact, Source, Subject } from '../../trial/facts.ts';
import { composeResources, findObsoleteUnsent } from '../../writeback/compose-resources.ts';
import type { WritebackContext } from '../../writeback/outgoing-resource.ts';

/** What judging needs of one study; `judge` is the trial engine over the study's own protocol and criteria. */
export interface StudyRules {
  readonly study: string;
  readonly title: string;
  readonly versions?: RuleVersions;
  assess(subject: Subject, facts: readonly Fact[], today: string): SubjectAssessment;
}

export interface AssessmentDependencies {
  readonly softwareVersion: string;
  rulesFor(study: string): StudyRules;
  timeZoneOfSite(site: string): string;
  now(): Date;
  /** Told of a subject who could not be judged. */
  onAssessmentFailed(who: { readonly study: string; readonly subject: string }, cause: unknown): void;
}

/** The judgement with the versions of everything that made it. */
export function withRuleVersions(rules: StudyRules, judgement: SubjectAssessment): SubjectAssessment {
  return rules.versions ? { ...judgement, versions: rules.versions } : judgement;
}

/** The rules behind a judgement beside its criteria set, as Provenance.policy names them. */
function listPolicies(versions: RuleVersions | undefined): readonly string[] {
  if (!versions) return [];
  const { protocol, mapping } = versions;
  return [
    `${CANONICAL_BASE}/protocol/${protocol.id}|${protocol.version}`,
    `${CANONICAL_BASE}/mapping|${mapping}`,
  ];
}

/** A subject whose facts have changed, and the mark as it stood. */
export interface DueAssessment {
  readonly study: string;
  readonly subject: string;
  readonly mark: number;
}

/** A subject judged from the facts as they are now; nothing is stored. */
export async function assessStoredSubject(
  tx: StoreTransaction,
  parts: AssessmentDependencies,
  subject: Subject,
): Promise<{ judgement: SubjectAssessment; facts: readonly Fact[] }> {
  const stated = await tx.facts.listForSubject(subject.study, subject.subject);
  const facts = reconcileFacts(mergeStatements(stated));
  const today = toLocalDay(parts.now().getTime(), parts.timeZoneOfSite(subject.site));
  const rules = parts.rulesFor(subject.study);
  return { judgement: withRuleVersions(rules, rules.assess(subject, facts, today)), facts };
}

/**
 * Step 3: judges a subject again and, in the same transaction, owes the EHR every difference. A correction is nothing
 * special: the facts are others, so the judgement is another, and what was said before is amended or withdrawn.
 */
export async function assessAndQueueWriteBack(
  tx: StoreTransaction,
  parts: AssessmentDependencies,
  dirty: DueAssessment,
): Promise<void> {
  const subject = await tx.subjects.get(dirty.study, dirty.subject);
  if (!subject) throw new Error('A subject without enrolment was marked for judgement.');
  // Withdrawn: processing and write-back stop, and nothing is deleted.
  if (subject.status !== 'withdrawn') await assessParticipant(tx, parts, subject);
  await tx.subjects.clearAssessmentMark(dirty.study, dirty.subject, dirty.mark);
  await tx.workItems.release(buildAssessmentWorkKey(subject));
}

/** Until his facts change (or the next hour comes), the subject waits for a person. */
export async function setSubjectAside(
  tx: StoreTransaction,
  parts: AssessmentDependencies,
  dirty: DueAssessment,
): Promise<void> {
  const subject = await tx.subjects.get(dirty.study, dirty.subject);
  await tx.subjects.clearAssessmentMark(dirty.study, dirty.subject, dirty.mark);
  if (!subject) return;
  const need = {
    site: subject.site,
    reason: 'cannot-be-judged',
    group: `${subject.study} ${subject.subject}`,
    element: 'ResearchSubject',
    detail: 'Judging this subject fails; his EHR keeps what it was told last.',
    fix: 'Look for the error in the log; correct the data, or report it.',
    waitsFor: null,
  };
  await tx.workItems.hold(need, buildAssessmentWorkKey(subject), parts.now().toISOString());
}

const buildAssessmentWorkKey = ({ site, study, subject }: Subject) => ({
  site,
  resourceType: 'Judgement',
  id: `${study}.${subject}`,
});

async function assessParticipant(
  tx: StoreTransaction,
  parts: AssessmentDependencies,
  subject: Subject,
): Promise<void> {
  const { judgement } = await assessStoredSubject(tx, parts, subject);
  const before = await tx.assessments.get(subject.study, subject.subject);
  const context = await buildWritebackContext(tx, parts, subject);
  const told = await tx.outbox.list({ site: subject.site, subject: subject.subject });
  const byIdentifier = new Map(told.map((entry) => [entry.identifier, entry]));
  const previous = (identifier: string) => byIdentifier.get(identifier);
  const owed = composeResources(judgement, before, context, previous);
  for (const identifier of findObsoleteUnsent(judgement, before, previous))
    await tx.outbox.removeUnsent(subject.site, identifier);
  for (const one of owed) {
    await tx.outbox.enqueue(
      {
        site: subject.site,
        study: subject.study,
        subject: subject.subject,
        identifier: one.identifier,
        resourceType: one.resourceType,
        resource: stringifyJson(one.resource),
        provenance: stringifyJson(one.provenance),
      },
      context.now,
    );
  }
  await tx.assessments.put(subject.study, subject.subject, judgement, context.now);
}

async function buildWritebackContext(
  tx: StoreTransaction,
  parts: AssessmentDependencies,
  subject: Subject,
): Promise<WritebackContext> {
  const [patient] = await tx.subjects.patients(subject.study, subject.subject);
  if (!patient) throw new Error('A subject is enrolled without a patient.');
  const rules = parts.rulesFor(subject.study);
  return {
    study: { identifier: `${CANONICAL_BASE}/ResearchStudy|${subject.study}`, title: rules.title },
    patient,
    softwareVersion: parts.softwareVersion,
    policies: listPolicies(rules.versions),
    now: parts.now().toISOString(),
    isResolvable: (source: Source) => source.site === subject.site && !isDerivedId(source.id),
  };
}
