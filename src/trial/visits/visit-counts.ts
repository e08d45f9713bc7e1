import type { VisitCounts } from '../assessment.ts';
import { countDaysBetween } from '../calendar-days.ts';
import type { BloodCount } from '../criteria/situation.ts';
import type { Analyte } from '../facts.ts';
import { formatMeasured } from '../format-measured.ts';
import type { ClinicalCourse } from './clinical-course.ts';
import type { DueVisit } from './due-visits.ts';
import { listCountsBetween } from './select-counts.ts';

/** The counts of a response in the order of a blood count. */
const SHOWN_ANALYTES: readonly Analyte[] = ['anc', 'hemoglobin', 'platelets', 'reticulocytes'];

/** Lists the days of the window with counts that are nearer the target than the complete day that was chosen. */
function listNearerDays(course: ClinicalCourse, { targetDay, from, to, bloodCount }: DueVisit): string[] {
  const { completeDay } = bloodCount;
  if (completeDay === null) return [];
  const distance = Math.abs(countDaysBetween(targetDay, completeDay));
  const days = listCountsBetween(course.counts, from, to)
    .filter(({ isDayExact, fact }) => isDayExact && fact.analyte !== 'wbc')
    .map(({ day }) => day)
    .filter((day) => Math.abs(countDaysBetween(targetDay, day)) < distance);
  return [...new Set(days)].sort();
}

/** Lists the days of the counts of a response, earliest first. */
function listCountDays({ counts }: BloodCount): readonly string[] {
  const days = SHOWN_ANALYTES.flatMap((analyte) => counts.get(analyte)?.day ?? []);
  return [...new Set(days)].sort();
}

/** Describes the counts by which a visit was assessed, and why these were chosen. */
export function describeVisitCounts(course: ClinicalCourse, due: DueVisit): VisitCounts {
  const { bloodCount, targetDay, from, to } = due;
  const chosenBy = bloodCount.completeDay === null ? 'nearest-day' : 'complete-day';
  return {
    target: targetDay,
    window: [from, to],
    days: listCountDays(bloodCount),
    chosenBy: bloodCount.counts.size === 0 ? null : chosenBy,
    nearerDays: listNearerDays(course, due),
    values: SHOWN_ANALYTES.flatMap((analyte) => {
      const count = bloodCount.counts.get(analyte);
      if (count === undefined) return [];
      const { measured, day, reading } = count;
      return [{ analyte, value: formatMeasured(measured), day, reading }];
    }),
  };
}
