import type { PlannedTreatment } from './plan-treatment.ts';
import type { Random } from './seeded-random.ts';
import type { SubjectPlan } from './study-plan.ts';

/** One blood count. Leukocytes and neutrophils per mm3, haemoglobin in g/L, platelets and reticulocytes in 10*9/L. */
export interface SimulatedCount {
  /** Days after the first infusion. */
  readonly day: number;
  /** Minutes after local midnight. */
  readonly minutes: number;
  readonly wbc: number;
  readonly anc: number;
  readonly hemoglobin: number;
  readonly platelets: number;
  readonly reticulocytes: number;
}

export type CountedAnalyte = Exclude<keyof SimulatedCount, 'day' | 'minutes'>;

/**
 * The course of one lineage: its level at the start, on the day of onset and at the plateau, with its time constants.
 */
interface LineageCourse {
  readonly baseLevel: number;
  /** The level after the first infusion of a line that does not respond. */
  readonly settledLevel: number;
  readonly onsetDay: number | null;
  readonly onsetLevel: number;
  readonly plateauLevel: number;
  /** Time constant of the rise to the plateau, in days. */
  readonly settleDays: number;
  /** Time constant of the fall after a relapse, in days; 0 for an immediate fall. */
  readonly fallDays: number;
}

/** The courses of a subject's lineages. */
export interface Marrow {
  readonly anc: LineageCourse;
  readonly hemoglobin: LineageCourse;
  readonly platelets: LineageCourse;
  readonly reticulocytes: LineageCourse;
  /** Leukocytes other than neutrophils, per mm3. */
  readonly otherCells: number;
}

/** Draws the subject's marrow: its output before the cells are given, and after a response where the plan has one. */
export function drawMarrow(plan: SubjectPlan, random: Random): Marrow {
  return {
    anc: drawNeutrophilCourse(plan, random),
    hemoglobin: drawHaemoglobinCourse(plan, random),
    platelets: drawPlateletCourse(plan, random),
    reticulocytes: drawReticulocyteCourse(plan, random),
    otherCells: random.integer(80, 160) * 10,
  };
}

/** Neutrophils per mm3 before treatment, by severity. */
const NEUTROPHIL_BASELINES = { NSAA: [620, 880], SAA: [220, 275], VSAA: [90, 140] } as const;

/**
 * A neutrophil response is defined only below 0.5 10*9/L before. A subject with non-severe disease who has one starts below
 * it, with reticulocytes above the threshold of severe disease, so that only one line is low.
 */
const NEUTROPENIC_BASELINE = [380, 450] as const;
const NEUTROPENIC_RETICULOCYTES = [65, 72] as const;

const isNeutropenicResponder = ({ severity, onset }: SubjectPlan): boolean =>
  severity === 'NSAA' && onset.neutrophil !== null;

/** How much a line that does not respond gains in a responder: response in non-severe disease asks that no line is worse. */
const SLIGHT_GAIN = 1.13;

const deriveSettledLevel = (plan: SubjectPlan, base: number): number =>
  plan.severity === 'NSAA' && plan.outcome !== 'NR' ? base * SLIGHT_GAIN : base;

function drawNeutrophilCourse(plan: SubjectPlan, random: Random): LineageCourse {
  const { severity, outcome } = plan;
  const onset = plan.onset.neutrophil;
  const [low, high] = isNeutropenicResponder(plan) ? NEUTROPENIC_BASELINE : NEUTROPHIL_BASELINES[severity];
  const base = random.between(low, high);
  const first = severity === 'NSAA' ? 2.4 * base + 100 : 740;
  const complete = outcome === 'CR' ? random.between(2700, 3400) : null;
  const partial = severity === 'NSAA' ? random.between(2400, 2900) : random.between(950, 1350);
  return {
    baseLevel: base,
    settledLevel: deriveSettledLevel(plan, base),
    onsetDay: onset,
    onsetLevel: first,
    plateauLevel: complete ?? partial,
    settleDays: 25,
    fallDays: 0,
  };
}

/** Haemoglobin in g/L before treatment, by severity. */
const HAEMOGLOBIN_BASELINES = { NSAA: [64, 76], SAA: [56, 70], VSAA: [56, 70] } as const;

function drawHaemoglobinCourse(plan: SubjectPlan, random: Random): LineageCourse {
  const onset = plan.onset.erythroid;
  // A subject who responds in red cells alone starts below 60 g/L, so that the rise of more than 30 g/L decides.
  const isErythroidOnly = onset !== null && plan.onset.neutrophil === null && plan.onset.platelet === null;
  const [low, high] = isErythroidOnly ? [54, 56] : HAEMOGLOBIN_BASELINES[plan.severity];
  const base = random.between(low, high);
  const complete = plan.sex === 'male' ? 144 : 134;
  const plateau = plan.outcome === 'CR' ? complete : random.between(100, 112);
  return {
    baseLevel: base,
    settledLevel: deriveSettledLevel(plan, base),
    onsetDay: onset,
    onsetLevel: base + 22,
    plateauLevel: plateau,
    settleDays: 40,
    fallDays: 12,
  };
}

