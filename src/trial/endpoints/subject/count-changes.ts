import { Decimal } from 'decimal.js';
import { countDaysBetween } from '../../calendar-days.ts';
import type { UsableCount } from '../../criteria/situation.ts';
import type { Analyte } from '../../facts.ts';
import type { ClinicalCourse } from '../../visits/clinical-course.ts';
import { VISIT_ANALYTES } from './visit-figures.ts';

/** The largest rise of one count of one subject over the baseline, in the trial's unit; a fall where none rose. */
export interface CountChange {
  readonly analyte: Analyte;
  readonly baseline: number;
  readonly best: number;
  readonly change: number;
  /** In percent of the baseline; null for a baseline of 0. */
  readonly percent: number | null;
  /** Days from the first infusion to the first count with that value. */
  readonly day: number;
}

const isPlainValue = ({ measured }: UsableCount): boolean =>
  measured.comparator === null && measured.upTo === undefined;

function findBestCount(counts: readonly UsableCount[]): UsableCount | undefined {
  return counts.reduce<UsableCount | undefined>((best, count) => {
    const isBetter = best === undefined || new Decimal(count.measured.value).gt(best.measured.value);
    return isBetter ? count : best;
  }, undefined);
}

/**
 * Lists the best change of each count, for a waterfall plot: of the unconfounded counts with an exact day after the first
 * infusion, up to the end of the observation. A count that is a limit (<5) or a range is not used. Without a baseline or
 * a later count the analyte is left out.
 */
export function listCountChanges({ counts, baseline, dayZero }: ClinicalCourse): readonly CountChange[] {
  return VISIT_ANALYTES.flatMap((analyte) => {
    const before = baseline.counts.get(analyte);
    const later = counts.filter(
      (count) =>
        count.fact.analyte === analyte &&
        count.isDayExact &&
        count.day > dayZero &&
        count.confounders.length === 0 &&
        isPlainValue(count),
    );
    const best = findBestCount(later);
    if (!before || !best || !isPlainValue(before)) return [];
    const [from, to] = [new Decimal(before.measured.value), new Decimal(best.measured.value)];
    const change = to.minus(from);
    const percent = from.isZero() ? null : change.times(100).div(from).toDecimalPlaces(1).toNumber();
    return [
      {
        analyte,
        baseline: from.toNumber(),
        best: to.toNumber(),
        change: change.toNumber(),
        percent,
        day: countDaysBetween(dayZero, best.day),
      },
    ];
  });
}
