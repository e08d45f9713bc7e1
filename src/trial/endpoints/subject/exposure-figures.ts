import { Decimal } from 'decimal.js';
import type { Deviation } from '../../assessment.ts';
import { countDaysBetween } from '../../calendar-days.ts';
import { deriveDosePerKg } from '../../dosing/check-dose.ts';
import { matchInfusionsToPlan } from '../../dosing/match-plan.ts';
import type { Dosing, Protocol } from '../../protocol.ts';
import type { ClinicalCourse } from '../../visits/clinical-course.ts';

/** A subject's infusions. Doses in 10*6 cells per kg body weight. */
export interface ExposureFigures {
  /** Infusions of the first course, and those after it. */
  readonly firstCourse: number;
  readonly continuation: number;
  /** The dose of each infusion with a dose; `unknownDoses` counts the others. */
  readonly doses: readonly number[];
  readonly unknownDoses: number;
  /** The sum of all doses; null where one of them is not known. */
  readonly cumulative: number | null;
  /**
   * The first course's dose per day against the plan's, as a share: 1 is as planned. Null where a dose is not known. The
   * course lasts at least as long as planned.
   */
  readonly intensity: number | null;
  readonly stopped: number;
  /** Planned infusions that were given outside their tolerance, that were missed, and doses out of range. */
  readonly displaced: number;
  readonly missed: number;
  readonly outOfRange: number;
}

/** The planned dose per kg: the protocol's, else the middle of its range. */
export function derivePlannedDose({ analysis, dosing }: Protocol): Decimal {
  if (analysis.plannedPerKg !== null) return new Decimal(analysis.plannedPerKg);
  return new Decimal(dosing.minPerKg).plus(dosing.maxPerKg).div(2);
}

/** The days of the planned first course: to its last day, and one interval. */
const countPlannedDays = ({ days, continuation }: Dosing): number =>
  (days.at(-1) ?? 0) + continuation.everyDays;

function sumDoses(doses: readonly (Decimal | null)[]): Decimal | null {
  let sum = new Decimal(0);
  for (const dose of doses) {
    if (dose === null) return null;
    sum = sum.plus(dose);
  }
  return sum;
}

/**
 * Derives a subject's exposure from their course. The intensity is the sum of the first course's doses per day of the
 * course, divided by the planned sum per planned day.
 */
export function deriveExposureFigures(
  { infusions, facts, dayZero, protocol }: ClinicalCourse,
  deviations: readonly Deviation[],
): ExposureFigures {
  const { dosing } = protocol;
  const { numbered } = matchInfusionsToPlan(infusions, dayZero, dosing);
  const dosed = numbered.map(({ given, number }) => {
    const dose = deriveDosePerKg(given.fact, facts, dosing);
    return { given, isFirst: number <= dosing.days.length, dose: dose && new Decimal(dose.value) };
  });
  const first = dosed.filter(({ isFirst }) => isFirst);
  const cumulative = sumDoses(dosed.map(({ dose }) => dose));
  const firstDose = sumDoses(first.map(({ dose }) => dose));
  const planned = countPlannedDays(dosing);
  const lastDay =
    first.map(({ given }) => countDaysBetween(dayZero, given.day)).sort((a, b) => b - a)[0] ?? 0;
  const lasted = Math.max(planned, lastDay + dosing.continuation.everyDays);
  const plannedDose = derivePlannedDose(protocol).times(dosing.days.length);
  const countDeviations = (kind: Deviation['kind']) =>
    deviations.filter((deviation) => deviation.kind === kind).length;
  return {
    firstCourse: first.length,
    continuation: dosed.length - first.length,
    doses: dosed.flatMap(({ dose }) => (dose === null ? [] : [dose.toNumber()])),
    unknownDoses: dosed.filter(({ dose }) => dose === null).length,
    cumulative: cumulative?.toNumber() ?? null,
    intensity: firstDose?.div(plannedDose).times(planned).div(lasted).toNumber() ?? null,
    stopped: dosed.filter(({ given }) => given.fact.status === 'stopped').length,
    displaced: countDeviations('displaced-infusion'),
    missed: countDeviations('missed-infusion'),
    outOfRange: countDeviations('dose-out-of-range'),
  };
}
