/** How long one subject was followed, in any unit, and what ended it: the name of a cause, or null (censored). */
export interface CompetingObservation {
  readonly time: number;
  readonly event: string | null;
}

/** The subjects at risk at a time, and the events at it. */
interface CompetingRiskRow {
  readonly time: number;
  /** Subjects followed for at least this time: events precede censorings of the same time. */
  readonly atRisk: number;
  /** Events of the cause in question. */
  readonly events: number;
  /** Events of all other causes. */
  readonly otherEvents: number;
}

/**
 * Lists the times at which an event of any cause happened, earliest first, each once.
 *
 * @example
 * listEventTimes([{ time: 3, event: 'death' }, { time: 2, event: null }, { time: 1, event: 'response' }]) // => [1, 3]
 */
export function listEventTimes(observations: readonly CompetingObservation[]): readonly number[] {
  const times = observations.filter(({ event }) => event !== null).map(({ time }) => time);
  return [...new Set(times)].sort((a, b) => a - b);
}

/**
 * Builds the risk table of one cause among several: one row for each of the given times.
 *
 * @param times earliest first, and with every time at which one of the subjects had an event
 * @example
 * buildCompetingRiskTable([{ time: 1, event: 'death' }, { time: 2, event: 'response' }], 'response', [1, 2]) // => [{"time":1,"atRisk":2,"events":0,"otherEvents":1},{"time":2,"atRisk":1,"events":1,"otherEvents":0}]
 * buildCompetingRiskTable([], 'response', [1]) // => [{"time":1,"atRisk":0,"events":0,"otherEvents":0}]
 */
export function buildCompetingRiskTable(
  observations: readonly CompetingObservation[],
  cause: string,
  times: readonly number[],
): readonly CompetingRiskRow[] {
  const sorted = [...observations].sort((a, b) => a.time - b.time);
  let place = 0;
  return times.map((time) => {
    while ((sorted[place]?.time ?? time) < time) place += 1;
    let [events, otherEvents] = [0, 0];
    for (let i = place; sorted[i]?.time === time; i += 1) {
      const event = sorted[i]?.event ?? null;
      if (event === cause) events += 1;
      else if (event !== null) otherEvents += 1;
    }
    return { time, atRisk: sorted.length - place, events, otherEvents };
  });
}
