import type { SurvivalObservation } from '../../../statistics/risk-table.ts';
import type { EndpointEvent, Protocol } from '../../protocol.ts';
import { selectPopulation } from '../populations/analysis-sets.ts';
import type { CourseTimes } from '../subject/course-times.ts';
import type { SubjectFigures } from '../subject-figures.ts';
import { buildSurvivalTable, type SurvivalTable } from './survival-table.ts';

/** A duration with its events, and its curve. */
export interface DurationTable extends SurvivalTable {
  readonly definition: string;
}

/** Duration of response, relapse-free and event-free survival. */
export interface DurationTables {
  readonly responseDuration: DurationTable;
  readonly relapseFree: DurationTable;
  readonly eventFree: DurationTable;
}

const TIMES_BY_EVENT = {
  death: 'death',
  relapse: 'relapse',
  transplant: 'transplant',
  'new-treatment': 'newTreatment',
  'clonal-evolution': 'clonalEvolution',
} as const satisfies Record<EndpointEvent, keyof CourseTimes>;

/** Events that end the observation: they censor a duration of which they are no event. */
const ENDINGS: readonly EndpointEvent[] = ['transplant', 'new-treatment'];

const findFirst = (days: readonly (number | null)[]): number | null =>
  days.reduce((first, day) => (day !== null && (first === null || day < first) ? day : first), null);

/**
 * Measures a duration in days. The first of its events ends it; a transplant or new treatment that is none of them censors
 * it on its day, and the last day of observation does. Of an event and a censoring on one day the event counts.
 *
 * @param from day from the first infusion on which the duration begins
 * @param lastDay last day of observation; a death after it is still observed
 */
export function measureDuration(
  times: CourseTimes,
  events: readonly EndpointEvent[],
  from: number,
  lastDay: number,
): SurvivalObservation {
  const findDay = (event: EndpointEvent): number | null => {
    const day = times[TIMES_BY_EVENT[event]];
    return day === null ? null : Math.max(day, from);
  };
  const event = findFirst(events.map(findDay));
  const ending = findFirst(ENDINGS.filter((kind) => !events.includes(kind)).map(findDay));
  if (event !== null && (ending === null || event <= ending)) return { time: event - from, died: true };
  return { time: Math.max(0, (ending ?? Math.max(lastDay, from)) - from), died: false };
}

/** Measures the durations of one subject; null where it does not begin, since there was no infusion or no response. */
export function measureDurations(
  { times }: SubjectFigures,
  { analysis }: Protocol,
): Readonly<Record<keyof DurationTables, SurvivalObservation | null>> {
  const { responseDuration, relapseFree, eventFree } = analysis.timeToEvent;
  if (times === null) return { responseDuration: null, relapseFree: null, eventFree: null };
  const { response, lastCount, contact } = times;
  const measureFromResponse = (events: readonly EndpointEvent[]) =>
    response === null ? null : measureDuration(times, events, response, lastCount);
  return {
    responseDuration: measureFromResponse(responseDuration),
    relapseFree: measureFromResponse(relapseFree),
    eventFree: measureDuration(times, eventFree, 0, contact),
  };
}

/** Builds the tables of durations, with Kaplan-Meier curves read at the protocol's `survivalMonths`. */
export function buildDurationTables(subjects: readonly SubjectFigures[], protocol: Protocol): DurationTables {
  const { timeToEvent, survivalMonths } = protocol.analysis;
  const measured = selectPopulation(subjects, 'treated').map((subject) =>
    measureDurations(subject, protocol),
  );
  const buildTable = (name: keyof DurationTables, beginning: string, end: string): DurationTable => ({
    ...buildSurvivalTable(
      measured.flatMap((durations) => durations[name] ?? []),
      survivalMonths,
      protocol,
    ),
    definition: `${beginning} to ${timeToEvent[name].join(', ')}; else censored at transplant, new treatment or ${end}; kaplan-meier, ${protocol.statistics.survivalLimits} limits`,
  });
  const fromResponse = 'confirmed responders, from the first day of the response';
  return {
    responseDuration: buildTable('responseDuration', fromResponse, 'the last count'),
    relapseFree: buildTable('relapseFree', fromResponse, 'the last count'),
    eventFree: buildTable('eventFree', 'treated, from the first infusion', 'the last contact'),
  };
}
