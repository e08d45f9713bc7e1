import type { Random } from './seeded-random.ts';
import type { SubjectPlan } from './study-plan.ts';

export interface PlannedInfusion {
  /** Days after the first infusion. */
  readonly day: number;
  /** Dose in 10*4 cells per kg, so that 150 is 1.50 x 10*6/kg; null where it was not given. */
  readonly dose: number | null;
}

/** What was given to a subject, in days after the first infusion. */
export interface PlannedTreatment {
  readonly infusions: readonly PlannedInfusion[];
  readonly redCells: readonly number[];
  readonly platelets: readonly number[];
  readonly filgrastim: readonly number[];
}

/** Those who need transfusions come every three weeks: red cells one day, platelets the next. */
const TRANSFUSION_INTERVAL = 21;
const FIRST_RED_CELLS = -24;
const FIRST_PLATELETS = -23;
/** Weekly, from the count at one month on which the doctor saw an answer. */
const SECOND_COURSE_DAYS = [7, 14, 21, 28] as const;
const MONTH_DAYS = 30;

/** G-CSF is given about two days before some of the weekly counts to those with hardly any neutrophils. */
const FILGRASTIM_DAYS = [33, 54] as const;

export function planTreatment(
  plan: SubjectPlan,
  countDays: readonly number[],
  random: Random,
): PlannedTreatment {
  const until = plan.lastDay - 2;
  const ofRedCells = [
    ...listTransfusionDays(FIRST_RED_CELLS, findRedCellsEnd(plan)),
    ...listDaysAfterRelapse(FIRST_RED_CELLS, plan),
  ];
  const ofPlatelets = [
    ...listTransfusionDays(FIRST_PLATELETS, findPlateletsEnd(plan)),
    ...listDaysAfterRelapse(FIRST_PLATELETS, plan),
  ];
  const needsFilgrastim = plan.outcome === 'NR' && plan.severity === 'VSAA';
  return {
    infusions: planInfusionDays(plan, countDays, random).map((day, i) => ({
      day,
      dose: drawDose(plan, i, random),
    })),
    redCells: ofRedCells.filter((day) => day <= until),
    platelets: ofPlatelets.filter((day) => day <= until),
    filgrastim: needsFilgrastim ? FILGRASTIM_DAYS.filter((day) => day <= until) : [],
  };
}

function planInfusionDays(plan: SubjectPlan, countDays: readonly number[], random: Random): number[] {
  const first = [0, ...[7, 14, 21].map((day) => day + random.integer(-1, 1))];
  if (!plan.hasSecondCourse) return first;
  const seen = countDays.reduce((best, day) =>
    Math.abs(day - MONTH_DAYS) <= Math.abs(best - MONTH_DAYS) ? day : best,
  );
  return [...first, ...SECOND_COURSE_DAYS.map((after) => seen + after)];
}

function drawDose(plan: SubjectPlan, i: number, random: Random): number | null {
  const dose = random.integer(100, 200);
  if (plan.mishap === 'third-missed' && i === 2) return null;
  return plan.mishap === 'fourth-too-large' && i === 3 ? 250 : dose;
}

function listTransfusionDays(from: number, end: number): number[] {
  const days: number[] = [];
  for (let day = from; day <= end; day += TRANSFUSION_INTERVAL) days.push(day);
  return days;
}

/** After a relapse he needs them again, in the old rhythm. */
function listDaysAfterRelapse(from: number, plan: SubjectPlan): number[] {
  const { relapseDay: relapse } = plan;
  if (relapse === null) return [];
  return listTransfusionDays(from, plan.lastDay).filter((day) => day > relapse);
}

/** Red cells are no longer needed once the marrow makes its own: the last ones came before the first infusion. */
function findRedCellsEnd(plan: SubjectPlan): number {
  return plan.onset.erythroid === null ? plan.lastDay : 0;
}

/** Where platelets answer late, they are given until ten days before; the corrected subject did without for six weeks. */
function findPlateletsEnd(plan: SubjectPlan): number {
  const { platelet } = plan.onset;
  if (platelet === null) return plan.lastDay;
  if (plan.isCorrectionSubject) return platelet - 42;
  return plan.hasSecondCourse ? 0 : Math.min(platelet - 10, 61);
}

/** The day nearest the wanted one on which no transfusion of that rhythm blurs the counts any more. */
export function findQuietDay(wanted: number): number {
  for (let away = 0; away < TRANSFUSION_INTERVAL; away++) {
    for (const day of [wanted + away, wanted - away]) {
      const since =
        (((day - FIRST_RED_CELLS) % TRANSFUSION_INTERVAL) + TRANSFUSION_INTERVAL) % TRANSFUSION_INTERVAL;
      if (since >= 16 && since <= 19) return day;
    }
  }
  throw new Error('unreachable: every rhythm has quiet days');
}
