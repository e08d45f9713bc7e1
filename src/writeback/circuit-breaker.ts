const FAILURES_TO_OPEN = 5;
const OPEN_FOR_MS = 30_000;

interface FailureStreak {
  failures: number;
  openUntil: number;
}

/** Spares a site that does not answer: after five failures in a row it is left alone for 30 s, then tried once. */
export interface CircuitBreaker {
  allows(site: string, now: Date): boolean;
  recordSuccess(site: string): void;
  /** `waitMs` is what the site itself asks for. */
  recordFailure(site: string, waitMs: number | null, now: Date): void;
}

export function createCircuitBreaker(): CircuitBreaker {
  const lines = new Map<string, FailureStreak>();
  return {
    allows(site, now) {
      return now.getTime() >= (lines.get(site)?.openUntil ?? 0);
    },
    recordSuccess(site) {
      lines.delete(site);
    },
    recordFailure(site, waitMs, now) {
      const failures = (lines.get(site)?.failures ?? 0) + 1;
      // One probe after the pause: its failure is again at least the fifth in a row.
      const pause = Math.max(failures >= FAILURES_TO_OPEN ? OPEN_FOR_MS : 0, waitMs ?? 0);
      lines.set(site, { failures, openUntil: now.getTime() + pause });
    },
  };
}
