import { isObject } from '../fhir/resource.ts';
import type { EhrFailure, EhrFailureCode } from './ehr.ts';
import { ADDRESS_REFUSED } from './transport.ts';

/** Statuses of the 4xx range after which the same call may succeed later (401: a new token was refused too). */
const RETRYABLE_STATUSES = new Set([401, 408, 409, 423, 425, 429]);

/** Statuses after which nothing was done and the same call may succeed later. */
const NO_EFFECT_STATUSES = new Set([401, 409, 423, 425, 429]);

/** The longest wait that is accepted: a wrong date must not stop the delivery to a site. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;

const SHORT_DAYS = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAYS = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const MONTHS = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '[0-2]\\d:[0-5]\\d:[0-6]\\d';

/** The three forms of an HTTP date (RFC 9110, section 5.6.7): IMF-fixdate, RFC 850 and asctime. */
const HTTP_DATE_PATTERN = new RegExp(
  `^(?:${SHORT_DAYS}, \\d\\d ${MONTHS} \\d{4} ${TIME} GMT|${LONG_DAYS}, \\d\\d-${MONTHS}-\\d\\d ${TIME} GMT|` +
    `${SHORT_DAYS} ${MONTHS} [ \\d]\\d ${TIME} \\d{4})$`,
);

/** Parses an HTTP date to milliseconds since 1970; NaN for any other text, which `Date.parse` may understand otherwise. */
function parseHttpDate(text: string): number {
  if (!HTTP_DATE_PATTERN.test(text)) return Number.NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}

/**
 * Parses Retry-After, seconds or an HTTP date (RFC 9110, section 10.2.3), to milliseconds; at most a day. Null where it is
 * neither, such as a negative number.
 */
export function parseRetryAfter(header: string | null, now: Date): number | null {
  if (header === null) return null;
  const text = header.trim();
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : parseHttpDate(text) - now.getTime();
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

function selectStatusCode(status: number, isRetryable: boolean): EhrFailureCode {
  if (isRedirect(status)) return 'redirected';
  if (status === 401) return 'unauthorized';
  return isRetryable ? 'unavailable' : 'refused';
}

/**
 * Classifies an HTTP status other than success. A redirect is never followed: the call is retried until the configured
 * address is corrected. A 5xx status may be returned after the request took effect.
 */
export function classifyHttpStatus(
  status: number,
  retryAfterMs: number | null,
  issueCodes: string,
): EhrFailure {
  // 1xx is no answer, and a status above 599 is none of HTTP: whatever they mean, the request may have taken effect.
  if (status < 200 || status > 599) return createUnreadableFailure(status, 'this is not an answer');
  const isRetryable = status < 400 || RETRYABLE_STATUSES.has(status) || (status >= 500 && status !== 501);
  const isWithoutEffect = status < 500 ? status !== 408 : status === 501;
  const redirect = isRedirect(status) ? ': redirects are not followed' : '';
  return {
    code: selectStatusCode(status, isRetryable),
    recovery: isRetryable ? 'retry' : 'refuse',
    effect: isWithoutEffect || NO_EFFECT_STATUSES.has(status) ? 'none' : 'unknown',
    status,
    retryAfterMs,
    message: `HTTP ${status}${redirect}${issueCodes ? ` (${issueCodes})` : ''}`,
  };
}

const createNotSentFailure = (code: EhrFailureCode) => ({ code, effect: 'none' }) as const;

/** Error codes of Node and undici for requests that have not left this machine. */
const NOT_SENT_ERRORS = new Map([
  ['ECONNREFUSED', createNotSentFailure('connection-refused')],
  ['ENOTFOUND', createNotSentFailure('unreachable')],
  ['EAI_AGAIN', createNotSentFailure('unreachable')],
  ['EHOSTUNREACH', createNotSentFailure('unreachable')],
  ['ENETUNREACH', createNotSentFailure('unreachable')],
  ['UND_ERR_CONNECT_TIMEOUT', createNotSentFailure('timeout')],
  [ADDRESS_REFUSED, createNotSentFailure('address-refused')],
  ['CERT_HAS_EXPIRED', createNotSentFailure('untrusted-certificate')],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', createNotSentFailure('untrusted-certificate')],
  ['SELF_SIGNED_CERT_IN_CHAIN', createNotSentFailure('untrusted-certificate')],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', createNotSentFailure('untrusted-certificate')],
  ['ERR_TLS_CERT_ALTNAME_INVALID', createNotSentFailure('untrusted-certificate')],
]);

/** Finds the code of a network error, which may be in `cause`. The message is not used, since it names hosts and paths. */
function findErrorCode(error: unknown): string {
  if (!isObject(error)) return 'unknown';
  if (typeof error.code === 'string') return error.code;
  return error.cause === undefined ? 'network_error' : findErrorCode(error.cause);
}

const ERROR_TEXTS: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  [ADDRESS_REFUSED]:
    "the EHR's name resolves to an address inside the hospital: list its network in ehr.networks of the site, or correct the name",
};

/**
 * Classifies a call without an answer. With an unknown error code the request counts as sent: an unnecessary read of the
 * EHR is harmless, a duplicate write is not.
 */
export function classifyNetworkError(error: unknown, isTimeout: boolean): EhrFailure {
  const errorCode = isTimeout ? 'timeout' : findErrorCode(error);
  const text = ERROR_TEXTS[errorCode] ?? (/^[A-Za-z_]{1,40}$/.test(errorCode) ? errorCode : 'network error');
  const sent = { code: isTimeout ? 'timeout' : 'connection-lost', effect: 'unknown' } as const;
  return {
    ...(NOT_SENT_ERRORS.get(errorCode) ?? sent),
    recovery: 'retry',
    status: null,
    retryAfterMs: null,
    message: `no answer (${text})`,
  };
}

/** Creates the failure for a success that cannot be read: the request may have taken effect. */
export function createUnreadableFailure(status: number, reason: string): EhrFailure {
  return {
    code: 'unreadable-answer',
    recovery: 'retry',
    effect: 'unknown',
    status,
    retryAfterMs: null,
    message: `HTTP ${status}, but ${reason}`,
  };
}
