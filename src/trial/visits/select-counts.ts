import { countDaysBetween } from '../calendar-days.ts';
import type { BloodCount, UsableCount } from '../criteria/situation.ts';
import { deriveValueRange } from '../criteria/value-range.ts';
import type { Analyte, LabFact } from '../facts.ts';

/** The counts in which a response is judged. */
const RESPONSE_ANALYTES: readonly Analyte[] = ['anc', 'hemoglobin', 'platelets', 'reticulocytes'];

/** Leukocytes are in few criteria: they go with a blood count, and alone are none. */
const SELECTED_ANALYTES: readonly Analyte[] = [...RESPONSE_ANALYTES, 'wbc'];

/** A blood count is complete with these three; reticulocytes are often counted apart. */
const COMPLETE_COUNT_ANALYTES: readonly Analyte[] = ['anc', 'hemoglobin', 'platelets'];

type SearchedDays = readonly [from: string, to: string];

function isWithinDays(count: UsableCount, [from, to]: SearchedDays): boolean {
  const first = count.isDayExact ? count.day : count.fact.at.earliestDay;
  return first >= from && count.day <= to;
}

function isResponseAnalyte({ fact }: UsableCount): boolean {
  return fact.analyte !== 'wbc';
}

function buildBloodCount(
  name: BloodCount['role'],
  chosen: readonly UsableCount[],
  searched: SearchedDays,
  absent: readonly LabFact[],
  passedOver: readonly string[] = [],
): BloodCount {
  const days = chosen
    .filter(isResponseAnalyte)
    .map((count) => count.day)
    .sort();
  return {
    role: name,
    counts: new Map((days.length === 0 ? [] : chosen).map((count) => [count.fact.analyte, count])),
    day: days.at(-1) ?? searched[1],
    firstDay: days[0] ?? searched[0],
    searchedDays: searched,
    tiedDays: [...new Set(passedOver)].sort(),
    resultsWithoutValue: absent.filter(
      (fact) => fact.at.earliestDay >= searched[0] && fact.at.latestDay <= searched[1],
    ),
  };
}

/** Negative where `a` is nearer to the target day; the later of two equally near ones is preferred. */
function createNearnessComparator(target: string): (a: string, b: string) => number {
  return (a, b) => {
    const nearer = Math.abs(countDaysBetween(target, a)) - Math.abs(countDaysBetween(target, b));
    return nearer === 0 ? countDaysBetween(a, b) : nearer;
  };
}

function isUnconfounded(count: UsableCount): boolean {
  return count.confounders.length === 0;
}

/** The days on which the three judged lines were all counted, exactly dated and unconfounded, nearest the target first. */
function listCompleteDays(inside: readonly UsableCount[], target: string): readonly string[] {
  const lines = new Map<string, Set<Analyte>>();
  for (const count of inside) {
    if (!count.isDayExact || !isUnconfounded(count)) continue;
    lines.set(count.day, (lines.get(count.day) ?? new Set()).add(count.fact.analyte));
  }
  const days = [...lines].filter(([, counted]) =>
    COMPLETE_COUNT_ANALYTES.every((analyte) => counted.has(analyte)),
  );
  return days.map(([day]) => day).sort(createNearnessComparator(target));
}

/**
 * The counts that stand for a window: all of the complete, unconfounded day nearest the target where there is one, so
 * that one blood count is judged as a whole; else, analyte by analyte, the nearest one. Unconfounded goes before confounded, and an exact date
 * before a partial one (which must lie inside the window whole). Of two equally near days the later counts.
 */
export function selectWindowCount(
  counts: readonly UsableCount[],
  absent: readonly LabFact[],
  searched: SearchedDays,
  target: string,
): BloodCount {
  const inside = counts.filter((count) => isWithinDays(count, searched));
  const complete = listCompleteDays(inside, target);
  const [anchor] = complete;
  const away = (day: string): number => Math.abs(countDaysBetween(target, day));
  const nearness = createNearnessComparator(target);
  const better = (a: UsableCount, b: UsableCount): number =>
    Number(!isUnconfounded(a)) - Number(!isUnconfounded(b)) ||
    Number(b.isDayExact && b.day === anchor) - Number(a.isDayExact && a.day === anchor) ||
    Number(!a.isDayExact) - Number(!b.isDayExact) ||
    nearness(a.day, b.day);
  const chosen: UsableCount[] = [];
  const passedOver = complete.filter((day) => anchor && day !== anchor && away(day) === away(anchor));
  for (const analyte of SELECTED_ANALYTES) {
    const [best, ...others] = inside.filter((count) => count.fact.analyte === analyte).sort(better);
    if (best === undefined) continue;
    chosen.push(best);
    const isTied = (other: UsableCount): boolean =>
      isUnconfounded(other) === isUnconfounded(best) &&
      other.isDayExact &&
      other.day !== best.day &&
      away(other.day) === away(best.day);
    if (best.isDayExact && anchor === undefined)
      passedOver.push(...others.filter(isTied).map(({ day }) => day));
  }
  return buildBloodCount('assessed', chosen, searched, absent, passedOver);
}

/** The counts of one exact day, whatever the visits. */
export function selectDayCount(
  ofDay: readonly UsableCount[],
  absent: readonly LabFact[],
  day: string,
): BloodCount {
  const chosen = ofDay.filter((count) => count.isDayExact && count.day === day);
  return buildBloodCount('assessed', chosen, [day, day], absent);
}

/**
 * Whether a result is from before the first infusion: of an earlier day, or of the same day where both times say so. A
 * partial date must lie before it whole.
 */
export function isBeforeFirstInfusion(fact: LabFact, dayZero: string, firstInfusion: number | null): boolean {
  if (fact.at.latestDay !== dayZero) return fact.at.latestDay < dayZero;
  const { instant } = fact.at;
  return instant !== null && firstInfusion !== null && instant < firstInfusion;
}

/**
 * The baseline, from counts made before the first infusion: for each analyte the last unconfounded one within the days
 * searched. Where all are confounded the last one stands in. Transfusions are looked back for from day 0, the last day
 * searched.
 */
export function selectBaseline(
  before: readonly UsableCount[],
  absent: readonly LabFact[],
  searched: SearchedDays,
): BloodCount {
  const usable = before.filter((count) => count.isDayExact && isWithinDays(count, searched));
  const chosen = SELECTED_ANALYTES.flatMap((analyte) => {
    const own = usable.filter((count) => count.fact.analyte === analyte);
    const last = own.filter(isUnconfounded).at(-1) ?? own.at(-1);
    return last ? [last] : [];
  });
  return { ...buildBloodCount('baseline', chosen, searched, absent), day: searched[1] };
}

/**
 * The baseline for judging a change: a confounded count that stands in is taken as measured, and flagged. It can only be
 * too high, so a rise above it is at least that rise; as an upper limit it would leave every change open for good.
 */
export function readAsMeasured(baseline: BloodCount): BloodCount {
  const counts = [...baseline.counts].map(([analyte, count]): [Analyte, UsableCount] => {
    return [analyte, { ...count, range: deriveValueRange(count.measured, false), reading: 'as-measured' }];
  });
  return { ...baseline, counts: new Map(counts) };
}
