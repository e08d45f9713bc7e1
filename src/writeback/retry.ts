import type { Trouble } from '../ehr/ehr.ts';

const BASE_MS = 1000;
const CAP_MS = 15 * 60 * 1000;
/** After an unknown effect the EHR gets this long to finish what it may still be doing, before it is asked again. */
const SETTLE_MS = 2000;
/** Nobody repairs in a second week what a first week of retries did not pass: a person must look. */
const GIVE_UP_MS = 7 * 24 * 3600 * 1000;

/**
 * Milliseconds to wait after a failure: full jitter, `random` × min(15 min, 1 s × 2^attempts), where `attempts` counts
 * the failures before this one; on top of what the EHR asks for (Retry-After), so that a crowd does not come back at
 * one instant.
 */
export function retryDelayMs(attempts: number, random: number, trouble: Trouble): number {
  const jitter = random * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempts, 30));
  const floor = Math.max(trouble.retryAfterMs ?? 0, trouble.effect === 'unknown' ? SETTLE_MS : 0);
  return Math.round(floor + jitter);
}

/** What an outbox entry remembers of a failure: what was met, and since when it has been failing. */
export interface FailureNote {
  readonly text: string;
  readonly next: { readonly at: string } | 'dead';
}

const SINCE = /; failing since (\S+)$/;

/** Since when the entry has been failing; `now` for a first failure, and after a person asked for a new try. */
function failingSince(attempts: number, lastError: string | null, now: Date): Date {
  const since = attempts > 0 ? SINCE.exec(lastError ?? '')?.[1] : undefined;
  const date = since ? new Date(since) : now;
  return Number.isNaN(date.getTime()) ? now : date;
}

/** What to write down after a failure: when to try again, or that a person must look. */
export function afterFailure(
  entry: { readonly attempts: number; readonly lastError: string | null },
  trouble: Trouble,
  delayMs: number,
  now: Date,
): FailureNote {
  if (trouble.recovery === 'refuse') return { text: trouble.says, next: 'dead' };
  const since = failingSince(entry.attempts, entry.lastError, now);
  const text = `${trouble.says}; failing since ${since.toISOString()}`;
  if (now.getTime() - since.getTime() >= GIVE_UP_MS)
    return { text: `${text}: given up after a week`, next: 'dead' };
  return { text, next: { at: new Date(now.getTime() + delayMs).toISOString() } };
}
