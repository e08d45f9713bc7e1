import { Failure } from '../errors.ts';

const LOOPBACK_HOST_PATTERN = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function createBaseUrlFailure(message: string, fix: string): Failure {
  return new Failure('config/invalid', message, { at: 'the EHR base URL', fix });
}

/**
 * The base URL of an EHR, checked. Plain http is for loopback only, unless the site's row allows it: a bearer token and
 * patient data would travel readable.
 */
export function parseBaseUrl(base: string, plainHttp: boolean): URL {
  if (!URL.canParse(base))
    throw createBaseUrlFailure('The EHR base is not a URL.', 'Give an absolute https URL.');
  const url = new URL(base);
  if (url.username || url.password || url.search || url.hash) {
    throw createBaseUrlFailure(
      'The EHR base has credentials, a query or a fragment.',
      'Leave only origin and path.',
    );
  }
  const readable = url.protocol === 'http:' && (plainHttp || LOOPBACK_HOST_PATTERN.test(url.hostname));
  if (url.protocol !== 'https:' && !readable) {
    throw createBaseUrlFailure('The EHR base is not https.', 'Use https, or allow plain http for this site.');
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/**
 * The URL of a call below the base; of the base itself, for a transaction, where `path` is empty. Throws an ordinary
 * Error where it would leave the base: that is our mistake.
 */
export function resolveBelowBase(base: URL, path: string): URL {
  const url = new URL(path, base);
  if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) {
    throw new Error('A call would leave the base URL of its EHR.');
  }
  // R4 gives the base without the last slash as a transaction's address, and some servers know no other.
  if (path === '') url.pathname = url.pathname.replace(/\/$/, '');
  return url;
}

/** A value inside a FHIR search parameter: `,`, `$`, `|` and backslash are escaped (R4 search, section 3.1.1.4.17). */
function escapeSearchValue(value: string): string {
  return value.replace(/[\\,$|]/g, (c) => `\\${c}`);
}

/** `identifier=system|value` for a query or a conditional update, URL-encoded. */
export function buildIdentifierQuery(identifier: string): string {
  const bar = identifier.indexOf('|');
  const system = identifier.slice(0, Math.max(bar, 0));
  const token = `${escapeSearchValue(system)}|${escapeSearchValue(identifier.slice(bar + 1))}`;
  return `identifier=${encodeURIComponent(token)}`;
}
