import type { Judgement } from '../../src/trial/assessment.ts';
import type { CriteriaSet } from '../../src/trial/criteria/criteria-set.ts';
import { addDays, daysBetween } from '../../src/trial/days.ts';
import { judgeSubject } from '../../src/trial/judge.ts';
import { type Protocol, withOverallCriteria } from '../../src/trial/protocol.ts';
import { DAY_ZERO, factsOf, givenBy, nameOf, subjectOf, type Vignette } from './vignette.ts';

/** The rules by which a case is judged. */
export interface Rules {
  readonly protocol: Protocol;
  readonly criteria: ReadonlyMap<string, CriteriaSet>;
}

/** The rules with the sets that a case names. */
export function rulesOf({ protocol, criteria }: Rules, v: Vignette): Rules {
  const overall = v.set === undefined ? protocol : withOverallCriteria(protocol, v.set);
  const lineages = v.lineageSet ?? protocol.criteria.lineages;
  return { protocol: { ...overall, criteria: { ...overall.criteria, lineages } }, criteria };
}

/** The judgement of a case, by the sets that it names. */
export function judgedBy(rules: Rules, v: Vignette): Judgement {
  const today = addDays(DAY_ZERO, v.today);
  return judgeSubject({ subject: subjectOf(v), facts: factsOf(v), today, ...rulesOf(rules, v) });
}

const dayOf = (day: string | null | undefined): number | null => (day ? daysBetween(DAY_ZERO, day) : null);

/** What the judgement says of one thing that a case asks for. */
export function answerTo(question: string, judgement: Judgement): unknown {
  const [head = '', ...rest] = question.split(' ');
  const name = rest.join(' ');
  const found = judgement.assessments.find((a) => nameOf(a) === name);
  switch (head) {
    case 'severity':
      return judgement.severity;
    case 'deviations':
      return judgement.deviations.map((d) => `${d.kind} ${d.infusion}`);
    case 'proposal':
      return dayOf(judgement.proposals[0]?.day);
    case 'because':
      return found?.reasons.join(' ');
    case 'on':
      return dayOf(found?.effective);
    case 'relapse':
      return judgement.relapse?.verdict ?? null;
    case 'relapse-on':
      return dayOf(judgement.relapse?.day);
    case 'relapse-misses':
      return judgement.relapse?.trace.flatMap(({ missing }) => missing).join('; ');
    case 'clonal-evolution':
      return judgement.clonalEvolution?.verdict ?? null;
    case 'high-risk':
      return judgement.clonalEvolution?.highRisk ?? null;
    default:
      return givenBy(judgement)[question] ?? null;
  }
}

/** Whether an answer is the expected one; of a text the expected words must stand in it. */
export function isAsExpected(question: string, answer: unknown, wanted: unknown): boolean {
  if (isOfWords(question)) return String(answer).includes(String(wanted));
  return JSON.stringify(answer) === JSON.stringify(wanted);
}

/** Questions whose answer is a text. */
export const isOfWords = (question: string): boolean => /^(because|relapse-misses)/.test(question);
