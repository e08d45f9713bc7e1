import type { Random } from './seeded-random.ts';
import type { SubjectPlan } from './study-plan.ts';

export interface PlannedInfusion {
  /** Days after the first infusion. */
  readonly day: number;
  /** Dose in 10*4 cells per kg: 150 is 1.50 x 10*6/kg. null where the infusion was not given. */
  readonly dose: number | null;
}

/** The treatments of a subject, in days after the first infusion. */
export interface PlannedTreatment {
  readonly infusions: readonly PlannedInfusion[];
  readonly redCells: readonly number[];
  readonly platelets: readonly number[];
  readonly filgrastim: readonly number[];
}

/** In days. Transfusion-dependent subjects are transfused every three weeks: red cells one day, platelets the next. */
const TRANSFUSION_INTERVAL = 21;
const FIRST_RED_CELLS = -66;
const FIRST_PLATELETS = -65;
/** Days after the count at one month that showed a response. The second course is weekly. */
const SECOND_COURSE_DAYS = [7, 14, 21, 28] as const;
const MONTH_DAYS = 30;

/** G-CSF is given to subjects with very few neutrophils, about two days before some of the weekly counts. */
const FILGRASTIM_DAYS = [33, 54] as const;

export function planTreatment(
  plan: SubjectPlan,
  countDays: readonly number[],
  random: Random,
): PlannedTreatment {
  const lastTreatmentDay = plan.lastDay - 2;
  const redCells = [
    ...listTransfusionDays(FIRST_RED_CELLS, findRedCellsEnd(plan)),
    ...listDaysAfterRelapse(FIRST_RED_CELLS, plan),
  ];
  const platelets = [
    ...listTransfusionDays(FIRST_PLATELETS, findPlateletsEnd(plan)),
    ...listDaysAfterRelapse(FIRST_PLATELETS, plan),
  ];
  const needsFilgrastim = plan.outcome === 'NR' && plan.severity === 'VSAA';
  return {
    infusions: planInfusionDays(plan, countDays, random).map((day, i) => ({
      day,
      dose: drawDose(plan, i, random),
    })),
    redCells: redCells.filter((day) => day <= lastTreatmentDay),
    platelets: platelets.filter((day) => day <= lastTreatmentDay),
    filgrastim: needsFilgrastim ? FILGRASTIM_DAYS.filter((day) => day <= lastTreatmentDay) : [],
  };
}

function planInfusionDays(plan: SubjectPlan, countDays: readonly number[], random: Random): number[] {
  const first = [0, ...[7, 14, 21].map((day) => day + random.integer(-1, 1))];
  if (!plan.hasSecondCourse) return first;
  const monthDay = countDays.reduce((best, day) =>
    Math.abs(day - MONTH_DAYS) <= Math.abs(best - MONTH_DAYS) ? day : best,
  );
  return [...first, ...SECOND_COURSE_DAYS.map((days) => monthDay + days)];
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

/** Lists the transfusion days after a relapse, at the previous interval. */
function listDaysAfterRelapse(from: number, plan: SubjectPlan): number[] {
  const { relapseDay } = plan;
  if (relapseDay === null) return [];
  return listTransfusionDays(from, plan.lastDay).filter((day) => day > relapseDay);
}

/** Returns the last day of red cell transfusions. A subject with an erythroid response had the last before day 0. */
function findRedCellsEnd(plan: SubjectPlan): number {
  return plan.onset.erythroid === null ? plan.lastDay : 0;
}

/**
 * Returns the last day of platelet transfusions. A late responder gets them until ten days before the response; the
 * correction subject had none for six weeks.
 */
function findPlateletsEnd(plan: SubjectPlan): number {
  const { platelet } = plan.onset;
  if (platelet === null) return plan.lastDay;
  if (plan.isCorrectionSubject) return platelet - 42;
  return plan.hasSecondCourse ? 0 : Math.min(platelet - 10, 61);
}

/** Finds the day nearest to the planned one on which no transfusion of that interval confounds the counts. */
export function findUnconfoundedDay(plannedDay: number): number {
  for (let distance = 0; distance < TRANSFUSION_INTERVAL; distance++) {
    for (const day of [plannedDay + distance, plannedDay - distance]) {
      const daysSince =
        (((day - FIRST_RED_CELLS) % TRANSFUSION_INTERVAL) + TRANSFUSION_INTERVAL) % TRANSFUSION_INTERVAL;
      if (daysSince >= 16 && daysSince <= 19) return day;
    }
  }
  throw new Error('unreachable: every interval has unconfounded days');
}
