import type { AuthenticationRefusal } from '../../auth/authenticate.ts';
import { Failure } from '../../errors.ts';
import { buildFailureReply, type Reply } from '../reply.ts';

const CREDENTIAL_FIX = 'Send one header Authorization: Bearer with a token of a client that is configured.';

/** What the caller is told, by the reason. `error`: RFC 6750, section 3.1; without a credential there is none. */
const REFUSALS: Readonly<
  Record<AuthenticationRefusal, { message: string; fix: string; error: string | null }>
> = {
  none: { message: 'The request has no bearer token.', fix: CREDENTIAL_FIX, error: null },
  several: {
    message: 'The request has more than one Authorization header.',
    fix: CREDENTIAL_FIX,
    error: 'invalid_request',
  },
  'not-bearer': { message: 'The request has no bearer token.', fix: CREDENTIAL_FIX, error: null },
  'not-valid': { message: 'The bearer token is not valid.', fix: CREDENTIAL_FIX, error: 'invalid_token' },
  expired: {
    message: 'The bearer token has expired.',
    fix: 'Have a new token configured for the client.',
    error: 'invalid_token',
  },
  'wrong-certificate': {
    message: 'The bearer token is bound to a certificate that this connection has not presented.',
    fix: 'Connect with the certificate that is registered for the client.',
    error: 'invalid_token',
  },
  'unknown-client': {
    message: 'The token is valid, and its client is not registered with the adapter.',
    fix: 'Have the client registered for its site.',
    error: 'insufficient_scope',
  },
};

const buildChallenge = (error: string | null, scope: string | null = null): Record<string, string> => {
  const parameters = [
    'realm="fhir"',
    ...(error === null ? [] : [`error="${error}"`]),
    ...(scope === null ? [] : [`scope="${scope}"`]),
  ];
  return { 'WWW-Authenticate': `Bearer ${parameters.join(', ')}` };
};

function createRefusalFailure(refusal: AuthenticationRefusal, message: string, fix: string): Failure {
  if (refusal === 'several') return new Failure('fhir/malformed', message, { fix });
  return refusal === 'unknown-client'
    ? new Failure('http/forbidden', message, { fix })
    : new Failure('http/unauthenticated', message, { fix });
}

/** Builds the answer to a request that was not let in (RFC 6750, section 3). */
export function buildAuthenticationReply(refusal: AuthenticationRefusal): Reply {
  const { message, fix, error } = REFUSALS[refusal];
  const failure = createRefusalFailure(refusal, message, fix);
  return buildFailureReply(failure, buildChallenge(error));
}

/** Selects the header of an answer that a handler gives: a right that only the body shows to be missing (RFC 6750). */
export const selectChallenge = (status: number): Record<string, string> =>
  status === 403 ? buildChallenge('insufficient_scope') : {};

/** Builds the refusal of a request that the client may not make; `scope` is the one that it lacks, null where any would do. */
export function buildScopeReply(failure: Failure, scope: string | null): Reply {
  return buildFailureReply(failure, buildChallenge('insufficient_scope', scope));
}
