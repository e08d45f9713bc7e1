import type { SubjectAssessment } from './assessment.ts';
import { addDays } from './calendar-days.ts';
import type { Fact } from './facts.ts';
import type { Protocol } from './protocol.ts';

/** A day before which every day lies that an assessment can be made on. */
const NEVER = '9999-12-31';

/** Lists the days on which the clock of the protocol moves on: a window begins, or is over; an infusion is overdue. */
function listProtocolDays({ visits, dosing }: Protocol, dayZero: string): readonly string[] {
  const afterStart = [
    ...visits.flatMap(({ from, to }) => [from, to + 1]),
    ...dosing.days.map((due) => due + dosing.toleranceDays + 1),
  ];
  return afterStart.map((days) => addDays(dayZero, days));
}

/** Whether a day in the assessment is the day on which it was made, and so may be another one on the next day. */
function hasDayOfAssessment({ assessments, clonalEvolution }: SubjectAssessment, today: string): boolean {
  return (
    clonalEvolution?.until === today ||
    assessments.some(({ kind, effective }) => kind === 'best-response' && effective === today)
  );
}

/**
 * Derives the last site-local day as of which the same reconciled facts yield the same assessment as on `today`: the day
 * before a dated fact becomes known, a visit window begins or is over, or a planned infusion is overdue. It is `today` where
 * the assessment itself names the day on which it was made. Where nothing is to come it is the last day of all.
 */
export function deriveUnchangedUntil(
  facts: readonly Fact[],
  protocol: Protocol,
  assessment: SubjectAssessment,
  today: string,
): string {
  if (hasDayOfAssessment(assessment, today)) return today;
  const planned = assessment.dayZero === null ? [] : listProtocolDays(protocol, assessment.dayZero);
  let next = NEVER;
  const take = (day: string): void => {
    if (day > today && day < next) next = day;
  };
  for (const fact of facts) if (fact.kind !== 'person') take(fact.at.earliestDay);
  planned.forEach(take);
  return next === NEVER ? NEVER : addDays(next, -1);
}
