import type { Assessment } from './assessment.ts';

/**
 * Formats the business identifier value of an assessment: unique under the system `B/sid/assessment`, such as
 * `msc-aa.MSC-017.M3.overall.bsh-saa`. Source: contract, section 3.
 */
export function formatAssessmentIdentifier(
  assessment: Pick<Assessment, 'study' | 'subject' | 'visit' | 'scope' | 'criteria'>,
): string {
  const { study, subject, visit, scope, criteria } = assessment;
  return `${study}.${subject}.${visit}.${scope}.${criteria.id}`;
}
