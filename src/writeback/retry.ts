import type { OutboxFailure } from '../store/store.ts';
import type { DeliveryFailure } from './delivery-failure.ts';

const BASE_DELAY_MS = 1000;
const MAX_DELAY_MS = 15 * 60 * 1000;
/** After an unknown effect the EHR gets this long to finish what it may still be doing, before it is read again. */
const SETTLE_MS = 2000;
/** What a week of retries did not overcome, a second week will not: an operator has to look. */
const GIVE_UP_AFTER_MS = 7 * 24 * 3600 * 1000;

/**
 * Computes the milliseconds to wait after a failure: full jitter, `random` × min(15 min, 1 s × 2^attempts), where
 * `attempts` counts the failures before this one. The wait is added to the one that the EHR asks for (Retry-After), so
 * that many entries do not come back at one instant.
 */
export function computeRetryDelay(attempts: number, random: number, failure: DeliveryFailure): number {
  const jitter = random * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** Math.min(attempts, 30));
  const floor = Math.max(failure.retryAfterMs ?? 0, failure.effect === 'unknown' ? SETTLE_MS : 0);
  return Math.round(floor + jitter);
}

/**
 * Decides what the outbox records of a failure: when to try again, or that the entry is given up. A refusal is given up
 * at once, a failure that a retry may overcome after a week, counted from the first of the failures in a row.
 */
export function decideRetry(
  entry: { readonly failingSince: string | null },
  failure: DeliveryFailure,
  delayMs: number,
  now: Date,
): OutboxFailure {
  const { code, message } = failure;
  const failingSince = entry.failingSince ?? now.toISOString();
  if (failure.recovery === 'refuse') return { code, message, failingSince, next: 'dead' };
  if (now.getTime() - Date.parse(failingSince) >= GIVE_UP_AFTER_MS)
    return { code, message: `${message}: given up after a week`, failingSince, next: 'dead' };
  const at = new Date(now.getTime() + delayMs).toISOString();
  return { code, message, failingSince, next: { at } };
}
