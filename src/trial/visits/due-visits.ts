import { addDays } from '../calendar-days.ts';
import type { BloodCount } from '../criteria/situation.ts';
import type { Visit } from '../protocol.ts';
import type { ClinicalCourse } from './clinical-course.ts';
import { selectWindowCount } from './select-counts.ts';

/** A visit of one subject whose window has begun, in calendar days. */
export interface DueVisit {
  readonly visit: Visit;
  readonly targetDay: string;
  readonly from: string;
  readonly to: string;
  /** No further count can fall into the window. */
  readonly isOver: boolean;
  readonly bloodCount: BloodCount;
}

/** The visits that can be assessed: the window has begun, and the subject was alive when it did. */
export function listDueVisits(course: ClinicalCourse): readonly DueVisit[] {
  const due: DueVisit[] = [];
  for (const visit of course.protocol.visits) {
    const from = addDays(course.dayZero, visit.from);
    if (from > course.today || (course.deathDay !== null && from > course.deathDay)) continue;
    const to = addDays(course.dayZero, visit.to);
    const targetDay = addDays(course.dayZero, visit.target);
    const picture = selectWindowCount(course.counts, course.resultsWithoutValue, [from, to], targetDay);
    due.push({
      visit,
      targetDay,
      from,
      to,
      isOver: course.today > to || course.hasEnded,
      bloodCount: picture,
    });
  }
  return due;
}
