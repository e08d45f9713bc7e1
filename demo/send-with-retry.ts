import { setTimeout } from 'node:timers/promises';
import { describeError } from './describe-error.ts';

/** An answer, as far as senders look at it. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Milliseconds that the receiver asks to wait (Retry-After); null where it does not ask. */
  readonly retryAfterMs: number | null;
}

/** How often a sender tries, and how long it waits between the tries: doubled each time, up to a limit. */
export interface RetryLimits {
  readonly tries: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** About two minutes in total, which outlasts a restart of the adapter on a slow machine. */
const RETRY_LIMITS: RetryLimits = { tries: 15, firstDelayMs: 250, maxDelayMs: 10_000 };

/** What a receiver says that cannot take the request now: too many requests, or it or a proxy is not ready. */
const BUSY_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Sends a request until it is answered otherwise than "busy", as interface engines do. A broken connection leaves open
 * whether the request took effect. Sending it again is right all the same: to the adapter, the same version again is no
 * change. `sender` is in the message of the error that is thrown when every try was in vain.
 */
export async function sendWithRetry(
  sender: string,
  url: string,
  request: RequestInit & { readonly method: string },
  limits: RetryLimits = RETRY_LIMITS,
): Promise<{ readonly answer: Answer; readonly tries: number }> {
  for (let tries = 1; ; tries++) {
    const outcome = await trySending(url, request);
    const isBusy = 'error' in outcome || BUSY_STATUSES.has(outcome.status);
    if (!isBusy) return { answer: outcome, tries };
    if (tries === limits.tries) {
      const why =
        'error' in outcome
          ? describeError(outcome.error)
          : `${outcome.status} ${outcome.text.slice(0, 500)}`.trim();
      throw new Error(`${sender}: ${request.method} ${url}: not accepted in ${tries} tries: ${why}`);
    }
    const backoffMs = Math.min(limits.maxDelayMs, limits.firstDelayMs * 2 ** (tries - 1));
    await setTimeout('error' in outcome ? backoffMs : (outcome.retryAfterMs ?? backoffMs));
  }
}

/** Sends the request once; an error where the connection broke before the whole answer arrived. */
async function trySending(url: string, request: RequestInit): Promise<Answer | { readonly error: unknown }> {
  try {
    const response = await fetch(url, request);
    const text = await response.text();
    return {
      status: response.status,
      text,
      retryAfterMs: parseRetryAfter(response.headers.get('retry-after')),
    };
  } catch (error) {
    return { error };
  }
}

/** Parses Retry-After, which is seconds or a date (RFC 9110, section 10.2.3); null where it is neither. */
function parseRetryAfter(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d{1,6}$/.test(header)) return 1000 * Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}