function drawPlateletCourse(plan: SubjectPlan, random: Random): LineageCourse {
  const onset = plan.onset.platelet;
  const isModerate = plan.severity === 'NSAA';
  const base = isModerate ? random.between(25, 31) : plan.isCorrectionSubject ? 9 : random.between(7, 13);
  const first = isModerate ? 2.3 * base + 8 : base + 27;
  const complete = plan.outcome === 'CR' ? random.between(185, 225) : null;
  const partial = plan.isCorrectionSubject
    ? 38
    : isModerate
      ? random.between(90, 120)
      : random.between(60, 110);
  return {
    baseLevel: base,
    settledLevel: deriveSettledLevel(plan, base),
    onsetDay: onset,
    onsetLevel: first,
    plateauLevel: complete ?? partial,
    settleDays: 35,
    fallDays: 0,
  };
}

function drawReticulocyteCourse(plan: SubjectPlan, random: Random): LineageCourse {
  const [low, high] = plan.severity === 'NSAA' ? [27, 42] : [8, 24];
  const base = isNeutropenicResponder(plan)
    ? random.between(...NEUTROPENIC_RETICULOCYTES)
    : random.between(low, high);
  // The correction subject stays reticulocytopenic, so that the platelets decide.
  const [first, plateau] = plan.isCorrectionSubject ? [36, 40] : [74, random.between(80, 110)];
  return {
    baseLevel: base,
    settledLevel: deriveSettledLevel(plan, base),
    onsetDay: plan.onset.erythroid,
    onsetLevel: first,
    plateauLevel: plateau,
    settleDays: 20,
    fallDays: 0,
  };
}

/** Simulates a day's blood count: the marrow's output, the effect of transfusions and G-CSF, and noise. */
export function simulateCount(
  day: number,
  marrow: Marrow,
  treatment: PlannedTreatment,
  plan: SubjectPlan,
  random: Random,
): SimulatedCount {
  const computeDayLevel = (course: LineageCourse) => computeLevel(day, course, plan.relapseDay);
  const anc =
    computeDayLevel(marrow.anc) * drawNoise(random, 0.07) +
    computeRemainingEffect(day, treatment.filgrastim, 1200, 5);
  const hemoglobin =
    computeDayLevel(marrow.hemoglobin) +
    random.between(-2, 2) +
    computeRemainingEffect(day, treatment.redCells, 14, 12);
  const platelets =
    computeDayLevel(marrow.platelets) * drawNoise(random, 0.05) +
    computeRemainingEffect(day, treatment.platelets, 24, 5);
  const otherCells = marrow.otherCells * drawNoise(random, 0.1);
  const neutrophilCells = Math.round(anc / 10) * 10;
  return {
    day,
    minutes: random.integer(7 * 60, 8 * 60 + 50),
    wbc: neutrophilCells + Math.round(otherCells / 10) * 10,
    anc: neutrophilCells,
    hemoglobin: Math.round(hemoglobin),
    platelets: Math.round(platelets),
    reticulocytes: Math.round(computeDayLevel(marrow.reticulocytes) * drawNoise(random, 0.06)),
  };
}

/** Computes a lineage's level: flat, a slight rise in the week before onset, a rise to the plateau, a fall after relapse. */
function computeLevel(day: number, course: LineageCourse, relapseDay: number | null): number {
  const { baseLevel, settledLevel, onsetDay, onsetLevel, plateauLevel, settleDays, fallDays } = course;
  if (onsetDay === null) return day < 0 ? baseLevel : settledLevel;
  if (relapseDay !== null && day >= relapseDay) {
    const remaining = fallDays === 0 ? 0 : Math.exp(-(day - relapseDay) / fallDays);
    return baseLevel + (plateauLevel - baseLevel) * remaining;
  }
  if (day < onsetDay) {
    return baseLevel + (onsetLevel - baseLevel) * 0.06 * Math.max(0, 1 - (onsetDay - day) / 7);
  }
  return onsetLevel + (plateauLevel - onsetLevel) * (1 - Math.exp(-(day - onsetDay) / settleDays));
}

function drawNoise(random: Random, width: number): number {
  return random.between(1 - width, 1 + width);
}

/** Computes the remaining effect of the last earlier dose: full at first, falling linearly to nothing in `duration`. */
function computeRemainingEffect(
  day: number,
  doses: readonly number[],
  effect: number,
  duration: number,
): number {
  const daysSince = Math.min(...doses.filter((dose) => dose < day).map((dose) => day - dose));
  return daysSince < duration ? effect * (1 - daysSince / duration) : 0;
}
