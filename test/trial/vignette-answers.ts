import { assessSubject } from '../../src/trial/assess-subject.ts';
import type { SubjectAssessment } from '../../src/trial/assessment.ts';
import { addDays, countDaysBetween } from '../../src/trial/calendar-days.ts';
import type { CriteriaSet } from '../../src/trial/criteria/criteria-set.ts';
import { type Protocol, withOverallCriteriaSet } from '../../src/trial/protocol.ts';
import {
  buildVignetteFacts,
  buildVignetteSubject,
  DAY_ZERO,
  formatAssessmentName,
  summariseAssessments,
  type Vignette,
} from './vignette.ts';

/** The rules by which a case is assessed. */
export interface VignetteRules {
  readonly protocol: Protocol;
  readonly criteria: ReadonlyMap<string, CriteriaSet>;
}

/** Selects the rules with the sets that a case names. */
export function selectVignetteRules({ protocol, criteria }: VignetteRules, v: Vignette): VignetteRules {
  const overall = v.set === undefined ? protocol : withOverallCriteriaSet(protocol, v.set);
  const lineages = v.lineageSet ?? protocol.criteria.lineages;
  return { protocol: { ...overall, criteria: { ...overall.criteria, lineages } }, criteria };
}

/** Assesses a case by the sets that it names. */
export function assessVignette(rules: VignetteRules, v: Vignette): SubjectAssessment {
  const today = addDays(DAY_ZERO, v.today);
  return assessSubject({
    subject: buildVignetteSubject(v),
    facts: buildVignetteFacts(v),
    today,
    ...selectVignetteRules(rules, v),
  });
}

const toDayOffset = (day: string | null | undefined): number | null =>
  day ? countDaysBetween(DAY_ZERO, day) : null;

/** Answers one question of a case from its assessment. */
export function answerQuestion(question: string, assessment: SubjectAssessment): unknown {
  const [head = '', ...rest] = question.split(' ');
  const name = rest.join(' ');
  const found = assessment.assessments.find((a) => formatAssessmentName(a) === name);
  switch (head) {
    case 'severity':
      return assessment.severity;
    case 'computed-severity':
      return assessment.computedSeverity;
    case 'deviations':
      return assessment.deviations.map((d) => `${d.kind} ${d.infusion}`);
    case 'proposal':
      return toDayOffset(assessment.proposals[0]?.day);
    case 'reason':
      return found?.reasonCode;
    case 'because':
      return found?.reasons.join(' ');
    case 'on':
      return toDayOffset(found?.effective);
    case 'relapse':
      return assessment.relapse?.verdict ?? null;
    case 'relapse-on':
      return toDayOffset(assessment.relapse?.day);
    case 'relapse-misses':
      return assessment.relapse?.trace.flatMap(({ missing }) => missing).join('; ');
    case 'clonal-evolution':
      return assessment.clonalEvolution?.verdict ?? null;
    case 'high-risk':
      return assessment.clonalEvolution?.highRisk ?? null;
    default:
      return summariseAssessments(assessment)[question] ?? null;
  }
}

/** Whether an answer is the expected one; a text must contain the expected words. */
export function isAsExpected(question: string, answer: unknown, wanted: unknown): boolean {
  if (isTextQuestion(question)) return String(answer).includes(String(wanted));
  return JSON.stringify(answer) === JSON.stringify(wanted);
}

/** Questions with a text as answer. */
export const isTextQuestion = (question: string): boolean => /^(because|relapse-misses)/.test(question);
