import type { Picture } from '../criteria/picture.ts';
import { addDays } from '../days.ts';
import type { Visit } from '../protocol.ts';
import type { Course } from './course.ts';
import { pictureOfWindow } from './pictures.ts';

/** A visit of one subject whose window has begun, in calendar days. */
export interface Due {
  readonly visit: Visit;
  readonly targetDay: string;
  readonly from: string;
  readonly to: string;
  /** No further count can fall into the window. */
  readonly over: boolean;
  readonly picture: Picture;
}

/** The visits that can be assessed: the window has begun, and the subject was alive when it did. */
export function dueVisits(course: Course): readonly Due[] {
  const due: Due[] = [];
  for (const visit of course.protocol.visits) {
    const from = addDays(course.dayZero, visit.from);
    if (from > course.today || (course.deathDay !== null && from > course.deathDay)) continue;
    const to = addDays(course.dayZero, visit.to);
    const targetDay = addDays(course.dayZero, visit.target);
    const picture = pictureOfWindow(course.counts, course.withoutValue, [from, to], targetDay);
    due.push({ visit, targetDay, from, to, over: course.today > to || course.ended, picture });
  }
  return due;
}
