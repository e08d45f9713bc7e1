import { Failure } from '../errors.ts';

const LOOPBACK_HOST_PATTERN = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function createBaseUrlFailure(message: string, fix: string): Failure {
  return new Failure('config/invalid', message, { at: 'the EHR base URL', fix });
}

/** Whether calls to the URL travel unencrypted over a network: plain http to a machine other than this one. */
export function isSentUnencrypted(url: URL): boolean {
  return url.protocol === 'http:' && !LOOPBACK_HOST_PATTERN.test(url.hostname);
}

/**
 * Parses and checks the base URL of an EHR; the path of the result ends with a slash. The URL must be https, since
 * bearer tokens and patient data are sent to it. Plain http is accepted for this machine (loopback), and for other
 * machines only where the site's configuration sets `plainHttp`. Throws a `config/invalid` Failure.
 */
export function parseBaseUrl(base: string, plainHttp: boolean): URL {
  if (!URL.canParse(base))
    throw createBaseUrlFailure('The EHR base is not a URL.', 'Enter an absolute https URL.');
  const url = new URL(base);
  if (url.username || url.password || url.search || url.hash) {
    throw createBaseUrlFailure(
      'The EHR base contains credentials, a query or a fragment.',
      'Keep only origin and path.',
    );
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw createBaseUrlFailure('The EHR base is not an https URL.', 'Enter an absolute https URL.');
  if (isSentUnencrypted(url) && !plainHttp) {
    throw createBaseUrlFailure(
      'The EHR base is not https: tokens and patient data would be sent unencrypted.',
      'Use https. If the network between adapter and EHR is protected in another way, set "plainHttp": true in the "ehr" of the site.',
    );
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/**
 * Whether the URL is the base or below it: the same origin, and a path that begins with all segments of the base's path.
 * Compared as parsed parts and never as text: `https://ehr.example.evil/` begins with `https://ehr.example`, and
 * `/fhir-other/` with `/fhir` (GHSA-vr79-8m62-wh98).
 */
export function isBelowBase(base: URL, url: URL): boolean {
  const baseSegments = base.pathname.replace(/\/$/, '').split('/');
  const segments = url.pathname.split('/');
  return (
    url.origin === base.origin &&
    url.username === '' &&
    url.password === '' &&
    baseSegments.every((segment, index) => segments[index] === segment)
  );
}

/**
 * Resolves the URL of a call below the base; an empty path is the base itself, the address of transactions. Throws an
 * ordinary Error where the URL would leave the base: that is a programming error.
 */
export function resolveBelowBase(base: URL, path: string): URL {
  const url = new URL(path, base);
  if (!isBelowBase(base, url)) throw new Error('A call would leave the base URL of its EHR.');
  // R4 defines the base without its last slash as the address of a transaction, and some servers accept no other.
  if (path === '') url.pathname = url.pathname.replace(/\/$/, '');
  return url;
}
