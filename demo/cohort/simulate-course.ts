import { drawMarrow, type Marrow, type SimulatedCount, simulateCount } from './blood-counts.ts';
import { findUnconfoundedDay, type PlannedTreatment, planTreatment } from './plan-treatment.ts';
import { createRandom, type Random } from './seeded-random.ts';
import type { SubjectPlan } from './study-plan.ts';

/** The true course of one subject, which the hospital then records in its own dialect. */
export interface SimulatedCourse {
  readonly plan: SubjectPlan;
  readonly counts: readonly SimulatedCount[];
  readonly treatment: PlannedTreatment;
  /** Body weight in units of 100 g. */
  readonly weight: number;
  readonly weightDays: readonly number[];
  /** Days of the infection's onset and resolution; null where there was none. */
  readonly infection: { readonly from: number; readonly to: number } | null;
  /** Day of the infusion after which headache and fever occurred; null where they did not. */
  readonly adverseEventDay: number | null;
  /** Day on which antithymocyte globulin was given; null where it was not. */
  readonly atgDay: number | null;
  readonly diagnosedDay: number;
}

const BASELINE_DAYS = [-15, -8, -5];
const VISIT_DAYS = [183, 274, 365];
const FOLLOW_UP_INTERVAL = 91;

export function simulateCourse(plan: SubjectPlan, seed: number): SimulatedCourse {
  const random = createRandom(seed, plan.subject);
  const days = planCountDays(plan, random);
  const treatment = planTreatment(plan, days, random);
  const marrow = drawMarrow(plan, random);
  const counts = days.map((day) => simulatePlannedCount(day, marrow, treatment, plan, random));
  const infusions = treatment.infusions.map(({ day }) => day);
  return {
    plan,
    counts,
    treatment,
    weight: random.integer(450, 820),
    weightDays: infusions.map((day) => day - 1),
    infection: drawInfection(plan, random),
    adverseEventDay: plan.hasHeadacheAndFever ? (infusions[random.integer(0, 3)] ?? 0) : null,
    atgDay: plan.hasPreviousAtg ? -random.integer(120, 420) : null,
    diagnosedDay: -random.integer(430, 900),
  };
}

function simulatePlannedCount(
  day: number,
  marrow: Marrow,
  treatment: PlannedTreatment,
  plan: SubjectPlan,
  random: Random,
): SimulatedCount {
  const count = simulateCount(day, marrow, treatment, plan, random);
  return plan.isCorrectionSubject && day === CORRECTED_DAY ? { ...count, platelets: 33 } : count;
}

/** The day of one subject's M3 count that the laboratory corrects, and the corrected platelets in 10*9/L. */
export const CORRECTED_DAY = 91;
export const CORRECTED_PLATELETS = 13;

/** Plans the counts: before the cells, about weekly for three months, at 6, 9 and 12 months, then every three months. */
function planCountDays(plan: SubjectPlan, random: Random): number[] {
  const jitter = plan.isCorrectionSubject ? () => 0 : () => random.integer(-1, 1);
  const onsets = Object.values(plan.onset).filter((day) => day !== null);
  // The fourth is the visit at one month, which decides on further infusions.
  const weekly = Array.from({ length: 13 }, (_, i) => (i === 3 ? 30 : 7 * (i + 1) + jitter()));
  // On the day of a lineage's onset a count is taken, in place of the weekly count next to it.
  const keptWeekly = weekly.filter((day) => onsets.every((onset) => Math.abs(day - onset) > 1));
  const relapse = plan.relapseDay === null ? [] : [plan.relapseDay + 3];
  const later = [...VISIT_DAYS, ...listFollowUpDays(plan.lastDay)].map((day) => findUnconfoundedDay(day));
  const lastCountDay = plan.hasDied ? plan.lastDay - 1 : plan.lastDay;
  const planned = [...BASELINE_DAYS, ...keptWeekly, ...onsets, ...relapse, ...later].filter(
    (day) => day < lastCountDay - 1,
  );
  return [...new Set([...planned, lastCountDay])].sort((a, b) => a - b);
}

function listFollowUpDays(lastDay: number): number[] {
  const days: number[] = [];
  for (let day = 365 + FOLLOW_UP_INTERVAL; day < lastDay - 20; day += FOLLOW_UP_INTERVAL) days.push(day);
  return days;
}

/** The first course of infusions: infections count as a predictor in these days. */
const INFECTION_ONSETS = [2, 24] as const;

function drawInfection(plan: SubjectPlan, random: Random): SimulatedCourse['infection'] {
  if (!plan.hasInfection) return null;
  const from = random.integer(...INFECTION_ONSETS);
  return { from, to: from + random.integer(7, 21) };
}
