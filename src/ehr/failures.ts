import { isObject } from '../fhir/resource.ts';
import type { EhrFailure } from './ehr.ts';
import { ADDRESS_REFUSED } from './transport.ts';

/** Statuses of the 4xx range after which the same call may work later. 401: after a new token did not help. */
const RETRYABLE_STATUSES = new Set([401, 408, 409, 423, 425, 429]);

/** Answers that say that nothing was done, although the same call may work later. */
const NO_EFFECT_STATUSES = new Set([401, 409, 423, 425, 429]);

/** Error codes of Node before a request can have left this machine. */
const NOT_SENT_ERROR_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  ADDRESS_REFUSED,
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** A longer wait than a day is not obeyed: a wrong date must not silence a site. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;

/** Retry-After in milliseconds, from seconds or an HTTP date (RFC 9110, section 10.2.3); null where unreadable. */
export function parseRetryAfter(header: string | null, now: Date): number | null {
  if (header === null) return null;
  const text = header.trim();
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS) : null;
}

/**
 * What a status other than success means. Redirects are never followed: they wait for the site's address to be set
 * right. A 5xx may come after the work was done.
 */
export function classifyHttpStatus(status: number, waitMs: number | null, issues: string): EhrFailure {
  const retry = status < 400 || RETRYABLE_STATUSES.has(status) || (status >= 500 && status !== 501);
  const untouched = status < 500 ? status !== 408 : status === 501;
  const effect = untouched || NO_EFFECT_STATUSES.has(status) ? 'none' : 'unknown';
  const redirect = status >= 300 && status < 400 ? ': redirects are not followed' : '';
  return {
    recovery: retry ? 'retry' : 'refuse',
    effect,
    status,
    retryAfterMs: waitMs,
    message: `HTTP ${status}${redirect}${issues ? ` (${issues})` : ''}`,
  };
}

/** The code of a network error, from `cause` where it is wrapped; never its message, which names hosts and paths. */
function findErrorCode(error: unknown): string {
  if (!isObject(error)) return 'unknown';
  if (typeof error.code === 'string') return error.code;
  return error.cause === undefined ? 'network_error' : findErrorCode(error.cause);
}

const ERROR_CODE_TEXTS: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  [ADDRESS_REFUSED]:
    "the EHR's name stands for an address inside the house: list its network in ehr.networks of the site, or correct the name",
};

/** What it means that no answer came. An unknown code is taken as sent: reading back is cheap, a double effect is not. */
export function classifyNetworkError(error: unknown, timedOut: boolean): EhrFailure {
  const code = timedOut ? 'timeout' : findErrorCode(error);
  const why = ERROR_CODE_TEXTS[code] ?? (/^[A-Za-z_]{1,40}$/.test(code) ? code : 'network error');
  return {
    recovery: 'retry',
    effect: NOT_SENT_ERROR_CODES.has(code) ? 'none' : 'unknown',
    status: null,
    retryAfterMs: null,
    message: `no answer (${why})`,
  };
}

/** A success that cannot be read: what was asked may well be done. */
export function createUnreadableFailure(status: number, why: string): EhrFailure {
  return {
    recovery: 'retry',
    effect: 'unknown',
    status,
    retryAfterMs: null,
    message: `HTTP ${status}, but ${why}`,
  };
}
