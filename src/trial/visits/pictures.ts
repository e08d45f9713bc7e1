import type { Count, Picture } from '../criteria/picture.ts';
import { rangeOf } from '../criteria/range.ts';
import { daysBetween } from '../days.ts';
import type { Analyte, LabFact } from '../facts.ts';

/** The counts in which a response is judged. */
const JUDGED: readonly Analyte[] = ['anc', 'hemoglobin', 'platelets', 'reticulocytes'];

/** Leukocytes are in few criteria: they go with a blood count, and alone are none. */
const WITH_LEUKOCYTES: readonly Analyte[] = [...JUDGED, 'wbc'];

/** A blood count is complete with these three; reticulocytes are often counted apart. */
const COMPLETE: readonly Analyte[] = ['anc', 'hemoglobin', 'platelets'];

type Searched = readonly [from: string, to: string];

function isInside(count: Count, [from, to]: Searched): boolean {
  const first = count.exact ? count.day : count.fact.at.earliestDay;
  return first >= from && count.day <= to;
}

function isJudged({ fact }: Count): boolean {
  return fact.analyte !== 'wbc';
}

function pictureOf(
  name: Picture['name'],
  chosen: readonly Count[],
  searched: Searched,
  absent: readonly LabFact[],
  passedOver: readonly string[] = [],
): Picture {
  const days = chosen
    .filter(isJudged)
    .map((count) => count.day)
    .sort();
  return {
    name,
    counts: new Map((days.length === 0 ? [] : chosen).map((count) => [count.fact.analyte, count])),
    day: days.at(-1) ?? searched[1],
    firstDay: days[0] ?? searched[0],
    searched,
    passedOver: [...new Set(passedOver)].sort(),
    withoutValue: absent.filter(
      (fact) => fact.at.earliestDay >= searched[0] && fact.at.latestDay <= searched[1],
    ),
  };
}

/** Negative where `a` is nearer to the target day; the later of two equally near ones is preferred. */
function byNearness(target: string): (a: string, b: string) => number {
  return (a, b) => {
    const nearer = Math.abs(daysBetween(target, a)) - Math.abs(daysBetween(target, b));
    return nearer === 0 ? daysBetween(a, b) : nearer;
  };
}

function isClean(count: Count): boolean {
  return count.confounders.length === 0;
}

/** The days on which the three judged lines were all counted, exactly dated and unconfounded, nearest the target first. */
function completeDays(inside: readonly Count[], target: string): readonly string[] {
  const lines = new Map<string, Set<Analyte>>();
  for (const count of inside) {
    if (!count.exact || !isClean(count)) continue;
    lines.set(count.day, (lines.get(count.day) ?? new Set()).add(count.fact.analyte));
  }
  const days = [...lines].filter(([, counted]) => COMPLETE.every((analyte) => counted.has(analyte)));
  return days.map(([day]) => day).sort(byNearness(target));
}

/**
 * The counts that stand for a window: all of the complete, unconfounded day nearest the target where there is one, so
 * that one blood count is judged as a whole; else, analyte by analyte, the nearest one. Unconfounded goes before confounded, and an exact date
 * before a partial one (which must lie inside the window whole). Of two equally near days the later counts.
 */
export function pictureOfWindow(
  counts: readonly Count[],
  absent: readonly LabFact[],
  searched: Searched,
  target: string,
): Picture {
  const inside = counts.filter((count) => isInside(count, searched));
  const complete = completeDays(inside, target);
  const [anchor] = complete;
  const away = (day: string): number => Math.abs(daysBetween(target, day));
  const nearness = byNearness(target);
  const better = (a: Count, b: Count): number =>
    Number(!isClean(a)) - Number(!isClean(b)) ||
    Number(b.exact && b.day === anchor) - Number(a.exact && a.day === anchor) ||
    Number(!a.exact) - Number(!b.exact) ||
    nearness(a.day, b.day);
  const chosen: Count[] = [];
  const passedOver = complete.filter((day) => anchor && day !== anchor && away(day) === away(anchor));
  for (const analyte of WITH_LEUKOCYTES) {
    const [best, ...others] = inside.filter((count) => count.fact.analyte === analyte).sort(better);
    if (best === undefined) continue;
    chosen.push(best);
    const isTied = (other: Count): boolean =>
      isClean(other) === isClean(best) &&
      other.exact &&
      other.day !== best.day &&
      away(other.day) === away(best.day);
    if (best.exact && anchor === undefined) passedOver.push(...others.filter(isTied).map(({ day }) => day));
  }
  return pictureOf('assessed', chosen, searched, absent, passedOver);
}

/** The counts of one exact day, whatever the visits. */
export function pictureOfDay(ofDay: readonly Count[], absent: readonly LabFact[], day: string): Picture {
  const chosen = ofDay.filter((count) => count.exact && count.day === day);
  return pictureOf('assessed', chosen, [day, day], absent);
}

/**
 * Whether a result is from before the first infusion: of an earlier day, or of the same day where both times say so. A
 * partial date must lie before it whole.
 */
export function isBefore(fact: LabFact, dayZero: string, firstInfusion: number | null): boolean {
  if (fact.at.latestDay !== dayZero) return fact.at.latestDay < dayZero;
  const { instant } = fact.at;
  return instant !== null && firstInfusion !== null && instant < firstInfusion;
}

/**
 * The baseline, from counts made before the first infusion: for each analyte the last unconfounded one within the days
 * searched. Where all are confounded the last one stands in. Transfusions are looked back for from day 0, the last day
 * searched.
 */
export function baselinePicture(
  before: readonly Count[],
  absent: readonly LabFact[],
  searched: Searched,
): Picture {
  const usable = before.filter((count) => count.exact && isInside(count, searched));
  const chosen = WITH_LEUKOCYTES.flatMap((analyte) => {
    const own = usable.filter((count) => count.fact.analyte === analyte);
    const last = own.filter(isClean).at(-1) ?? own.at(-1);
    return last ? [last] : [];
  });
  return { ...pictureOf('baseline', chosen, searched, absent), day: searched[1] };
}

/**
 * The baseline for judging a change: a confounded count that stands in is taken as measured, and flagged. It can only be
 * too high, so a rise above it is at least that rise; as an upper limit it would leave every change open for good.
 */
export function asMeasured(baseline: Picture): Picture {
  const counts = [...baseline.counts].map(([analyte, count]): [Analyte, Count] => {
    return [analyte, { ...count, range: rangeOf(count.measured, false), reading: 'as-measured' }];
  });
  return { ...baseline, counts: new Map(counts) };
}
