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

/** How one line behaves: where it starts, what it shows on the day it first answers, where it settles and how fast. */
interface CellLineCourse {
  readonly baseLevel: number;
  readonly onsetDay: number | null;
  readonly onsetLevel: number;
  readonly plateauLevel: number;
  readonly settleDays: number;
  /** How slowly it falls after a relapse; 0: at once. */
  readonly fallDays: number;
}

export interface Marrow {
  readonly anc: CellLineCourse;
  readonly hemoglobin: CellLineCourse;
  readonly platelets: CellLineCourse;
  readonly reticulocytes: CellLineCourse;
  /** Leukocytes other than neutrophils, per mm3. */
  readonly otherCells: number;
}

/** The subject's marrow: what it makes before the cells are given, and what it will make if it answers. */
export function drawMarrow(plan: SubjectPlan, random: Random): Marrow {
  return {
    anc: drawNeutrophilCourse(plan, random),
    hemoglobin: drawHaemoglobinCourse(plan, random),
    platelets: drawPlateletCourse(plan, random),
    reticulocytes: drawReticulocyteCourse(plan, random),
    otherCells: random.integer(80, 160) * 10,
  };
}

/** Neutrophils per mm3 at the start, by severity. */
const NEUTROPHIL_BASELINES = { NSAA: [620, 880], SAA: [220, 275], VSAA: [90, 140] } as const;

function drawNeutrophilCourse(plan: SubjectPlan, random: Random): CellLineCourse {
  const { severity, outcome } = plan;
  const onset = plan.onset.neutrophil;
  const [low, high] = NEUTROPHIL_BASELINES[severity];
  const base = random.between(low, high);
  const first = severity === 'NSAA' ? 2.4 * base + 100 : 740;
  const complete = outcome === 'CR' ? random.between(2700, 3400) : null;
  const partial = severity === 'NSAA' ? random.between(2400, 2900) : random.between(950, 1350);
  return {
    baseLevel: base,
    onsetDay: onset,
    onsetLevel: first,
    plateauLevel: complete ?? partial,
    settleDays: 25,
    fallDays: 0,
  };
}

/** Haemoglobin in g/L at the start, by severity. */
const HAEMOGLOBIN_BASELINES = { NSAA: [64, 76], SAA: [56, 70], VSAA: [56, 70] } as const;

function drawHaemoglobinCourse(plan: SubjectPlan, random: Random): CellLineCourse {
  const onset = plan.onset.erythroid;
  // One who answers in red cells alone began below 60 g/L: his rise of more than 30 g/L is what counts.
  const alone = onset !== null && plan.onset.neutrophil === null && plan.onset.platelet === null;
  const [low, high] = alone ? [54, 56] : HAEMOGLOBIN_BASELINES[plan.severity];
  const base = random.between(low, high);
  const complete = plan.sex === 'male' ? 144 : 134;
  const plateau = plan.outcome === 'CR' ? complete : random.between(100, 112);
  return {
    baseLevel: base,
    onsetDay: onset,
    onsetLevel: base + 22,
    plateauLevel: plateau,
    settleDays: 40,
    fallDays: 12,
  };
}

function drawPlateletCourse(plan: SubjectPlan, random: Random): CellLineCourse {
  const onset = plan.onset.platelet;
  const moderate = plan.severity === 'NSAA';
  const base = moderate ? random.between(25, 31) : plan.isCorrectionSubject ? 9 : random.between(7, 13);
  const first = moderate ? 2.3 * base + 8 : base + 27;
  const complete = plan.outcome === 'CR' ? random.between(185, 225) : null;
  const partial = plan.isCorrectionSubject
    ? 38
    : moderate
      ? random.between(90, 120)
      : random.between(60, 110);
  return {
    baseLevel: base,
    onsetDay: onset,
    onsetLevel: first,
    plateauLevel: complete ?? partial,
    settleDays: 35,
    fallDays: 0,
  };
}

function drawReticulocyteCourse(plan: SubjectPlan, random: Random): CellLineCourse {
  const base = plan.severity === 'NSAA' ? random.between(27, 42) : random.between(8, 24);
  // The subject of the correction stays reticulocytopenic, so that his platelets decide.
  const [first, plateau] = plan.isCorrectionSubject ? [36, 40] : [74, random.between(80, 110)];
  return {
    baseLevel: base,
    onsetDay: plan.onset.erythroid,
    onsetLevel: first,
    plateauLevel: plateau,
    settleDays: 20,
    fallDays: 0,
  };
}

/** What the laboratory finds on a day: what the marrow makes, what transfusions and G-CSF add, and chance. */
export function simulateCount(
  day: number,
  marrow: Marrow,
  treatment: PlannedTreatment,
  plan: SubjectPlan,
  random: Random,
): SimulatedCount {
  const level = (course: CellLineCourse) => computeLevel(day, course, plan.relapseDay);
  const anc =
    level(marrow.anc) * drawNoise(random, 0.07) + computeRemainingEffect(day, treatment.filgrastim, 1200, 5);
  const hb =
    level(marrow.hemoglobin) +
    random.between(-2, 2) +
    computeRemainingEffect(day, treatment.redCells, 14, 12);
  const plt =
    level(marrow.platelets) * drawNoise(random, 0.05) +
    computeRemainingEffect(day, treatment.platelets, 24, 5);
  const other = marrow.otherCells * drawNoise(random, 0.1);
  const neutrophilCells = Math.round(anc / 10) * 10;
  return {
    day,
    minutes: random.integer(7 * 60, 8 * 60 + 50),
    wbc: neutrophilCells + Math.round(other / 10) * 10,
    anc: neutrophilCells,
    hemoglobin: Math.round(hb),
    platelets: Math.round(plt),
    reticulocytes: Math.round(level(marrow.reticulocytes) * drawNoise(random, 0.06)),
  };
}

/** Flat, with a first sign in the week before the onset; then a rise that settles; down again after a relapse. */
function computeLevel(day: number, course: CellLineCourse, relapse: number | null): number {
  const {
    baseLevel: base,
    onsetDay: onset,
    onsetLevel: first,
    plateauLevel: plateau,
    settleDays,
    fallDays,
  } = course;
  if (onset === null) return base;
  if (relapse !== null && day >= relapse) {
    return fallDays === 0 ? base : base + (plateau - base) * Math.exp(-(day - relapse) / fallDays);
  }
  if (day < onset) return base + (first - base) * 0.06 * Math.max(0, 1 - (onset - day) / 7);
  return first + (plateau - first) * (1 - Math.exp(-(day - onset) / settleDays));
}

function drawNoise(random: Random, width: number): number {
  return random.between(1 - width, 1 + width);
}

/** What the last dose before this day still adds: all of it at once, less every day, nothing after `lasts` days. */
function computeRemainingEffect(day: number, doses: readonly number[], adds: number, lasts: number): number {
  const since = Math.min(...doses.filter((dose) => dose < day).map((dose) => day - dose));
  return since < lasts ? adds * (1 - since / lasts) : 0;
}
