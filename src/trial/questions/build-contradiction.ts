import type { Fact, Moment, Source, Subject } from '../facts.ts';
import type { QuestionKind } from './question-kinds.ts';
import type { SubjectQuestion } from './subject-question.ts';

/** What the checkers of contradictions state about one question; the rest follows from the facts. */
interface Contradiction {
  readonly kind: QuestionKind;
  /** The resource that alone is in question (`AdverseEvent/e1`); null where the subject has one question of this kind. */
  readonly about: string | null;
  readonly detail: string;
  readonly fix: string;
  /** The facts that contradict each other; the first one's element is shown. */
  readonly facts: readonly [Fact, ...Fact[]];
  /** What else the contradiction rests on, such as the day of enrolment. */
  readonly given?: readonly string[];
}

/** Formats what a fact states, for the basis of a question: its content in question, without sources and versions. */
function formatContent(fact: Fact): string {
  const { kind, key, at } = fact;
  switch (fact.kind) {
    case 'adverse-event': {
      const { grade, outcome, serious, criteria, resolved } = fact;
      return JSON.stringify([kind, key, at.text, grade, outcome, serious, criteria, resolved?.text]);
    }
    case 'condition':
      return JSON.stringify([kind, key, at.text, fact.abated?.text]);
    case 'person':
      return JSON.stringify([kind, fact.sex, fact.birthDate]);
    default:
      return JSON.stringify([kind, key, at.text]);
  }
}

/** Builds the question that contradictory facts raise: the same facts in any order yield the same question. */
export function buildContradiction(contradiction: Contradiction): SubjectQuestion {
  const { kind, about, detail, fix, facts, given = [] } = contradiction;
  const [first, ...others] = facts;
  const basis = JSON.stringify([kind, given, facts.map(formatContent).sort()]);
  const more: readonly Source[] = others.flatMap((fact) => fact.sources);
  return {
    reason: 'contradictory-facts',
    kind,
    topic: about === null ? kind : `${kind} ${about}`,
    element: first.sources[0].element,
    detail,
    fix,
    sources: [...first.sources, ...more],
    basis,
  };
}

/** Whether the first moment is certainly on an earlier day than the second, however partial dates are completed. */
export const isCertainlyBefore = (a: Pick<Moment, 'latestDay'>, b: Pick<Moment, 'earliestDay'>): boolean =>
  a.latestDay < b.earliestDay;

/** Whether no day is possible for both moments. */
export const areOnDifferentDays = (a: Moment, b: Moment): boolean =>
  isCertainlyBefore(a, b) || isCertainlyBefore(b, a);

/**
 * Whether the day of consent is known to be the subject's own. A ResearchSubject states none, and perhaps no day of
 * enrolment either: both days are then the day on which it was enrolled here, which may be later than all treatment. An
 * enrolment whose two days are equal may be of that kind, so its day of consent proves nothing.
 */
export const hasStatedConsent = ({ enrolledOn, consentedOn }: Subject): boolean => consentedOn !== enrolledOn;
