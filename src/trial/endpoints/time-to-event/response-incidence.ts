import {
  type CompetingObservation,
  estimateCumulativeIncidence,
  findIncidenceAt,
} from '../../../statistics/competing-risks/cumulative-incidence.ts';
import { runGrayTest } from '../../../statistics/competing-risks/gray-test.ts';
import type { Protocol } from '../../protocol.ts';
import { countByKey, roundFigure } from '../counted-share.ts';
import { DAYS_PER_MONTH } from '../follow-up.ts';
import { selectPopulation } from '../populations/analysis-sets.ts';
import { type ChiSquareFigure, roundTest } from '../response/subgroups.ts';
import type { CourseTimes } from '../subject/course-times.ts';
import type { SubjectFigures } from '../subject-figures.ts';
import type { FigureLimits } from './survival-table.ts';

/** What comes first; `censored`: none of them. */
const FIRST_EVENTS = ['response', 'death', 'transplant', 'new-treatment', 'censored'] as const;

type FirstEvent = (typeof FIRST_EVENTS)[number];

/** Incidence of the response in one group. */
export interface IncidenceGroup {
  readonly of: number;
  readonly counts: Readonly<Record<FirstEvent, number>>;
  /** By months from the first infusion; shares from 0 to 1. */
  readonly months: Readonly<
    Record<
      string,
      {
        readonly incidence: number | null;
        readonly standardError: number | null;
        readonly limits: FigureLimits;
      }
    >
  >;
}

/** Cumulative incidence of the response with competing events. */
export interface ResponseIncidence extends IncidenceGroup {
  readonly definition: string;
  readonly byPreviousAgent: Readonly<Record<'yes' | 'no', IncidenceGroup>>;
  readonly bySeverity: Readonly<Record<string, IncidenceGroup>>;
  /** Gray's test of equal incidence in the groups; null where it cannot be run. */
  readonly tests: {
    readonly previousAgent: ChiSquareFigure | null;
    readonly severity: ChiSquareFigure | null;
  };
}

/**
 * Finds what came first after the first infusion: of several on one day the response, then death. Without any of them by
 * the deadline the observation is censored there, or at the last contact.
 *
 * @param deadline last day, from the first infusion, on which a best response counts
 */
export function findFirstEvent(times: CourseTimes, deadline: number): CompetingObservation {
  const events = [
    { time: times.response, event: 'response' },
    { time: times.death, event: 'death' },
    { time: times.transplant, event: 'transplant' },
    { time: times.newTreatment, event: 'new-treatment' },
  ].flatMap(({ time, event }) => (time === null ? [] : [{ time, event }]));
  const [first] = events.sort((a, b) => a.time - b.time);
  const end = Math.min(times.contact, deadline);
  return first && first.time <= deadline ? first : { time: end, event: null };
}

function buildIncidenceGroup(
  observations: readonly CompetingObservation[],
  months: readonly number[],
  level: number,
): IncidenceGroup {
  const steps = estimateCumulativeIncidence(observations, 'response', level);
  const last = observations.reduce((longest, { time }) => Math.max(longest, time), 0);
  const readAt = (month: number) => {
    const days = month * DAYS_PER_MONTH;
    const isKnown = observations.length > 0 && (days <= last || observations.every(({ event }) => event));
    if (!isKnown) return { incidence: null, standardError: null, limits: [null, null] as FigureLimits };
    const step = findIncidenceAt(steps, days);
    const [low, high] = step?.limits ?? [null, null];
    return {
      incidence: roundFigure(step?.incidence ?? 0),
      standardError: roundFigure(step?.standardError ?? 0),
      limits: [roundFigure(low), roundFigure(high)] as FigureLimits,
    };
  };
  return {
    of: observations.length,
    counts: countByKey(
      FIRST_EVENTS,
      observations.map(({ event }) => (event ?? 'censored') as FirstEvent),
    ),
    months: Object.fromEntries(months.map((month) => [month, readAt(month)])),
  };
}

/** Finds the last day on which a best response counts, from the first infusion. */
const findDeadline = ({ visits, bestResponseBy }: Protocol): number =>
  visits.find(({ id }) => id === bestResponseBy)?.to ?? 0;

/**
 * Builds the cumulative incidence of the confirmed response among the treated, with death, transplant and new treatment
 * competing (Aalen-Johansen), read at the protocol's landmark and survival months, by previous agent and by severity with
 * Gray's test.
 */
export function buildResponseIncidence(
  subjects: readonly SubjectFigures[],
  protocol: Protocol,
): ResponseIncidence {
  const { analysis, interval, bestResponseBy } = protocol;
  const level = Number(interval.percent) / 100;
  const months = [...new Set([...analysis.landmarkMonths, ...analysis.survivalMonths])].sort((a, b) => a - b);
  const deadline = findDeadline(protocol);
  const observed = selectPopulation(subjects, 'treated').flatMap(({ times, infused, best }) => {
    const agent = infused?.hadPreviousAgent === true ? ('yes' as const) : ('no' as const);
    return times ? [{ seen: findFirstEvent(times, deadline), agent, severity: best.severity }] : [];
  });
  const listSeen = (group: typeof observed) => group.map(({ seen }) => seen);
  const buildGroup = (group: typeof observed) => buildIncidenceGroup(listSeen(group), months, level);
  const byAgent = [
    observed.filter(({ agent }) => agent === 'yes'),
    observed.filter(({ agent }) => agent === 'no'),
  ] as const;
  const bySeverity = [...Map.groupBy(observed, ({ severity }) => severity)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return {
    ...buildGroup(observed),
    definition: `confirmed response from the first infusion up to the end of ${bestResponseBy}, of the treated; death, transplant and new treatment compete; aalen-johansen, log-log limits; gray's test`,
    byPreviousAgent: { yes: buildGroup(byAgent[0]), no: buildGroup(byAgent[1]) },
    bySeverity: Object.fromEntries(bySeverity.map(([severity, group]) => [severity, buildGroup(group)])),
    tests: {
      previousAgent: roundTest(runGrayTest(byAgent.map(listSeen), 'response')),
      severity: roundTest(
        runGrayTest(
          bySeverity.map(([, group]) => listSeen(group)),
          'response',
        ),
      ),
    },
  };
}
