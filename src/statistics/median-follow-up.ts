import { estimateKaplanMeier } from './kaplan-meier.ts';
import { estimateMedianSurvival, type SurvivalTime } from './median-survival.ts';
import type { SurvivalObservation } from './risk-table.ts';

/**
 * Estimates the median follow-up by the reverse Kaplan-Meier method: the end of observation is the event, and death
 * censors it. Log-log limits. Source: Schemper and Smith, Control Clin Trials 1996;17:343. The same as R's `survfit` with
 * `1 - died` as the event.
 *
 * @param level confidence level, such as 0.95
 * @returns times in the unit given; null where a median or limit is not reached
 * @example
 * estimateMedianFollowUp([1, 2, 3].map((time) => ({ time, died: false })), 0.95).time // => 2
 */
export function estimateMedianFollowUp(
  followed: readonly SurvivalObservation[],
  level: number,
): SurvivalTime {
  const reversed = followed.map(({ time, died }) => ({ time, died: !died }));
  return estimateMedianSurvival(estimateKaplanMeier(reversed, level));
}
