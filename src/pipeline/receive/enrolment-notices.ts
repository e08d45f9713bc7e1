import { createNotice, type OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { Subject } from '../../trial/facts.ts';

function describeEnrolment(
  { study, subject, status, enrolledOn }: Subject,
  before: Subject | undefined,
): string {
  const whom = `${subject} in study ${study}`;
  if (status === 'withdrawn')
    return `Withdrawn: ${whom} has withdrawn consent; what arrives about them is not kept from now on.`;
  if (status === 'off-study') return `Recorded: ${whom} is off study.`;
  if (!before) return `Enrolled: ${whom}, on ${enrolledOn}.`;
  if (before.status !== 'on-study') return `Enrolled again: ${whom}, on ${enrolledOn}.`;
  return before.enrolledOn === enrolledOn
    ? `Unchanged: ${whom} is enrolled already.`
    : `Changed: ${whom} is enrolled on ${enrolledOn}.`;
}

/** Builds the notice of what a ResearchSubject did: it enrolled, withdrew or changed a subject. It states no fact. */
export const buildEnrolmentNotice = (subject: Subject, before: Subject | undefined): OutcomeIssue =>
  createNotice('enrolment', 'ResearchSubject.status', describeEnrolment(subject, before));

/** Builds the notice of a ResearchSubject that enrols nobody, because of its study or its status (`element`). */
export function buildNoEnrolmentNotice(element: string, studies: readonly string[]): OutcomeIssue {
  const diagnostics =
    element === 'ResearchSubject.study'
      ? `Ignored: it enrols nobody, since its study is not known here. Known: ${studies.join(', ') || '(none)'}. ` +
        'Fix: name the study by reference, by identifier, or by the system of the subject number.'
      : 'Ignored: its status enrols nobody. Fix: send it again as on-study, on-study-intervention, ' +
        'on-study-observation or follow-up once the subject is enrolled.';
  return {
    severity: 'warning',
    code: 'business-rule',
    detail: 'enrolment',
    expression: element,
    diagnostics,
  };
}
