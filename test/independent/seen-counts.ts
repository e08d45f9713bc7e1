import type { Analyte } from '../../src/trial/facts.ts';
import { type Count, type Course, isExact, type When } from './course.ts';
import { fillToZero, joinRanges, type Range } from './range.ts';
import type { RawProtocol, RawVisit } from './raw-rules.ts';

/** A count with what is known of its worth. */
export interface SeenCount extends Count {
  readonly isConfounded: boolean;
}

export type CountsByAnalyte = Readonly<Partial<Record<Analyte, SeenCount>>>;

const ANALYTES: readonly Analyte[] = ['wbc', 'anc', 'hemoglobin', 'platelets', 'reticulocytes'];
const METHODS: readonly Count['method'][] = ['automated', 'manual', 'unspecified', 'estimate', 'derived'];

/** What a count is taken for: an upper limit where it is confounded. */
export const readLimits = ({ range, isConfounded }: SeenCount): Range =>
  isConfounded ? fillToZero(range) : range;

interface Cause extends When {
  readonly days: number;
}

/** The transfusions and drugs that raise an analyte, with the days for which they do. */
function listCauses(course: Course, { washouts }: RawProtocol, analyte: Analyte): readonly Cause[] {
  const others = washouts.find(({ of }) => of === 'other-growth-factor');
  const named = new Set(washouts.map(({ of }) => of));
  const raising = washouts.filter(({ analytes }) => analytes.includes(analyte));
  const transfusions = course.transfusions.flatMap((given) =>
    raising
      .filter(
        ({ of }) => of === given.product || (given.product === 'any' && /^(red-cells|platelets)$/.test(of)),
      )
      .map(({ days }) => ({ ...given, days })),
  );
  const drugs = course.drugs.flatMap((drug) => {
    if (!named.has(drug.agent))
      return drug.role === 'growth-factor' && others ? [{ ...drug, days: others.days }] : [];
    return raising.filter(({ of }) => of === drug.agent).map(({ days }) => ({ ...drug, days }));
  });
  return [...transfusions, ...drugs];
}

/** Whether the cause can have raised the count. */
function mayConfound(cause: Cause, count: When): boolean {
  const isOneDay = isExact(cause) && isExact(count) && cause.first === count.first;
  if (isOneDay && cause.instant !== null && count.instant !== null && count.instant < cause.instant)
    return false;
  return cause.first <= count.last && count.first < cause.last + cause.days;
}

/** Marks the counts that a transfusion or drug can have raised. */
export function markConfounded(course: Course, protocol: RawProtocol): readonly SeenCount[] {
  return course.counts.map((count) => ({
    ...count,
    isConfounded: listCauses(course, protocol, count.analyte).some((cause) => mayConfound(cause, count)),
  }));
}

/** The first by these keys, the smaller the better. */
function chooseLeast<T>(list: readonly T[], rank: (item: T) => readonly number[]): T | undefined {
  const compareRanks = (a: readonly number[], b: readonly number[]) =>
    a.map((value, index) => value - (b[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
  return [...list].sort((a, b) => compareRanks(rank(a), rank(b)))[0];
}

/** The count of one analyte and date: the best kind; its latest, with those without a time, as the range of their values. */
function mergeOfDay(counts: readonly SeenCount[]): SeenCount | undefined {
  const best = chooseLeast(counts, ({ isConfounded, method }) => [
    Number(isConfounded),
    METHODS.indexOf(method),
  ]);
  if (best === undefined) return undefined;
  const same = counts.filter(
    ({ isConfounded, method }) => isConfounded === best.isConfounded && method === best.method,
  );
  const latest = Math.max(...same.map(({ instant }) => instant ?? 0));
  const possible = same.filter(({ instant }) => instant === null || instant === latest);
  return { ...best, range: joinRanges(possible.map(({ range }) => range)) };
}

function groupByAnalyte(
  counts: readonly SeenCount[],
  choose: (counts: readonly SeenCount[]) => SeenCount | undefined,
): CountsByAnalyte {
  const entries = ANALYTES.map((analyte) => [
    analyte,
    choose(counts.filter((count) => count.analyte === analyte)),
  ]);
  return Object.fromEntries(entries.filter(([, count]) => count !== undefined));
}

/** One count for each analyte of an exact day. */
export const selectDayCounts = (counts: readonly SeenCount[], day: number): CountsByAnalyte =>
  groupByAnalyte(
    counts.filter((count) => count.first === day && count.last === day),
    mergeOfDay,
  );

/** One count for each analyte and date, exact or partial. */
function selectByDate(counts: readonly SeenCount[]): readonly SeenCount[] {
  const dates = Map.groupBy(counts, ({ analyte, first, last }) => `${analyte} ${first} ${last}`);
  return [...dates.values()].flatMap((same) => mergeOfDay(same) ?? []);
}

/** For each analyte the last unconfounded count before day 0, else the last confounded one. */
export function selectBaselineCounts(
  counts: readonly SeenCount[],
  { start }: Course,
  { baselineDays }: RawProtocol,
): CountsByAnalyte {
  const isBefore = ({ first, last, instant }: When) =>
    first >= -baselineDays &&
    first === last &&
    (last < 0 ||
      (first === 0 && last === 0 && instant !== null && start.instant !== null && instant < start.instant));
  return groupByAnalyte(selectByDate(counts.filter(isBefore)), (own) =>
    chooseLeast(own, ({ isConfounded, last }) => [Number(isConfounded), -last]),
  );
}

/** The counts that are assessed for a visit. */
export interface VisitSelection {
  readonly counts: CountsByAnalyte;
  /** The day on which neutrophils, haemoglobin and platelets were all counted unconfounded. */
  readonly completeDay: number | null;
}

const COMPLETE: readonly Analyte[] = ['anc', 'hemoglobin', 'platelets'];

function findCompleteDay(counts: readonly SeenCount[], target: number): number | null {
  const days = [...new Set(counts.filter(isExact).map(({ first }) => first))];
  const complete = days.filter((day) => {
    const own = selectDayCounts(counts, day);
    return COMPLETE.every((analyte) => own[analyte]?.isConfounded === false);
  });
  return chooseLeast(complete, (day) => [Math.abs(day - target), -day]) ?? null;
}

/** Selects the counts of a visit; null where it has none. */
export function selectVisitCounts(
  all: readonly SeenCount[],
  { target, window: [from, to] }: RawVisit,
  end: number,
): VisitSelection | null {
  const inWindow = selectByDate(all.filter(({ first, last }) => first >= from && last <= to && last <= end));
  if (!inWindow.some(({ analyte }) => analyte !== 'wbc')) return null;
  const completeDay = findCompleteDay(inWindow, target);
  const counts = groupByAnalyte(inWindow, (own) => {
    const onDay = own.find((count) => isExact(count) && count.first === completeDay && !count.isConfounded);
    return (
      onDay ??
      chooseLeast(own, (count) => [
        Number(count.isConfounded),
        Number(!isExact(count)),
        Math.abs(count.last - target),
        -count.last,
      ])
    );
  });
  return { counts, completeDay };
}
