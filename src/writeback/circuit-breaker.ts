/** Failures in a row after which a site is not called for a while. */
const FAILURES_TO_OPEN = 5;
const OPEN_FOR_MS = 30_000;

/** The consecutive failures of one site. */
interface FailureStreak {
  failures: number;
  /** The instant, in milliseconds since 1970, from which calls are allowed again. */
  openUntil: number;
}

/** Stops calls to a site that does not answer: after five failures in a row none for 30 s, then a single one. */
export interface CircuitBreaker {
  canCall(site: string, now: Date): boolean;
  recordSuccess(site: string): void;
  /** `waitMs` is the pause that the site itself requests; null where it requests none. */
  recordFailure(site: string, waitMs: number | null, now: Date): void;
}

/** Creates a circuit breaker without failures. */
export function createCircuitBreaker(): CircuitBreaker {
  const streaks = new Map<string, FailureStreak>();
  return {
    canCall(site, now) {
      return now.getTime() >= (streaks.get(site)?.openUntil ?? 0);
    },
    recordSuccess(site) {
      streaks.delete(site);
    },
    recordFailure(site, waitMs, now) {
      const failures = (streaks.get(site)?.failures ?? 0) + 1;
      // If the single call after the pause fails, the streak is still long enough for the next pause.
      const pauseMs = Math.max(failures >= FAILURES_TO_OPEN ? OPEN_FOR_MS : 0, waitMs ?? 0);
      streaks.set(site, { failures, openUntil: now.getTime() + pauseMs });
    },
  };
}
