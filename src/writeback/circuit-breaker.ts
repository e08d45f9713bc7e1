const FAILURES_TO_OPEN = 5;
const OPEN_FOR_MS = 30_000;

/** The failures in a row of one site. */
interface FailureStreak {
  failures: number;
  /** Milliseconds since the epoch; calls are allowed again from then on. */
  openUntil: number;
}

/** Spares a site that does not answer: after five failures in a row there is no call for 30 s, then a single one. */
export interface CircuitBreaker {
  allows(site: string, now: Date): boolean;
  recordSuccess(site: string): void;
  /** `waitMs` is the pause that the site itself asks for; null where it asks for none. */
  recordFailure(site: string, waitMs: number | null, now: Date): void;
}

export function createCircuitBreaker(): CircuitBreaker {
  const streaks = new Map<string, FailureStreak>();
  return {
    allows(site, now) {
      return now.getTime() >= (streaks.get(site)?.openUntil ?? 0);
    },
    recordSuccess(site) {
      streaks.delete(site);
    },
    recordFailure(site, waitMs, now) {
      const failures = (streaks.get(site)?.failures ?? 0) + 1;
      // After the pause one call is tried: if it fails, that is again at least the fifth failure in a row.
      const pauseMs = Math.max(failures >= FAILURES_TO_OPEN ? OPEN_FOR_MS : 0, waitMs ?? 0);
      streaks.set(site, { failures, openUntil: now.getTime() + pauseMs });
    },
  };
}
