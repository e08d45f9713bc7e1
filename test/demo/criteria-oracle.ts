import type { SimulatedCount } from '../../demo/cohort/blood-counts.ts';
import type { SimulatedCourse } from '../../demo/cohort/simulate-course.ts';

/**
 * The criteria once more in plain arithmetic, for the generated truth alone: whole numbers, day offsets, no trees, no
 * units, no three-valued logic. It shares nothing with the engine, so that both can be wrong only on their own.
 */
export interface OracleChart {
  readonly course: SimulatedCourse;
  readonly counts: readonly SimulatedCount[];
  readonly redCells: readonly number[];
  readonly platelets: readonly number[];
}

export function toOracleChart(course: SimulatedCourse): OracleChart {
  const { redCells, platelets } = course.treatment;
  // Site 3 has one code for all blood products: each counts as both.
  const any = course.plan.site === 'site-3' ? [...redCells, ...platelets] : null;
  return { course, counts: course.counts, redCells: any ?? redCells, platelets: any ?? platelets };
}

const isWithinDays = (days: readonly number[], day: number, length: number) =>
  days.some((given) => given <= day && day - given < length);

const isHemoglobinClean = (c: OracleChart, day: number) => !isWithinDays(c.redCells, day, 14);
const arePlateletsClean = (c: OracleChart, day: number) => !isWithinDays(c.platelets, day, 7);
const areNeutrophilsClean = (c: OracleChart, day: number) =>
  !isWithinDays(c.course.treatment.filgrastim, day, 7);
const isUntransfused = (c: OracleChart, day: number) =>
  !isWithinDays([...c.redCells, ...c.platelets], day, 29);

interface OracleBaseline {
  readonly anc: number;
  readonly hemoglobin: number;
  readonly platelets: number;
  readonly reticulocytes: number;
}

export function findOracleBaseline(c: OracleChart): OracleBaseline {
  const before = c.counts.filter((count) => count.day < 0 && count.day >= -28).reverse();
  const last = (clean: (c: OracleChart, day: number) => boolean) =>
    before.find((count) => clean(c, count.day));
  return {
    anc: last(areNeutrophilsClean)?.anc ?? Number.NaN,
    hemoglobin: last(isHemoglobinClean)?.hemoglobin ?? Number.NaN,
    platelets: last(arePlateletsClean)?.platelets ?? Number.NaN,
    reticulocytes: before[0]?.reticulocytes ?? Number.NaN,
  };
}

function isSevere(count: Pick<SimulatedCount, 'anc' | 'platelets' | 'reticulocytes'>): boolean {
  return [count.anc < 500, count.platelets < 20, count.reticulocytes < 60].filter(Boolean).length >= 2;
}

export function classifyOracleSeverity(c: OracleChart): 'SAA' | 'VSAA' | 'NSAA' {
  const base = findOracleBaseline(c);
  if (!isSevere(base)) return 'NSAA';
  return base.anc < 200 ? 'VSAA' : 'SAA';
}

/** First day after the first infusion on which the lineage meets the rule; undefined where none does. */
export function findOracleLineageDays(c: OracleChart) {
  const base = findOracleBaseline(c);
  const after = c.counts.filter((count) => count.day > 0);
  return {
    erythroid: after.find((n) => isHemoglobinClean(c, n.day) && n.hemoglobin >= base.hemoglobin + 15)?.day,
    neutrophil: after.find((n) => areNeutrophilsClean(c, n.day) && hasNeutrophilResponse(n.anc, base.anc))
      ?.day,
    platelet: after.find((n) => arePlateletsClean(c, n.day) && hasPlateletResponse(c, n, base))?.day,
  };
}

function hasNeutrophilResponse(now: number, before: number): boolean {
  return now >= before + 500 || (before < 500 && now >= 2 * before);
}

function hasPlateletResponse(c: OracleChart, now: SimulatedCount, base: OracleBaseline): boolean {
  const eightWeeksWithout = now.day > 56 && !isWithinDays(c.platelets, now.day, 57);
  return now.platelets >= base.platelets + 20 || (eightWeeksWithout && now.platelets >= base.platelets);
}

type OracleClass = 'CR' | 'PR' | 'NR';

/** The class of one count by the British rules; undefined where it is too blurred to say. */
function classifyCount(c: OracleChart, count: SimulatedCount, base: OracleBaseline): OracleClass | undefined {
  const { day } = count;
  if (!isHemoglobinClean(c, day) || !arePlateletsClean(c, day) || !areNeutrophilsClean(c, day))
    return undefined;
  const normalHb = c.course.plan.sex === 'male' ? 130 : 120;
  const normal = count.hemoglobin >= normalHb && count.anc > 1500 && count.platelets > 150;
  if (normal && isUntransfused(c, day)) return 'CR';
  const partial = isSevere(base)
    ? isUntransfused(c, day) && !isSevere(count)
    : isUntransfused(c, day) || hasImprovedLine(count, base, normalHb);
  return partial ? 'PR' : 'NR';
}

function hasImprovedLine(now: SimulatedCount, base: OracleBaseline, normalHb: number): boolean {
  const doubled = now.anc >= 2 * base.anc || now.platelets >= 2 * base.platelets;
  const normal = now.anc > 1500 || now.platelets > 150 || now.hemoglobin >= normalHb;
  const redder = base.hemoglobin < 60 && now.hemoglobin > base.hemoglobin + 30;
  return doubled || normal || redder;
}

/** The best class that two counts at least 28 days apart show, with nothing worse between, within a year. */
export function findOracleBestResponse(c: OracleChart): OracleClass {
  const base = findOracleBaseline(c);
  const seen = c.counts
    .filter((count) => count.day > 0 && count.day <= 395)
    .flatMap((count) => {
      const found = classifyCount(c, count, base);
      return found ? [{ day: count.day, class: found }] : [];
    });
  if (isConfirmed(seen, ['CR'])) return 'CR';
  return isConfirmed(seen, ['CR', 'PR']) ? 'PR' : 'NR';
}

function isConfirmed(
  seen: readonly { day: number; class: OracleClass }[],
  good: readonly OracleClass[],
): boolean {
  let since: number | null = null;
  for (const one of seen) {
    if (!good.includes(one.class)) since = null;
    else if (since === null) since = one.day;
    else if (one.day - since >= 28) return true;
  }
  return false;
}

/** What the doctor sees at one month: the count nearest to day 30. */
export function classifyOracleMonth(c: OracleChart): OracleClass | undefined {
  const base = findOracleBaseline(c);
  const clean = c.counts.filter((n) => n.day >= 23 && n.day <= 44 && classifyCount(c, n, base) !== undefined);
  const nearest = clean.sort((a, b) => Math.abs(a.day - 30) - Math.abs(b.day - 30) || b.day - a.day)[0];
  return nearest && classifyCount(c, nearest, base);
}

export function computeOracleMedian(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
