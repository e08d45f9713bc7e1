import { type Count, countOn, type Marrow, marrowOf } from './counts.ts';
import type { SubjectPlan } from './plan.ts';
import { type Random, randomOf } from './random.ts';
import { quietDay, type Treatment, treat } from './treatment.ts';

/** What happened to one subject: the truth that the hospitals then tell, each in its own way. */
export interface SubjectCourse {
  readonly plan: SubjectPlan;
  readonly counts: readonly Count[];
  readonly treatment: Treatment;
  /** Body weight in hundreds of grams, and the days on which it was taken. */
  readonly weight: number;
  readonly weighedOn: readonly number[];
  /** Day of the infection's onset and end; null where there was none. */
  readonly infection: { readonly from: number; readonly to: number } | null;
  /** Day of the infusion after which headache and fever came; null where they did not. */
  readonly adverseEventDay: number | null;
  /** Day on which antithymocyte globulin had been given; null where never. */
  readonly atgDay: number | null;
  readonly diagnosedDay: number;
}

const BEFORE = [-15, -8, -5];
const VISITS = [183, 274, 365];
const FOLLOW_UP_EVERY = 91;

export function courseOf(plan: SubjectPlan, seed: number): SubjectCourse {
  const random = randomOf(seed, plan.subject);
  const days = countDays(plan, random);
  const treatment = treat(plan, days, random);
  const marrow = marrowOf(plan, random);
  const counts = days.map((day) => countOf(day, marrow, treatment, plan, random));
  const infusions = treatment.infusions.map((one) => one.day);
  return {
    plan,
    counts,
    treatment,
    weight: random.whole(450, 820),
    weighedOn: infusions.map((day) => day - 1),
    infection: infectionOf(plan, random),
    adverseEventDay: plan.headacheAndFever ? (infusions[random.whole(0, 3)] ?? 0) : null,
    atgDay: plan.previousAtg ? -random.whole(120, 420) : null,
    diagnosedDay: -random.whole(430, 900),
  };
}

function countOf(
  day: number,
  marrow: Marrow,
  treatment: Treatment,
  plan: SubjectPlan,
  random: Random,
): Count {
  const count = countOn(day, marrow, treatment, plan, random);
  return plan.correction && day === CORRECTED_DAY ? { ...count, platelets: 33 } : count;
}

/** The count of the M3 visit that the laboratory will correct for one subject, and what it should have said. */
export const CORRECTED_DAY = 91;
export const CORRECTED_PLATELETS = 13;

/** Before the cells, about weekly for three months, at 6, 9 and 12 months, then every three months. */
function countDays(plan: SubjectPlan, random: Random): number[] {
  const jitter = plan.correction ? () => 0 : () => random.whole(-1, 1);
  const onsets = Object.values(plan.onset).filter((day) => day !== null);
  // The fourth is the visit at one month, which decides on more infusions.
  const weekly = Array.from({ length: 13 }, (_, i) => (i === 3 ? 30 : 7 * (i + 1) + jitter()));
  // Where a line begins to answer the doctor takes a count that day, not the weekly one next to it.
  const kept = weekly.filter((day) => onsets.every((onset) => Math.abs(day - onset) > 1));
  const relapse = plan.relapse === null ? [] : [plan.relapse + 3];
  const later = [...VISITS, ...followUps(plan.lastDay)].map((day) => quietDay(day));
  const last = plan.died ? plan.lastDay - 1 : plan.lastDay;
  const wanted = [...BEFORE, ...kept, ...onsets, ...relapse, ...later].filter((day) => day < last - 1);
  return [...new Set([...wanted, last])].sort((a, b) => a - b);
}

function followUps(lastDay: number): number[] {
  const days: number[] = [];
  for (let day = 365 + FOLLOW_UP_EVERY; day < lastDay - 20; day += FOLLOW_UP_EVERY) days.push(day);
  return days;
}

function infectionOf(plan: SubjectPlan, random: Random): SubjectCourse['infection'] {
  if (!plan.infection) return null;
  const from = random.whole(5, Math.min(300, plan.lastDay - 30));
  return { from, to: from + random.whole(7, 21) };
}
