/** How long one subject was followed, in any unit, and whether death ended it (false: censored). */
export interface SurvivalObservation {
  readonly time: number;
  readonly died: boolean;
}

/** The subjects at risk at a time, and the deaths at it. */
interface RiskRow {
  readonly time: number;
  /** Subjects followed for at least this time. */
  readonly atRisk: number;
  readonly deaths: number;
}

/**
 * Builds the risk table: one row for each time at which a subject died or was censored, earliest first. As `time`,
 * `n.risk` and `n.event` of R's `survival::survfit`.
 *
 * @returns no rows where nobody was followed
 * @example
 * buildRiskTable([{ time: 3, died: true }, { time: 5, died: false }]) // => [{"time":3,"atRisk":2,"deaths":1},{"time":5,"atRisk":1,"deaths":0}]
 */
export function buildRiskTable(followed: readonly SurvivalObservation[]): readonly RiskRow[] {
  const ends = new Map<number, { ended: number; deaths: number }>();
  for (const { time, died } of followed) {
    const { ended, deaths } = ends.get(time) ?? { ended: 0, deaths: 0 };
    ends.set(time, { ended: ended + 1, deaths: deaths + (died ? 1 : 0) });
  }
  let left = followed.length;
  return [...ends]
    .sort(([a], [b]) => a - b)
    .map(([time, { ended, deaths }]) => {
      const atRisk = left;
      left -= ended;
      return { time, atRisk, deaths };
    });
}
