import { assessSubject } from '../../../src/trial/assess-subject.ts';
import { addDays } from '../../../src/trial/calendar-days.ts';
import { createVariantAssessor } from '../../../src/trial/endpoints/subject/variant-classes.ts';
import {
  type AssessedSubject,
  deriveSubjectFigures,
  type SubjectFigures,
} from '../../../src/trial/endpoints/subject-figures.ts';
import type { AdverseEventFact, Fact, Moment } from '../../../src/trial/facts.ts';
import type { Protocol } from '../../../src/trial/protocol.ts';
import {
  buildVignetteFacts,
  buildVignetteSubject,
  DAY_ZERO,
  readBundledCriteria,
  readBundledProtocol,
  type Vignette,
} from '../vignette.ts';

export const STUDY_PROTOCOL = readBundledProtocol();
const CRITERIA = readBundledCriteria();

/** The last day known, from the first infusion. */
export const LAST_DAY = 500;
export const STUDY_TODAY = addDays(DAY_ZERO, LAST_DAY);

/** Counts that meet a partial response of severe disease, and counts that meet nothing. */
export const RESPONSE = { anc: '0.9', hb: '100', plt: '45', ret: '80' };
export const FAILURE = { anc: '0.2', hb: '65', plt: '8', ret: '15' };

/** A day, or `a/b` for a date that leaves the days from a to b open. */
export function toStudyMoment(at: number | string): Moment {
  const [from = '0', to = from] = String(at).split('/');
  const [earliestDay, latestDay] = [addDays(DAY_ZERO, Number(from)), addDays(DAY_ZERO, Number(to))];
  const text = earliestDay === latestDay ? earliestDay : earliestDay.slice(0, 7);
  return { text, earliestDay, latestDay, instant: null };
}

/** An adverse event as a case states it. */
export function buildEventFact(
  subject: string,
  term: string,
  at: number | string,
  more: Partial<Pick<AdverseEventFact, 'grade' | 'serious' | 'causality'>> = {},
): Fact {
  const id = `${subject}-${term}-${at}`.toLowerCase();
  return {
    kind: 'adverse-event',
    key: id,
    subject,
    at: toStudyMoment(at),
    sources: [{ site: 'site-1', resourceType: 'AdverseEvent', id, version: '1', element: 'AdverseEvent' }],
    ...{ term, code: null, system: null, systemVersion: null, grade: null, severity: null },
    ...{ serious: null, outcome: null, resolved: null },
    ...more,
  };
}

/** Assesses one case, by the bundled protocol unless it is changed. */
export function assessCase(
  subject: string,
  v: Partial<Vignette> & { readonly site?: string; readonly events?: readonly Fact[] },
  protocol: Protocol = STUDY_PROTOCOL,
): AssessedSubject {
  const whole: Vignette = { name: subject, follows: '-', today: LAST_DAY, expect: {}, ...v };
  const facts = [...buildVignetteFacts(whole), ...(v.events ?? [])].map((fact) => ({ ...fact, subject }));
  const enrolled = { ...buildVignetteSubject(whole), subject, site: v.site ?? 'site-1' };
  const today = addDays(DAY_ZERO, whole.today);
  return {
    subject: enrolled,
    facts,
    judgement: assessSubject({ subject: enrolled, facts, protocol, criteria: CRITERIA, today }),
    variants: createVariantAssessor({ protocol, criteria: CRITERIA })(enrolled, facts, today),
  };
}

/** The figures of one case. */
export const deriveCase = (
  subject: string,
  v: Parameters<typeof assessCase>[1],
  protocol: Protocol = STUDY_PROTOCOL,
): SubjectFigures =>
  deriveSubjectFigures(assessCase(subject, v, protocol), protocol, addDays(DAY_ZERO, v.today ?? LAST_DAY));

/** Seven subjects, each of another course; responders have R, others N; W withdrew, U was never treated, B has no baseline. */
export const SMALL_STUDY: readonly SubjectFigures[] = [
  deriveCase('R1', {
    drugs: [[-200, 'atg']],
    sex: 'female',
    counts: [
      [91, RESPONSE],
      [183, RESPONSE],
      [274, FAILURE],
    ],
  }),
  deriveCase('R2', {
    site: 'site-2',
    counts: [
      [61, RESPONSE],
      [91, RESPONSE],
      [183, RESPONSE],
    ],
    transplant: 250,
  }),
  deriveCase('N1', {
    baseline: 'VSAA',
    counts: [
      [30, FAILURE],
      [91, FAILURE],
    ],
    death: 120,
  }),
  deriveCase('N2', {
    birth: '2006',
    counts: [
      [30, FAILURE],
      [91, { anc: '0.2', hb: '65', plt: '8' }],
      [365, FAILURE],
    ],
  }),
  deriveCase('W', { status: 'withdrawn', counts: [[30, FAILURE]] }),
  deriveCase('U', { infusions: [] }),
  deriveCase('B', { baseline: 'none', counts: [[91, FAILURE]], infusions: [[0], [7]] }),
];
