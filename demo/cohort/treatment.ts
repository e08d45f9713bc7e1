import type { SubjectPlan } from './plan.ts';
import type { Random } from './random.ts';

export interface Infusion {
  /** Days after the first infusion. */
  readonly day: number;
  /** Dose in 10*4 cells per kg, so that 150 is 1.50 x 10*6/kg; null where it was not given. */
  readonly dose: number | null;
}

/** What was given to a subject, in days after the first infusion. */
export interface Treatment {
  readonly infusions: readonly Infusion[];
  readonly redCells: readonly number[];
  readonly platelets: readonly number[];
  readonly filgrastim: readonly number[];
}

/** Those who need transfusions come every three weeks: red cells one day, platelets the next. */
const EVERY = 21;
const FIRST_RED_CELLS = -24;
const FIRST_PLATELETS = -23;
/** Weekly, from the count at one month on which the doctor saw an answer. */
const SECOND_COURSE = [7, 14, 21, 28] as const;
const MONTH = 30;

/** G-CSF is given about two days before some of the weekly counts to those with hardly any neutrophils. */
const FILGRASTIM_DAYS = [33, 54] as const;

export function treat(plan: SubjectPlan, countDays: readonly number[], random: Random): Treatment {
  const until = plan.lastDay - 2;
  const ofRedCells = [
    ...transfusionDays(FIRST_RED_CELLS, redCellsEnd(plan)),
    ...again(FIRST_RED_CELLS, plan),
  ];
  const ofPlatelets = [
    ...transfusionDays(FIRST_PLATELETS, plateletsEnd(plan)),
    ...again(FIRST_PLATELETS, plan),
  ];
  const needsFilgrastim = plan.outcome === 'NR' && plan.severity === 'VSAA';
  return {
    infusions: infusionDays(plan, countDays, random).map((day, i) => ({
      day,
      dose: doseOf(plan, i, random),
    })),
    redCells: ofRedCells.filter((day) => day <= until),
    platelets: ofPlatelets.filter((day) => day <= until),
    filgrastim: needsFilgrastim ? FILGRASTIM_DAYS.filter((day) => day <= until) : [],
  };
}

function infusionDays(plan: SubjectPlan, countDays: readonly number[], random: Random): number[] {
  const first = [0, ...[7, 14, 21].map((day) => day + random.whole(-1, 1))];
  if (!plan.secondCourse) return first;
  const seen = countDays.reduce((best, day) =>
    Math.abs(day - MONTH) <= Math.abs(best - MONTH) ? day : best,
  );
  return [...first, ...SECOND_COURSE.map((after) => seen + after)];
}

function doseOf(plan: SubjectPlan, i: number, random: Random): number | null {
  const dose = random.whole(100, 200);
  if (plan.mishap === 'third-missed' && i === 2) return null;
  return plan.mishap === 'fourth-too-large' && i === 3 ? 250 : dose;
}

function transfusionDays(from: number, end: number): number[] {
  const days: number[] = [];
  for (let day = from; day <= end; day += EVERY) days.push(day);
  return days;
}

/** After a relapse he needs them again, in the old rhythm. */
function again(from: number, plan: SubjectPlan): number[] {
  const { relapse } = plan;
  if (relapse === null) return [];
  return transfusionDays(from, plan.lastDay).filter((day) => day > relapse);
}

/** Red cells are no longer needed once the marrow makes its own: the last ones came before the first infusion. */
function redCellsEnd(plan: SubjectPlan): number {
  return plan.onset.erythroid === null ? plan.lastDay : 0;
}

/** Where platelets answer late, they are given until ten days before; the corrected subject did without for six weeks. */
function plateletsEnd(plan: SubjectPlan): number {
  const { platelet } = plan.onset;
  if (platelet === null) return plan.lastDay;
  if (plan.correction) return platelet - 42;
  return plan.secondCourse ? 0 : Math.min(platelet - 10, 61);
}

/** The day nearest the wanted one on which no transfusion of that rhythm blurs the counts any more. */
export function quietDay(wanted: number): number {
  for (let away = 0; away < EVERY; away++) {
    for (const day of [wanted + away, wanted - away]) {
      const since = (((day - FIRST_RED_CELLS) % EVERY) + EVERY) % EVERY;
      if (since >= 16 && since <= 19) return day;
    }
  }
  throw new Error('unreachable: every rhythm has quiet days');
}
