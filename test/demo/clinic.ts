import type { Count } from '../../demo/cohort/counts.ts';
import type { SubjectCourse } from '../../demo/cohort/course.ts';

/**
 * The criteria once more in plain arithmetic, for the generated truth alone: whole numbers, day offsets, no trees, no
 * units, no three-valued logic. It shares nothing with the engine, so that both can be wrong only on their own.
 */
export interface Chart {
  readonly course: SubjectCourse;
  readonly counts: readonly Count[];
  readonly redCells: readonly number[];
  readonly platelets: readonly number[];
}

export function chart(course: SubjectCourse): Chart {
  const { redCells, platelets } = course.treatment;
  // Site 3 has one code for all blood products: each counts as both.
  const any = course.plan.site === 'site-3' ? [...redCells, ...platelets] : null;
  return { course, counts: course.counts, redCells: any ?? redCells, platelets: any ?? platelets };
}

const within = (days: readonly number[], day: number, length: number) =>
  days.some((given) => given <= day && day - given < length);

const hemoglobinIsClean = (c: Chart, day: number) => !within(c.redCells, day, 14);
const plateletsAreClean = (c: Chart, day: number) => !within(c.platelets, day, 7);
const neutrophilsAreClean = (c: Chart, day: number) => !within(c.course.treatment.filgrastim, day, 7);
const untransfused = (c: Chart, day: number) => !within([...c.redCells, ...c.platelets], day, 29);

interface Baseline {
  readonly anc: number;
  readonly hemoglobin: number;
  readonly platelets: number;
  readonly reticulocytes: number;
}

export function baseline(c: Chart): Baseline {
  const before = c.counts.filter((count) => count.day < 0 && count.day >= -28).reverse();
  const last = (clean: (c: Chart, day: number) => boolean) => before.find((count) => clean(c, count.day));
  return {
    anc: last(neutrophilsAreClean)?.anc ?? Number.NaN,
    hemoglobin: last(hemoglobinIsClean)?.hemoglobin ?? Number.NaN,
    platelets: last(plateletsAreClean)?.platelets ?? Number.NaN,
    reticulocytes: before[0]?.reticulocytes ?? Number.NaN,
  };
}

function isSevere(count: Pick<Count, 'anc' | 'platelets' | 'reticulocytes'>): boolean {
  return [count.anc < 500, count.platelets < 20, count.reticulocytes < 60].filter(Boolean).length >= 2;
}

export function severity(c: Chart): 'SAA' | 'VSAA' | 'NSAA' {
  const base = baseline(c);
  if (!isSevere(base)) return 'NSAA';
  return base.anc < 200 ? 'VSAA' : 'SAA';
}

/** First day after the first infusion on which the lineage meets the rule; undefined where none does. */
export function lineageDays(c: Chart) {
  const base = baseline(c);
  const after = c.counts.filter((count) => count.day > 0);
  return {
    erythroid: after.find((n) => hemoglobinIsClean(c, n.day) && n.hemoglobin >= base.hemoglobin + 15)?.day,
    neutrophil: after.find((n) => neutrophilsAreClean(c, n.day) && neutrophilsAnswer(n.anc, base.anc))?.day,
    platelet: after.find((n) => plateletsAreClean(c, n.day) && plateletsAnswer(c, n, base))?.day,
  };
}

function neutrophilsAnswer(now: number, before: number): boolean {
  return now >= before + 500 || (before < 500 && now >= 2 * before);
}

function plateletsAnswer(c: Chart, now: Count, base: Baseline): boolean {
  const eightWeeksWithout = now.day > 56 && !within(c.platelets, now.day, 57);
  return now.platelets >= base.platelets + 20 || (eightWeeksWithout && now.platelets >= base.platelets);
}

type Class = 'CR' | 'PR' | 'NR';

/** The class of one count by the British rules; undefined where it is too blurred to say. */
function classOf(c: Chart, count: Count, base: Baseline): Class | undefined {
  const { day } = count;
  if (!hemoglobinIsClean(c, day) || !plateletsAreClean(c, day) || !neutrophilsAreClean(c, day))
    return undefined;
  const normalHb = c.course.plan.sex === 'male' ? 130 : 120;
  const normal = count.hemoglobin >= normalHb && count.anc > 1500 && count.platelets > 150;
  if (normal && untransfused(c, day)) return 'CR';
  const partial = isSevere(base)
    ? untransfused(c, day) && !isSevere(count)
    : untransfused(c, day) || anyLineImproved(count, base, normalHb);
  return partial ? 'PR' : 'NR';
}

function anyLineImproved(now: Count, base: Baseline, normalHb: number): boolean {
  const doubled = now.anc >= 2 * base.anc || now.platelets >= 2 * base.platelets;
  const normal = now.anc > 1500 || now.platelets > 150 || now.hemoglobin >= normalHb;
  const redder = base.hemoglobin < 60 && now.hemoglobin > base.hemoglobin + 30;
  return doubled || normal || redder;
}

/** The best class that two counts at least 28 days apart show, with nothing worse between, within a year. */
export function bestResponse(c: Chart): Class {
  const base = baseline(c);
  const seen = c.counts
    .filter((count) => count.day > 0 && count.day <= 395)
    .flatMap((count) => {
      const found = classOf(c, count, base);
      return found ? [{ day: count.day, class: found }] : [];
    });
  if (holds(seen, ['CR'])) return 'CR';
  return holds(seen, ['CR', 'PR']) ? 'PR' : 'NR';
}

function holds(seen: readonly { day: number; class: Class }[], good: readonly Class[]): boolean {
  let since: number | null = null;
  for (const one of seen) {
    if (!good.includes(one.class)) since = null;
    else if (since === null) since = one.day;
    else if (one.day - since >= 28) return true;
  }
  return false;
}

/** What the doctor sees at one month: the count nearest to day 30. */
export function atOneMonth(c: Chart): Class | undefined {
  const base = baseline(c);
  const clean = c.counts.filter((n) => n.day >= 23 && n.day <= 44 && classOf(c, n, base) !== undefined);
  const nearest = clean.sort((a, b) => Math.abs(a.day - 30) - Math.abs(b.day - 30) || b.day - a.day)[0];
  return nearest && classOf(c, nearest, base);
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
