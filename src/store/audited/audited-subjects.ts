import type { AuditAction } from '../../audit/audit-actions.ts';
import type { SubjectAssessment } from '../../trial/assessment.ts';
import type { Subject } from '../../trial/facts.ts';
import type { AssessmentStore, SharedValueStore } from '../store.ts';
import type { SubjectKey, SubjectStore } from '../subject-store.ts';
import type { WorkDecision, WorkItem, WorkItemStore } from '../work-item-store.ts';
import { type AuditRecorder, formatAuditSubject } from './audit-recorder.ts';

function selectSubjectAction(before: Subject | undefined, after: Subject): AuditAction {
  if (!before) return 'subject.enrolled';
  if (before.status === after.status) return 'subject.changed';
  if (after.status === 'withdrawn') return 'subject.withdrawn';
  return before.status === 'withdrawn' ? 'subject.resumed' : 'subject.changed';
}

/** Records every change of an enrolment; what identifiers mean follows from enrolments and Patients. */
export function createAuditedSubjects(subjects: SubjectStore, recorder: AuditRecorder): SubjectStore {
  const digest = (subject: Subject) => recorder.hashes.hashContent(JSON.stringify(subject));
  return {
    ...subjects,
    async put(subject) {
      const before = await subjects.get(subject.study, subject.subject);
      recorder.note({
        action: selectSubjectAction(before, subject),
        site: subject.site,
        object: `ResearchSubject/${formatAuditSubject(subject)}`,
        about: [formatAuditSubject(subject)],
        ...(before ? { before: digest(before) } : {}),
        after: digest(subject),
        detail: { status: subject.status },
      });
      await subjects.put(subject);
    },
    async addEnrolmentIdentifier(...call) {
      recorder.noteDerived('links', call[1]);
      await subjects.addEnrolmentIdentifier(...call);
    },
    async replaceIdentifierLinks(site, identifiers, links) {
      for (const identifier of identifiers) recorder.noteDerived('links', identifier);
      await subjects.replaceIdentifierLinks(site, identifiers, links);
    },
    async replaceContestedIdentifiers(site, identifiers, contested) {
      for (const identifier of identifiers) recorder.noteDerived('links', identifier);
      await subjects.replaceContestedIdentifiers(site, identifiers, contested);
    },
  };
}

/** Records every assessment that differs from the one before; one that was made again, and is the same, is no change. */
export function createAuditedAssessments(
  assessments: AssessmentStore,
  recorder: AuditRecorder,
): AssessmentStore {
  const known = new Map<string, SubjectAssessment | undefined>();
  async function get(study: string, subject: string): Promise<SubjectAssessment | undefined> {
    const found = await assessments.get(study, subject);
    known.set(formatAuditSubject({ study, subject }), found);
    return found;
  }
  function note(subject: SubjectKey, before: SubjectAssessment | undefined, after: SubjectAssessment): void {
    if (before === after) return;
    const [former, text] = [before && JSON.stringify(before), JSON.stringify(after)];
    if (former === text) return;
    recorder.note({
      action: before ? 'assessment.changed' : 'assessment.made',
      object: `Assessment/${formatAuditSubject(subject)}`,
      about: [formatAuditSubject(subject)],
      ...(former === undefined ? {} : { before: recorder.hashes.hashContent(former) }),
      after: recorder.hashes.hashContent(text),
    });
  }
  return {
    get,
    async put(subject, assessment, validity, now) {
      const key = formatAuditSubject(subject);
      const before = known.has(key) ? known.get(key) : await get(subject.study, subject.subject);
      note(subject, before, assessment);
      known.set(key, assessment);
      await assessments.put(subject, assessment, validity, now);
    },
    async expire(subject) {
      recorder.note({ action: 'assessment.expired', about: [formatAuditSubject(subject)] });
      await assessments.expire(subject);
    },
  };
}

function recordDecision(
  recorder: AuditRecorder,
  action: AuditAction,
  item: WorkItem | undefined,
  decision: WorkDecision,
): void {
  const { study = null, subject = null } = item ?? {};
  const before = item?.decision ?? null;
  recorder.note({
    action,
    ...(item ? { site: item.site, object: `WorkItem/${item.id}` } : {}),
    ...(study !== null && subject !== null ? { about: [formatAuditSubject({ study, subject })] } : {}),
    ...(before ? { before: recorder.hashes.hashContent(JSON.stringify(before)) } : {}),
    after: recorder.hashes.hashContent(JSON.stringify(decision)),
    detail: { by: decision.by, ...(decision.target === null ? {} : { target: decision.target }) },
  });
}

/** Records every decision of a person. That an item was opened or closed follows from the data and the decisions. */
export const createAuditedWorkItems = (workItems: WorkItemStore, recorder: AuditRecorder): WorkItemStore => ({
  ...workItems,
  async accept(id, decision) {
    recordDecision(recorder, 'work-item.accepted', await workItems.get(id), decision);
    await workItems.accept(id, decision);
  },
  async reject(id, decision) {
    if (decision) recordDecision(recorder, 'work-item.rejected', await workItems.get(id), decision);
    return workItems.reject(id, decision);
  },
  async settle(id, decision) {
    const action = decision.verdict === 'rejected' ? 'work-item.rejected' : 'work-item.answered';
    recordDecision(recorder, action, await workItems.get(id), decision);
    await workItems.settle(id, decision);
  },
});

/**
 * Shared values that say how far something has come, or who is at work: they change without anything having been done. What
 * `ingest` has received is recorded with each resource.
 */
const BOOKKEEPING = /^(?:service|decisions|index-form|ingest:.*)$/;

/** Notes every change of a shared value; whoever changes one that matters states what it means. */
export const createAuditedSharedValues = (
  values: SharedValueStore,
  recorder: AuditRecorder,
): SharedValueStore => ({
  ...values,
  async put(name, value) {
    if (!BOOKKEEPING.test(name) && (await values.get(name)) !== value) recorder.noteDerived('values', name);
    await values.put(name, value);
  },
  async remove(name) {
    if (!BOOKKEEPING.test(name) && (await values.get(name)) !== null) recorder.noteDerived('values', name);
    await values.remove(name);
  },
});
