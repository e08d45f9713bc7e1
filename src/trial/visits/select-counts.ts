import { addDays, countDaysBetween } from '../calendar-days.ts';
import type { BloodCount, UsableCount } from '../criteria/situation.ts';
import type { Analyte, LabFact, Moment } from '../facts.ts';
import type { Protocol } from '../protocol.ts';

/** The counts by which a response is assessed. */
const RESPONSE_ANALYTES: readonly Analyte[] = ['anc', 'hemoglobin', 'platelets', 'reticulocytes'];

/** Leukocytes are in few criteria: they belong to a blood count, and alone do not make one. */
const SELECTED_ANALYTES: readonly Analyte[] = [...RESPONSE_ANALYTES, 'wbc'];

/** A blood count is complete with these three; reticulocytes are often counted separately. */
const COMPLETE_COUNT_ANALYTES: readonly Analyte[] = ['anc', 'hemoglobin', 'platelets'];

type SearchedDays = readonly [from: string, to: string];

function isWithinDays(count: UsableCount, [from, to]: SearchedDays): boolean {
  const first = count.isDayExact ? count.day : count.fact.at.earliestDay;
  return first >= from && count.day <= to;
}

/** Counts the counts before a day; they are in order of days. */
function countBefore(counts: readonly UsableCount[], day: string): number {
  let low = 0;
  let high = counts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((counts[middle]?.day ?? '') < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Lists the counts whose day, of a partial date its last day, is from the first to the last day. Counts are in order of days. */
export function listCountsBetween(
  counts: readonly UsableCount[],
  first: string,
  last: string,
): readonly UsableCount[] {
  return counts.slice(countBefore(counts, first), countBefore(counts, addDays(last, 1)));
}

function isResponseAnalyte({ fact }: UsableCount): boolean {
  return fact.analyte !== 'wbc';
}

/** Lists every day that a count can be of: several for a partial date. */
export function listPossibleDays({ day, isDayExact, fact }: UsableCount): readonly string[] {
  if (isDayExact) return [day];
  const { earliestDay, latestDay } = fact.at;
  const span = countDaysBetween(earliestDay, latestDay);
  return Array.from({ length: span + 1 }, (_, i) => addDays(earliestDay, i));
}

function buildBloodCount(
  role: BloodCount['role'],
  chosen: readonly UsableCount[],
  searchedDays: SearchedDays,
  resultsWithoutValue: readonly LabFact[],
  tiedDays: readonly string[] = [],
  completeDay: string | null = null,
): BloodCount {
  const days = [...new Set(chosen.filter(isResponseAnalyte).flatMap(listPossibleDays))].sort();
  const day = days.at(-1) ?? searchedDays[1];
  return {
    role,
    counts: new Map((days.length === 0 ? [] : chosen).map((count) => [count.fact.analyte, count])),
    day,
    firstDay: days[0] ?? searchedDays[0],
    transfusionDays: completeDay === null ? (days.length > 0 ? days : [day]) : [completeDay],
    completeDay,
    searchedDays,
    tiedDays: [...new Set(tiedDays)].sort(),
    resultsWithoutValue: resultsWithoutValue.filter(
      (fact) => fact.at.earliestDay >= searchedDays[0] && fact.at.latestDay <= searchedDays[1],
    ),
  };
}

/**
 * Compares days by their distance to the target day: negative where `a` is nearer; of two equally near days the later
 * precedes.
 */
function createNearnessComparator(target: string): (a: string, b: string) => number {
  return (a, b) => {
    const nearer = Math.abs(countDaysBetween(target, a)) - Math.abs(countDaysBetween(target, b));
    return nearer === 0 ? countDaysBetween(a, b) : nearer;
  };
}

function isUnconfounded(count: UsableCount): boolean {
  return count.confounders.length === 0;
}

/**
 * Lists the days on which the three assessed lineages were all counted, exactly dated and unconfounded, nearest the
 * target first.
 */
function listCompleteDays(inside: readonly UsableCount[], target: string): readonly string[] {
  const analytesByDay = new Map<string, Set<Analyte>>();
  for (const count of inside) {
    if (!count.isDayExact || !isUnconfounded(count)) continue;
    analytesByDay.set(count.day, (analytesByDay.get(count.day) ?? new Set()).add(count.fact.analyte));
  }
  const days = [...analytesByDay].filter(([, counted]) =>
    COMPLETE_COUNT_ANALYTES.every((analyte) => counted.has(analyte)),
  );
  return days.map(([day]) => day).sort(createNearnessComparator(target));
}

/** The rule by which the counts of a window are chosen. */
export type CountPreference = Protocol['countSelection']['prefer'];

/**
 * Selects the counts that represent a window. By `complete-day`: all of the complete, unconfounded day nearest the target
 * where there is one, so that one blood count is assessed as a whole, even if another day is nearer; else, and by
 * `nearest-day`, analyte by analyte the nearest one. Unconfounded precedes confounded, and an exact date precedes a partial
 * one (which must lie wholly inside the window). Of two equally near days the later counts.
 */
export function selectWindowCount(
  counts: readonly UsableCount[],
  resultsWithoutValue: readonly LabFact[],
  searchedDays: SearchedDays,
  target: string,
  prefer: CountPreference,
): BloodCount {
  const inside = counts.filter((count) => isWithinDays(count, searchedDays));
  const complete = prefer === 'complete-day' ? listCompleteDays(inside, target) : [];
  const [anchor] = complete;
  const measureDistance = (day: string): number => Math.abs(countDaysBetween(target, day));
  const compareNearness = createNearnessComparator(target);
  const compareCounts = (a: UsableCount, b: UsableCount): number =>
    Number(!isUnconfounded(a)) - Number(!isUnconfounded(b)) ||
    Number(b.isDayExact && b.day === anchor) - Number(a.isDayExact && a.day === anchor) ||
    Number(!a.isDayExact) - Number(!b.isDayExact) ||
    compareNearness(a.day, b.day);
  const chosen: UsableCount[] = [];
  const tiedDays = complete.filter(
    (day) => anchor && day !== anchor && measureDistance(day) === measureDistance(anchor),
  );
  for (const analyte of SELECTED_ANALYTES) {
    const [best, ...others] = inside.filter((count) => count.fact.analyte === analyte).sort(compareCounts);
    if (best === undefined) continue;
    chosen.push(best);
    const isTied = (other: UsableCount): boolean =>
      isUnconfounded(other) === isUnconfounded(best) &&
      other.isDayExact &&
      other.day !== best.day &&
      measureDistance(other.day) === measureDistance(best.day);
    if (best.isDayExact && anchor === undefined)
      tiedDays.push(...others.filter(isTied).map(({ day }) => day));
  }
  return buildBloodCount('assessed', chosen, searchedDays, resultsWithoutValue, tiedDays, anchor ?? null);
}

/** Selects the counts of one exact day, independent of the visits. */
export function selectDayCount(
  counts: readonly UsableCount[],
  resultsWithoutValue: readonly LabFact[],
  day: string,
): BloodCount {
  const chosen = counts.filter((count) => count.isDayExact && count.day === day);
  return buildBloodCount('assessed', chosen, [day, day], resultsWithoutValue);
}

/**
 * Whether a result is from before the first infusion: of an earlier day, or of the same day where both times show it.
 * A partial date must lie wholly before it.
 */
export function isBeforeFirstInfusion(
  { latestDay, instant }: Moment,
  dayZero: string,
  firstInfusion: number | null,
): boolean {
  if (latestDay !== dayZero) return latestDay < dayZero;
  return instant !== null && firstInfusion !== null && instant < firstInfusion;
}

/**
 * Selects the baseline from counts made before the first infusion: for each analyte the last unconfounded one within
 * the days searched. Where all are confounded the last one is used. Transfusions are searched backwards from day 0,
 * the last day searched.
 */
export function selectBaseline(
  before: readonly UsableCount[],
  resultsWithoutValue: readonly LabFact[],
  searchedDays: SearchedDays,
): BloodCount {
  const usable = before.filter((count) => count.isDayExact && isWithinDays(count, searchedDays));
  const chosen = SELECTED_ANALYTES.flatMap((analyte) => {
    const results = usable.filter((count) => count.fact.analyte === analyte);
    const last = results.filter(isUnconfounded).at(-1) ?? results.at(-1);
    return last ? [last] : [];
  });
  const day = searchedDays[1];
  return {
    ...buildBloodCount('baseline', chosen, searchedDays, resultsWithoutValue),
    day,
    transfusionDays: [day],
  };
}

/**
 * Reads the baseline for assessing a change: a confounded count that is used is taken as measured, and flagged. It
 * can only be too high, so a rise above it is at least that rise; as an upper limit it would leave every change open
 * for good.
 */
export function readAsMeasured(baseline: BloodCount): BloodCount {
  const counts = [...baseline.counts].map(([analyte, count]): [Analyte, UsableCount] => {
    if (isUnconfounded(count)) return [analyte, count];
    return [analyte, { ...count, range: count.measuredRange, reading: 'as-measured' }];
  });
  return { ...baseline, counts: new Map(counts) };
}
