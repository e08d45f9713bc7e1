import type { OutboxFailure } from '../store/outbox.ts';
import type { DeliveryFailure } from './delivery-failure.ts';

const BASE_DELAY_MS = 1000;
const MAX_DELAY_MS = 15 * 60 * 1000;
/** The time in which the EHR can finish a call with an unknown effect, before it is read again. */
const SETTLE_MS = 2000;
/** The time after which retries are given up: what a week did not resolve needs an operator. */
const GIVE_UP_AFTER_MS = 7 * 24 * 3600 * 1000;
/** The attempts after which an entry on which the adapter itself fails is given up: an operator must see it. */
const MAX_INTERNAL_ERRORS = 5;

/**
 * Computes the milliseconds to wait after a failure: full jitter, `random` × min(15 min, 1 s × 2^attempts), where
 * `attempts` counts the failures before this one. The wait is added to the one that the EHR requests (Retry-After), so
 * that the retries of many entries are not simultaneous.
 */
export function computeRetryDelay(attempts: number, random: number, failure: DeliveryFailure): number {
  const jitter = random * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.min(attempts, 30));
  const floor = Math.max(failure.retryAfterMs ?? 0, failure.effect === 'unknown' ? SETTLE_MS : 0);
  return Math.round(floor + jitter);
}

/**
 * Decides when to try again after a failure, or that the entry is given up: after a refusal at once, after failures that a
 * retry may overcome when they have lasted a week, after the fifth error of the adapter itself. Returns the record for the outbox.
 */
export function decideRetry(
  entry: { readonly failingSince: string | null; readonly attempts: number },
  failure: DeliveryFailure,
  delayMs: number,
  now: Date,
): OutboxFailure {
  const { code, message } = failure;
  const failingSince = entry.failingSince ?? now.toISOString();
  if (failure.recovery === 'refuse') return { code, message, failingSince, next: 'dead' };
  if (now.getTime() - Date.parse(failingSince) >= GIVE_UP_AFTER_MS)
    return { code, message: `${message}: given up after a week`, failingSince, next: 'dead' };
  if (code === 'internal-error' && entry.attempts + 1 >= MAX_INTERNAL_ERRORS)
    return { code, message, failingSince, next: 'dead' };
  const at = new Date(now.getTime() + delayMs).toISOString();
  return { code, message, failingSince, next: { at } };
}
