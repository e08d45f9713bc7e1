import type { CriterionTrace, Verdict } from '../assessment.ts';
import { addDays, countDaysBetween } from '../calendar-days.ts';
import { formatUsableCount } from '../criteria/count-inputs.ts';
import { type ClassifiedCount, failsClass, formatFailedParts, reachesClass } from './classify-count.ts';

/**
 * The outcome of a confirmation: confirmed by another count; pending while further counts can come; open where a count
 * with missing data would decide and none can come in its place; lost by a count that fails, or (`by` null) because no
 * further count can come.
 */
export type Confirmation =
  | { readonly kind: 'confirmed'; readonly by: ClassifiedCount; readonly days: number }
  | { readonly kind: 'pending' }
  | { readonly kind: 'open'; readonly by: ClassifiedCount }
  | { readonly kind: 'lost'; readonly by: ClassifiedCount | null };

/** Counts the days between two points: from the last day of the earlier to the first day of the later. */
function countDaysApart(earlier: ClassifiedCount, later: ClassifiedCount): number {
  return countDaysBetween(earlier.bloodCount.day, later.bloodCount.firstDay);
}

/** What a search in one direction found. */
interface ConfirmationSearch {
  /** The count that confirms; null where none does. */
  readonly found: ClassifiedCount | null;
  /** Without one: the first count that fails, or that a transfusion since the other one makes fail. */
  readonly failed: ClassifiedCount | null;
  /** The first count that could confirm if its missing data were known. */
  readonly open: ClassifiedCount | null;
}

/** A pair of counts, the earlier first, of which one is to confirm the other. */
type CountPair = readonly [earlier: ClassifiedCount, later: ClassifiedCount];

/**
 * Whether a count denies the class to the counts around it. One that visits combine from several days does not: each of
 * its days is a count of its own, which denies it by itself or not at all.
 */
function isDenyingCount(point: ClassifiedCount, classIndex: number): boolean {
  return point.bloodCount.firstDay === point.bloodCount.day && failsClass(point, classIndex);
}

/** Returns the later count as it confirms the earlier one: no transfusion from the earliest day of the earlier one on. */
function requireIndependenceBetween([earlier, later]: CountPair): ClassifiedCount {
  const { transfusionDays, day } = earlier.bloodCount;
  return later.requireIndependenceSince(transfusionDays[0] ?? day);
}

/**
 * Evaluates whether both counts of a pair reach the class, and no transfusion that the class excludes lies between them.
 * Neither count fails the class by itself.
 */
function evaluatePair([earlier, later]: CountPair, classIndex: number): Verdict {
  const confirming = requireIndependenceBetween([earlier, later]);
  if (failsClass(confirming, classIndex)) return 'false';
  return reachesClass(earlier, classIndex) && reachesClass(confirming, classIndex) ? 'true' : 'unknown';
}

/**
 * Whether some pair of counts at least `days` days apart could reach the class if missing data were known: neither count
 * fails it, none between them denies it, and no transfusion between them excludes it. Points are in time order.
 */
export function findOpenPair(
  points: readonly ClassifiedCount[],
  classIndex: number,
  days: number,
): CountPair | null {
  for (const earlier of points) {
    if (failsClass(earlier, classIndex)) continue;
    const { found, open } = searchConfirmation(listLater(earlier, points, days), classIndex);
    const other = found ?? open;
    if (other) return [earlier, other];
  }
  return null;
}

/** The counts on one side of a point, the nearest first. */
interface ConfirmationSide {
  readonly others: readonly ClassifiedCount[];
  readonly toPair: (other: ClassifiedCount) => CountPair;
  /** Whether a count is as many days apart as the rule asks for. */
  readonly isFarEnough: (other: ClassifiedCount) => boolean;
  /** Whether a count lies wholly between the point and the other one. */
  readonly isBetween: (count: ClassifiedCount, other: ClassifiedCount) => boolean;
}

function listEarlier(
  point: ClassifiedCount,
  points: readonly ClassifiedCount[],
  days: number,
): ConfirmationSide {
  const latest = addDays(point.bloodCount.firstDay, -days);
  return {
    isFarEnough: ({ bloodCount }) => bloodCount.day <= latest,
    others: points.filter(({ bloodCount }) => bloodCount.day < point.bloodCount.firstDay).reverse(),
    toPair: (other) => [other, point],
    isBetween: (count, other) => count.bloodCount.firstDay > other.bloodCount.day,
  };
}

function listLater(
  point: ClassifiedCount,
  points: readonly ClassifiedCount[],
  days: number,
): ConfirmationSide {
  const earliest = addDays(point.bloodCount.day, days);
  return {
    isFarEnough: ({ bloodCount }) => bloodCount.firstDay >= earliest,
    others: points.filter(({ bloodCount }) => bloodCount.firstDay > point.bloodCount.day),
    toPair: (other) => [point, other],
    isBetween: (count, other) => count.bloodCount.day < other.bloodCount.firstDay,
  };
}

