import { Failure } from '../../errors.ts';
import type { Reply } from '../reply.ts';

/** Builds an answer in JSON. */
export const buildJsonAnswer = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({ status, headers, body, contentType: 'application/json; charset=utf-8' });

/** Where a person signs in to go on; `stepUp`: they must prove again who they are. */
const buildSignInPath = (returnTo: string, stepUp: boolean): string =>
  `/auth/sign-in?${stepUp ? 'step-up&' : ''}return-to=${encodeURIComponent(returnTo)}`;

/** Builds the headers of a refusal. RFC 9110 requires a challenge with 401; the scheme is our own: a page signs in, no header. */
function selectHeaders({ meaning }: Failure): Record<string, string> {
  if (meaning.http === 401) return { 'WWW-Authenticate': 'SignIn realm="people"' };
  return meaning.recovery === 'retry' ? { 'Retry-After': '5' } : {};
}

/** Converts an error of the body parser to a refusal; null where the request is not at fault. */
function toBodyFailure(cause: unknown): Failure | null {
  const { status }: { status?: unknown } = typeof cause === 'object' && cause !== null ? cause : {};
  if (status === 413)
    return new Failure('http/too-large', 'The body is too large.', { fix: 'Send what is documented only.' });
  if (typeof status !== 'number' || status < 400 || status >= 500) return null;
  return new Failure('people/malformed', 'The body cannot be read.', {
    fix: 'Send one JSON object in UTF-8.',
  });
}

/**
 * Builds the answer to an error as a problem (RFC 9457), which discloses nothing internal. `page`: to which the person comes
 * back after signing in.
 */
export function buildProblemReply(cause: unknown, page: string): Reply {
  const failure = cause instanceof Failure ? cause : toBodyFailure(cause);
  const contentType = 'application/problem+json; charset=utf-8';
  if (!failure) {
    const body = { title: 'An internal error occurred, and was logged.', status: 500, code: 'internal' };
    return { status: 500, headers: {}, body, contentType, code: 'internal' };
  }
  const { code, message, fix, at, parameter, meaning } = failure;
  const isStepUp = code === 'people/step-up';
  const body = {
    ...{ title: message, status: meaning.http, code },
    ...(fix === undefined ? {} : { detail: fix }),
    ...((at ?? parameter) === undefined ? {} : { at: at ?? parameter }),
    ...(meaning.http === 401 ? { signIn: buildSignInPath(page, isStepUp) } : {}),
  };
  return { status: meaning.http, headers: selectHeaders(failure), body, contentType, code };
}
