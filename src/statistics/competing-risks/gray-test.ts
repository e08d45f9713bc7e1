import { type ChiSquareResult, combineScores } from '../survival-comparison/group-statistic.ts';
import {
  buildCompetingRiskTable,
  type CompetingObservation,
  listEventTimes,
} from './competing-risk-table.ts';

/** One group at one time. `before` is the time just before its events. */
interface GroupMoment {
  readonly atRisk: number;
  readonly events: number;
  readonly otherEvents: number;
  /** Survival free of any event, Ŝ. */
  readonly eventFreeBefore: number;
  readonly eventFree: number;
  /** At risk, corrected for subjects whom any event removed: Y/Ŝ(t−), Gray's h. */
  readonly uncensored: number;
  /** Y·(1 − F̂(t−))/Ŝ(t−), Gray's R: subjects who have not had the cause, those with other events among them. */
  readonly withoutCause: number;
}

/** All groups at one time, and the incidence that they have in common if the hypothesis holds. */
interface Moment {
  readonly groups: readonly GroupMoment[];
  readonly events: number;
  readonly uncensored: number;
  readonly withoutCause: number;
  readonly incidenceBefore: number;
  readonly incidence: number;
}

const sumOver = <T>(items: readonly T[], select: (item: T) => number): number =>
  items.reduce((sum, item) => sum + select(item), 0);

function tabulateGroup(
  observations: readonly CompetingObservation[],
  cause: string,
  times: readonly number[],
): readonly GroupMoment[] {
  let eventFree = 1;
  let incidence = 0;
  return buildCompetingRiskTable(observations, cause, times).map(({ atRisk, events, otherEvents }) => {
    const eventFreeBefore = eventFree;
    const uncensored = atRisk === 0 ? 0 : atRisk / eventFreeBefore;
    const withoutCause = uncensored * (1 - incidence);
    if (atRisk > 0) {
      eventFree *= (atRisk - events - otherEvents) / atRisk;
      incidence += (eventFreeBefore * events) / atRisk;
    }
    return { atRisk, events, otherEvents, eventFreeBefore, eventFree, uncensored, withoutCause };
  });
}

/** Tabulates all groups together over the times with an event of any cause at which somebody was at risk. */
function tabulateMoments(
  observations: readonly (readonly CompetingObservation[])[],
  cause: string,
): readonly Moment[] {
  const times = listEventTimes(observations.flat());
  const followed = observations.map((group) => tabulateGroup(group, cause, times));
  let incidence = 0;
  return times.map((_time, t) => {
    const groups = followed.flatMap((moments) => moments[t] ?? []);
    const incidenceBefore = incidence;
    const events = sumOver(groups, (group) => group.events);
    const uncensored = sumOver(groups, (group) => group.uncensored);
    incidence += events / uncensored;
    const withoutCause = sumOver(groups, (group) => group.withoutCause);
    return { groups, events, uncensored, withoutCause, incidenceBefore, incidence };
  });
}

/** Weighs what an event in group k does to the score of group i at this time: Gray's d with W = 1. */
function computeEventWeight({ groups, uncensored }: Moment, i: number, k: number): number {
  const [own, other] = [groups[k]?.uncensored ?? 0, groups[i]?.uncensored ?? 0];
  return own * ((i === k ? 1 : 0) - other / uncensored);
}

/** Variance of d events among n subjects, as a share of d: 1 without ties. */
const correctForTies = (events: number, atRisk: number): number =>
  events > 1 ? 1 - (events - 1) / (atRisk - 1) : 1;

/** How far an event reaches: its effect on a score at its own time and by way of later times, and its variance. */
interface EventReach {
  readonly now: number;
  readonly later: number;
  readonly variance: number;
}

/** Lists the reach of the events of group k: those of the cause, as many as are expected, and those of other causes. */
function listReaches({ events, uncensored, incidence }: Moment, group: GroupMoment): readonly EventReach[] {
  const { atRisk, otherEvents, eventFreeBefore, eventFree } = group;
  const reaches: EventReach[] = [];
  const ratio = eventFree > 0 ? (1 - incidence) / eventFree : 0;
  if (events > 0) {
    const ties = correctForTies(events, uncensored * eventFreeBefore);
    const variance = (ties * eventFreeBefore * events) / (uncensored * atRisk);
    reaches.push({ now: 1, later: 1 - ratio, variance });
  }
  if (otherEvents > 0) {
    const ties = correctForTies(otherEvents, atRisk);
    reaches.push({ now: 0, later: -ratio, variance: ties * (eventFreeBefore / atRisk) ** 2 * otherEvents });
  }
  return reaches;
}

/** Adds to the covariance of the scores what the events of group k contribute at each time. */
function addGroupCovariance(covariance: number[][], moments: readonly Moment[], k: number): void {
  const places = covariance.map((_row, i) => i);
  const weighHazard = (moment: Moment, i: number): number =>
    (computeEventWeight(moment, i, k) * moment.events) / (moment.uncensored * (1 - moment.incidenceBefore));
  // Gray's c(τ) − c(t): from all times at first, it loses each time in turn.
  const remaining = places.map((i) =>
    sumOver(moments, (moment) => (moment.events > 0 ? weighHazard(moment, i) : 0)),
  );
  for (const moment of moments) {
    const group = moment.groups[k];
    if (group === undefined || group.atRisk === 0) continue;
    if (moment.events > 0)
      for (const i of places) remaining[i] = (remaining[i] ?? 0) - weighHazard(moment, i);
    for (const { now, later, variance } of listReaches(moment, group)) {
      const effects = places.map((i) => now * computeEventWeight(moment, i, k) + later * (remaining[i] ?? 0));
      covariance.forEach((row, i) => {
        for (const j of places) row[j] = (row[j] ?? 0) + (effects[i] ?? 0) * (effects[j] ?? 0) * variance;
      });
    }
  }
}

/**
 * Runs Gray's test of whether the cumulative incidence of one cause is the same in all groups, other causes competing
 * (ρ = 0). It compares the events of a group with those expected among its subjects who have not had the cause; subjects
 * with another event stay among them, with the weight of those who could still be observed. Source: Gray, Ann Stat
 * 1988;16:1141, with the correction of the variance for ties. The same as `Tests` of R's `cmprsk::cuminc`; where a group
 * was not at risk at any event of the cause, R computes nothing, and here that group is left out.
 *
 * @param groups an empty group is left out
 * @param cause the name of the event in question; every other name competes with it
 * @returns null where fewer than two groups were at risk at an event of the cause
 * @example
 * runGrayTest([[{ time: 1, event: 'a' }, { time: 4, event: 'b' }], [{ time: 2, event: 'b' }, { time: 3, event: 'a' }]], 'a').chiSquare // => 0.05087
 * runGrayTest([[{ time: 1, event: 'a' }], []], 'a') // => null
 */
export function runGrayTest(
  groups: readonly (readonly CompetingObservation[])[],
  cause: string,
): ChiSquareResult | null {
  const moments = tabulateMoments(groups, cause);
  const scores = groups.map((_group, k) =>
    sumOver(moments, ({ groups: at, events, withoutCause }) =>
      events === 0 ? 0 : (at[k]?.events ?? 0) - (events * (at[k]?.withoutCause ?? 0)) / withoutCause,
    ),
  );
  const covariance = groups.map(() => groups.map(() => 0));
  groups.forEach((_group, k) => {
    addGroupCovariance(covariance, moments, k);
  });
  const result = combineScores(scores, covariance);
  return result !== null && Number.isFinite(result.chiSquare) ? result : null;
}