/** Searches the counts on one side of a point for one that confirms its class, up to the first that denies it. */
function searchConfirmation(
  { others, toPair, isFarEnough, isBetween }: ConfirmationSide,
  classIndex: number,
): ConfirmationSearch {
  const denying = others.find((other) => isDenyingCount(other, classIndex)) ?? null;
  let open: ClassifiedCount | null = null;
  let transfused: ClassifiedCount | null = null;
  const candidates = others.filter(
    (other) =>
      isFarEnough(other) && !failsClass(other, classIndex) && !(denying && isBetween(denying, other)),
  );
  for (const other of candidates) {
    const pair = toPair(other);
    const verdict = evaluatePair(pair, classIndex);
    if (verdict === 'true') return { found: other, failed: null, open };
    if (verdict === 'unknown') open ??= other;
    else transfused ??= requireIndependenceBetween(pair);
  }
  return { found: null, failed: transfused ?? denying, open };
}

/**
 * Determines whether the class at `classIndex` is confirmed at a point: another count at least `days` days earlier or
 * later reaches it too, no count between them surely fails it, and a subject whose class asks for transfusion independence
 * was independent over the whole span between the two. A count that leaves it open neither confirms nor denies. While more
 * counts can come it is pending; when a later count fails first, or the observation has ended, it is open if such a count
 * could have confirmed it, and else lost. Points are in time order.
 */
export function confirmClass(
  point: ClassifiedCount,
  classIndex: number,
  points: readonly ClassifiedCount[],
  days: number,
  hasEnded: boolean,
): Confirmation {
  const backward = searchConfirmation(listEarlier(point, points, days), classIndex);
  if (backward.found)
    return { kind: 'confirmed', by: backward.found, days: countDaysApart(backward.found, point) };
  const forward = searchConfirmation(listLater(point, points, days), classIndex);
  if (forward.found)
    return { kind: 'confirmed', by: forward.found, days: countDaysApart(point, forward.found) };
  if (forward.failed === null && !hasEnded) return { kind: 'pending' };
  const open = backward.open ?? forward.open;
  return open ? { kind: 'open', by: open } : { kind: 'lost', by: forward.failed };
}

/** Builds the confirmation as a part of the trace. */
export function buildConfirmationTrace(
  outcome: Confirmation,
  classIndex: number,
  days: number,
): CriterionTrace {
  const criterion = `confirmed by a second count at least ${days} days apart, none between them failing`;
  const by = outcome.kind === 'pending' ? null : outcome.by;
  const role = { kind: 'confirmation' as const, ...(by ? { day: by.bloodCount.day } : {}) };
  const of = (by?.evaluations ?? []).slice(0, classIndex + 1).map((evaluation) => evaluation.trace);
  const base = { criterion, role, inputs: [], missing: [], of };
  switch (outcome.kind) {
    case 'confirmed':
      return { ...base, verdict: 'true', found: `that of ${outcome.by.bloodCount.day}` };
    case 'pending':
      return { ...base, verdict: 'unknown', missing: ['a confirming blood count'] };
    case 'open': {
      const missing = [...new Set(of.flatMap((trace) => trace.missing))];
      return {
        ...base,
        verdict: 'unknown',
        found: `that of ${outcome.by.bloodCount.day} leaves it open`,
        missing,
      };
    }
    case 'lost': {
      const found = by === null ? 'none can come' : `that of ${by.bloodCount.day} fails`;
      return { ...base, verdict: 'false', found };
    }
  }
}

function formatFailedConfirmation({ evaluations, bloodCount }: ClassifiedCount): string {
  const last = evaluations.at(-1);
  const counts = [...bloodCount.counts.values()]
    .filter(({ fact }) => fact.analyte !== 'wbc')
    .map(formatUsableCount);
  return last === undefined ? '' : ` (not met: ${formatFailedParts(last.trace)}; ${counts.join('; ')})`;
}

/** Formats the outcome of the confirmation in one sentence. */
export function formatConfirmationOutcome(outcome: Confirmation, days: number): string {
  switch (outcome.kind) {
    case 'confirmed':
      return `Confirmed by the count of ${outcome.by.bloodCount.day}, ${outcome.days} days apart.`;
    case 'pending':
      return `A confirming count at least ${days} days apart is pending.`;
    case 'open':
      return `Whether it is confirmed cannot be determined: the count of ${outcome.by.bloodCount.day} leaves it open.`;
    case 'lost':
      return outcome.by
        ? `Not confirmed: the count of ${outcome.by.bloodCount.day} fails it${formatFailedConfirmation(outcome.by)}.`
        : 'Not confirmed: no further count can come.';
  }
}
