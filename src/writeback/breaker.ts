const FAILURES_TO_OPEN = 5;
const OPEN_MS = 30_000;

interface Line {
  failures: number;
  closedUntil: number;
}

/** Spares a site that does not answer: after five failures in a row it is left alone for 30 s, then tried once. */
export interface Breaker {
  ready(site: string, now: Date): boolean;
  worked(site: string): void;
  /** `waitMs` is what the site itself asks for. */
  failed(site: string, waitMs: number | null, now: Date): void;
}

export function createBreaker(): Breaker {
  const lines = new Map<string, Line>();
  return {
    ready(site, now) {
      return now.getTime() >= (lines.get(site)?.closedUntil ?? 0);
    },
    worked(site) {
      lines.delete(site);
    },
    failed(site, waitMs, now) {
      const failures = (lines.get(site)?.failures ?? 0) + 1;
      // One probe after the pause: its failure is again at least the fifth in a row.
      const pause = Math.max(failures >= FAILURES_TO_OPEN ? OPEN_MS : 0, waitMs ?? 0);
      lines.set(site, { failures, closedUntil: now.getTime() + pause });
    },
  };
}
