import type { SimulatedCount } from '../../demo/cohort/blood-counts.ts';
import type { SimulatedCourse } from '../../demo/cohort/simulate-course.ts';

/**
 * A second implementation of the criteria in plain arithmetic, for the generated truth only: whole numbers, day offsets,
 * no expression trees, no units, no three-valued logic. It shares no code with the engine, so that an error in one is
 * not repeated in the other.
 */
export interface OracleChart {
  readonly course: SimulatedCourse;
  readonly counts: readonly SimulatedCount[];
  readonly redCells: readonly number[];
  readonly platelets: readonly number[];
}

export function toOracleChart(course: SimulatedCourse): OracleChart {
  const { redCells, platelets } = course.treatment;
  // Site 3 has one code for all blood products, so each transfusion confounds both.
  const anyComponent = course.plan.site === 'site-3' ? [...redCells, ...platelets] : null;
  return {
    course,
    counts: course.counts,
    redCells: anyComponent ?? redCells,
    platelets: anyComponent ?? platelets,
  };
}

const isWithinDays = (treatmentDays: readonly number[], day: number, length: number) =>
  treatmentDays.some((treated) => treated <= day && day - treated < length);

const isHemoglobinUnconfounded = (chart: OracleChart, day: number) => !isWithinDays(chart.redCells, day, 14);
const arePlateletsUnconfounded = (chart: OracleChart, day: number) => !isWithinDays(chart.platelets, day, 7);
const areNeutrophilsUnconfounded = (chart: OracleChart, day: number) =>
  !isWithinDays(chart.course.treatment.filgrastim, day, 7);
const isUntransfused = (chart: OracleChart, day: number) =>
  !isWithinDays([...chart.redCells, ...chart.platelets], day, 29);

interface OracleBaseline {
  readonly anc: number;
  readonly hemoglobin: number;
  readonly platelets: number;
  readonly reticulocytes: number;
}

export function findOracleBaseline(chart: OracleChart): OracleBaseline {
  const before = chart.counts.filter((count) => count.day < 0 && count.day >= -28).reverse();
  const findLast = (isUnconfounded: (chart: OracleChart, day: number) => boolean) =>
    before.find((count) => isUnconfounded(chart, count.day));
  return {
    anc: findLast(areNeutrophilsUnconfounded)?.anc ?? Number.NaN,
    hemoglobin: findLast(isHemoglobinUnconfounded)?.hemoglobin ?? Number.NaN,
    platelets: findLast(arePlateletsUnconfounded)?.platelets ?? Number.NaN,
    reticulocytes: before[0]?.reticulocytes ?? Number.NaN,
  };
}

function isSevere(count: Pick<SimulatedCount, 'anc' | 'platelets' | 'reticulocytes'>): boolean {
  return [count.anc < 500, count.platelets < 20, count.reticulocytes < 60].filter(Boolean).length >= 2;
}

export function classifyOracleSeverity(chart: OracleChart): 'SAA' | 'VSAA' | 'NSAA' {
  const base = findOracleBaseline(chart);
  if (!isSevere(base)) return 'NSAA';
  return base.anc < 200 ? 'VSAA' : 'SAA';
}

/** Finds the first day after the first infusion on which each lineage meets its rule; undefined where it does not. */
export function findOracleLineageDays(chart: OracleChart) {
  const base = findOracleBaseline(chart);
  const after = chart.counts.filter((count) => count.day > 0);
  return {
    erythroid: after.find(
      (count) => isHemoglobinUnconfounded(chart, count.day) && count.hemoglobin >= base.hemoglobin + 15,
    )?.day,
    neutrophil: after.find(
      (count) => areNeutrophilsUnconfounded(chart, count.day) && hasNeutrophilResponse(count.anc, base.anc),
    )?.day,
    platelet: after.find(
      (count) => arePlateletsUnconfounded(chart, count.day) && hasPlateletResponse(chart, count, base),
    )?.day,
  };
}

function hasNeutrophilResponse(now: number, before: number): boolean {
  return now >= before + 500 || (before < 500 && now >= 2 * before);
}

function hasPlateletResponse(chart: OracleChart, now: SimulatedCount, base: OracleBaseline): boolean {
  const isUntransfusedForEightWeeks = now.day > 56 && !isWithinDays(chart.platelets, now.day, 57);
  return (
    now.platelets >= base.platelets + 20 || (isUntransfusedForEightWeeks && now.platelets >= base.platelets)
  );
}

type OracleClass = 'CR' | 'PR' | 'NR';

/** Classifies one count by the British criteria; undefined for a confounded count. */
function classifyCount(
  chart: OracleChart,
  count: SimulatedCount,
  base: OracleBaseline,
): OracleClass | undefined {
  const { day } = count;
  if (
    !isHemoglobinUnconfounded(chart, day) ||
    !arePlateletsUnconfounded(chart, day) ||
    !areNeutrophilsUnconfounded(chart, day)
  )
    return undefined;
  const normalHb = chart.course.plan.sex === 'male' ? 130 : 120;
  const isNormal = count.hemoglobin >= normalHb && count.anc > 1500 && count.platelets > 150;
  if (isNormal && isUntransfused(chart, day)) return 'CR';
  const isPartial = isSevere(base)
    ? isUntransfused(chart, day) && !isSevere(count)
    : isUntransfused(chart, day) || hasImprovedLineage(count, base, normalHb);
  return isPartial ? 'PR' : 'NR';
}

function hasImprovedLineage(now: SimulatedCount, base: OracleBaseline, normalHb: number): boolean {
  const isDoubled = now.anc >= 2 * base.anc || now.platelets >= 2 * base.platelets;
  const isNormal = now.anc > 1500 || now.platelets > 150 || now.hemoglobin >= normalHb;
  const hasRisenHemoglobin = base.hemoglobin < 60 && now.hemoglobin > base.hemoglobin + 30;
  return isDoubled || isNormal || hasRisenHemoglobin;
}

/** Finds the best class within a year that two counts at least 28 days apart have, with no worse class between them. */
export function findOracleBestResponse(chart: OracleChart): OracleClass {
  const base = findOracleBaseline(chart);
  const classified = chart.counts
    .filter((count) => count.day > 0 && count.day <= 395)
    .flatMap((count) => {
      const responseClass = classifyCount(chart, count, base);
      return responseClass ? [{ day: count.day, class: responseClass }] : [];
    });
  if (isConfirmed(classified, ['CR'])) return 'CR';
  return isConfirmed(classified, ['CR', 'PR']) ? 'PR' : 'NR';
}

function isConfirmed(
  classified: readonly { day: number; class: OracleClass }[],
  sufficient: readonly OracleClass[],
): boolean {
  let since: number | null = null;
  for (const { day, class: responseClass } of classified) {
    if (!sufficient.includes(responseClass)) since = null;
    else if (since === null) since = day;
    else if (day - since >= 28) return true;
  }
  return false;
}

/** Classifies the count nearest to day 30, which decides on the second course. */
export function classifyOracleMonth(chart: OracleChart): OracleClass | undefined {
  const base = findOracleBaseline(chart);
  const candidates = chart.counts.filter(
    (count) => count.day >= 23 && count.day <= 44 && classifyCount(chart, count, base) !== undefined,
  );
  const nearest = candidates.sort((a, b) => Math.abs(a.day - 30) - Math.abs(b.day - 30) || b.day - a.day)[0];
  return nearest && classifyCount(chart, nearest, base);
}

export function computeOracleMedian(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
