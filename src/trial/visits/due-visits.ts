import { addDays } from '../calendar-days.ts';
import type { BloodCount, UsableCount } from '../criteria/situation.ts';
import type { LabFact } from '../facts.ts';
import type { Visit } from '../protocol.ts';
import { rememberByMembers } from '../remember-by-members.ts';
import type { ClinicalCourse } from './clinical-course.ts';
import { type CountPreference, listCountsBetween, selectWindowCount } from './select-counts.ts';

/** A visit of one subject whose window has begun, in calendar days. */
export interface DueVisit {
  readonly visit: Visit;
  readonly targetDay: string;
  readonly from: string;
  readonly to: string;
  /** Whether no further count can fall into the window. */
  readonly isOver: boolean;
  readonly bloodCount: BloodCount;
}

const selectWindowCountOnce = rememberByMembers(
  (
    inside: readonly UsableCount[],
    from: string,
    to: string,
    target: string,
    prefer: CountPreference,
    ...resultsWithoutValue: readonly LabFact[]
  ): BloodCount => selectWindowCount(inside, resultsWithoutValue, [from, to], target, prefer),
);

/** Lists the visits that can be assessed: the window has begun, and the subject was alive when it did. */
export function listDueVisits(course: ClinicalCourse): readonly DueVisit[] {
  const due: DueVisit[] = [];
  for (const visit of course.protocol.visits) {
    const from = addDays(course.dayZero, visit.from);
    if (from > course.today || (course.deathDay !== null && from > course.deathDay)) continue;
    const to = addDays(course.dayZero, visit.to);
    const targetDay = addDays(course.dayZero, visit.target);
    const without = course.resultsWithoutValue.filter(
      ({ at }) => at.earliestDay >= from && at.latestDay <= to,
    );
    const bloodCount = selectWindowCountOnce(
      listCountsBetween(course.counts, from, to),
      ...([from, to, targetDay, course.protocol.countSelection.prefer] as const),
      ...without,
    );
    due.push({
      visit,
      targetDay,
      from,
      to,
      isOver: course.today > to || course.hasEnded,
      bloodCount,
    });
  }
  return due;
}
