import type { EhrFailure } from '../ehr/ehr.ts';

const BASE_DELAY_MS = 1000;
const MAX_DELAY_MS = 15 * 60 * 1000;
/** After an unknown effect the EHR gets this long to finish what it may still be doing, before it is asked again. */
const SETTLE_MS = 2000;
/** Nobody repairs in a second week what a first week of retries did not pass: a person must look. */
const GIVE_UP_AFTER_MS = 7 * 24 * 3600 * 1000;

/**
 * Milliseconds to wait after a failure: full jitter, `random` × min(15 min, 1 s × 2^attempts), where `attempts` counts
 * the failures before this one; on top of what the EHR asks for (Retry-After), so that a crowd does not come back at
 * one instant.
 */
export function computeRetryDelay(attempts: number, random: number, trouble: EhrFailure): number {
  const jitter = random * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.min(attempts, 30));
  const floor = Math.max(trouble.retryAfterMs ?? 0, trouble.effect === 'unknown' ? SETTLE_MS : 0);
  return Math.round(floor + jitter);
}

/** What an outbox entry remembers of a failure: what was met, and since when it has been failing. */
export interface RetryDecision {
  readonly lastError: string;
  readonly next: { readonly at: string } | 'dead';
}

const FAILING_SINCE_PATTERN = /; failing since (\S+)$/;

/** Since when the entry has been failing; `now` for a first failure, and after a person asked for a new try. */
function parseFailingSince(attempts: number, lastError: string | null, now: Date): Date {
  const since = attempts > 0 ? FAILING_SINCE_PATTERN.exec(lastError ?? '')?.[1] : undefined;
  const date = since ? new Date(since) : now;
  return Number.isNaN(date.getTime()) ? now : date;
}

/** What to write down after a failure: when to try again, or that a person must look. */
export function decideRetry(
  entry: { readonly attempts: number; readonly lastError: string | null },
  trouble: EhrFailure,
  delayMs: number,
  now: Date,
): RetryDecision {
  if (trouble.recovery === 'refuse') return { lastError: trouble.message, next: 'dead' };
  const since = parseFailingSince(entry.attempts, entry.lastError, now);
  const text = `${trouble.message}; failing since ${since.toISOString()}`;
  if (now.getTime() - since.getTime() >= GIVE_UP_AFTER_MS)
    return { lastError: `${text}: given up after a week`, next: 'dead' };
  return { lastError: text, next: { at: new Date(now.getTime() + delayMs).toISOString() } };
}
