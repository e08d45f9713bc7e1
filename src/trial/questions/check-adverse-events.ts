import type { AdverseEventFact, ConditionFact, Fact } from '../facts.ts';
import { formatStatingResource } from '../source-key.ts';
import { buildContradiction, isCertainlyBefore } from './build-contradiction.ts';
import { isNullDate } from './null-dates.ts';
import type { SubjectQuestion } from './subject-question.ts';

/** Outcomes of a subject who is alive: ICH E2B(R3) E.i.7, recovered, recovering, not recovered, recovered with sequelae. */
const OUTCOMES_OF_SURVIVORS: ReadonlySet<string | null> = new Set([
  'resolved',
  'resolvedWithSequelae',
  'recovering',
  'ongoing',
]);

/** Outcomes of an event that has not ended. */
const OUTCOMES_WITHOUT_END: ReadonlySet<string | null> = new Set(['recovering', 'ongoing']);

const FIX_EVENT = 'Correct the AdverseEvent; if it is right as it is, reject the item with the reason.';

/** Whether the event has the grade or the seriousness criterion of a death, whatever its outcome. CTCAE 5.0: grade 5 is death. */
function hasFatalDegree({ grade, criteria = [] }: AdverseEventFact): boolean {
  return grade === 5 || criteria.includes('death');
}

/** Whether the sender states that the subject died of the event: by outcome, grade or seriousness criterion. */
export function isFatalEvent(event: AdverseEventFact): boolean {
  return event.outcome === 'fatal' || hasFatalDegree(event);
}

/**
 * Lists what one adverse event states against itself. A fatal event is serious (ICH E2A II.B), as is one that meets
 * another criterion. Seriousness, grade and outcome that were not sent contradict nothing; an outcome `unknown` neither.
 */
function checkEvent(event: AdverseEventFact): readonly SubjectQuestion[] {
  const common = { about: formatStatingResource(event), facts: [event], fix: FIX_EVENT } as const;
  const questions: SubjectQuestion[] = [];
  if (hasFatalDegree(event) && OUTCOMES_OF_SURVIVORS.has(event.outcome))
    questions.push(
      buildContradiction({
        ...common,
        kind: 'fatal-event-with-recovery',
        detail:
          'Grade or seriousness criterion state a death, and the outcome is that of a subject who is alive.',
      }),
    );
  if (event.serious === false && (isFatalEvent(event) || (event.criteria ?? []).length > 0))
    questions.push(
      buildContradiction({
        ...common,
        kind: 'event-not-serious',
        detail: 'The event is stated not to be serious, and is fatal or meets a criterion of seriousness.',
      }),
    );
  if (OUTCOMES_WITHOUT_END.has(event.outcome) && event.resolved !== null)
    questions.push(
      buildContradiction({
        ...common,
        kind: 'ongoing-event-with-end',
        detail:
          'The outcome says that the event has not resolved, and the event has a day on which it resolved.',
      }),
    );
  return questions;
}

/** Returns the end of an event or condition; null where it lasts, or the end is a null date, which is a question of its own. */
function getEnd(fact: AdverseEventFact | ConditionFact) {
  const end = fact.kind === 'condition' ? fact.abated : fact.resolved;
  return end === null || isNullDate(end) ? null : end;
}

/** Checks an event or condition that ended before its onset. When it was detected or recorded is no onset. */
function checkEnd(fact: AdverseEventFact | ConditionFact): readonly SubjectQuestion[] {
  const end = getEnd(fact);
  if (end === null || fact.datedBy !== undefined || isNullDate(fact.at)) return [];
  if (!isCertainlyBefore(end, fact.at)) return [];
  return [
    buildContradiction({
      kind: 'end-before-onset',
      about: formatStatingResource(fact),
      detail: 'The end is on an earlier day than the onset.',
      fix: `Correct the ${fact.sources[0].resourceType}; if it is right as it is, reject the item with the reason.`,
      facts: [fact],
    }),
  ];
}

/** Lists what adverse events and conditions state against themselves. */
export function checkEventsAndConditions(facts: readonly Fact[]): readonly SubjectQuestion[] {
  return facts.flatMap((fact) => {
    if (fact.kind === 'adverse-event') return [...checkEvent(fact), ...checkEnd(fact)];
    return fact.kind === 'condition' ? checkEnd(fact) : [];
  });
}
