import { formatScopes, narrowScopes, parseScope, type SystemScope } from '../scopes.ts';
import type { AccessTokenIssuer } from './access-token.ts';
import { type AssertionChecks, type AssertionRefusal, verifyAssertion } from './client-assertion.ts';

/** RFC 6749, section 5.2. */
type TokenErrorCode = 'invalid_request' | 'invalid_client' | 'invalid_scope' | 'unsupported_grant_type';

/** The answer to a token request, as JSON (RFC 6749, sections 5.1 and 5.2). */
export interface TokenAnswer {
  readonly status: 200 | 400 | 401;
  readonly body: Readonly<Record<string, unknown>>;
  /** The client that got a token; null where none did. */
  readonly client: { readonly site: string; readonly client: string } | null;
  /** Why none did, for the log: of an assertion more than the answer tells; null where one did. */
  readonly reason: AssertionRefusal | TokenErrorCode | null;
}

/** Creates a refusal of a token request. */
export function createTokenRefusal(
  error: TokenErrorCode,
  description: string,
  reason: TokenAnswer['reason'] = error,
): TokenAnswer {
  const status = error === 'invalid_client' ? 401 : 400;
  return { status, body: { error, error_description: description }, client: null, reason };
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const NOT_A_CLIENT =
  'The client is not registered, or did not sign this with a registered key that its kid names.';

const REFUSAL_TEXTS: Readonly<Record<AssertionRefusal, string>> = {
  'not-canonical':
    'The client_assertion is not a signed JWT in canonical base64url that is at most 16384 characters long.',
  algorithm: 'alg must be RS384 or ES384.',
  type: 'typ must be JWT.',
  issuer: 'iss and sub must both be the client_id.',
  audience: 'aud must be the URL of this token endpoint and nothing else.',
  lifetime: 'exp must lie in the next 300 seconds, and nbf and iat in the past.',
  'no-jti': 'jti must be a text of 1 to 256 characters.',
  'not-a-client': NOT_A_CLIENT,
  // The same text: the answer does not tell who is registered.
  'keys-unavailable': NOT_A_CLIENT,
  replayed: 'The jti was used before: create an assertion for each request.',
};

/** Parses the requested scopes; null where one of them is not a system scope of SMART. */
function parseRequestedScopes(text: string): readonly SystemScope[] | null {
  const scopes = text.split(' ').map(parseScope);
  return scopes.every((scope) => scope !== null) ? scopes : null;
}

/** What the token endpoint needs. */
export interface TokenEndpoint {
  readonly checks: AssertionChecks;
  readonly tokens: AccessTokenIssuer;
}

/** What is wrong with the form of a request; null where nothing is. */
function findRequestFault(form: URLSearchParams): TokenAnswer | null {
  const names = [...form.keys()];
  if (new Set(names).size < names.length)
    return createTokenRefusal('invalid_request', 'A parameter occurs twice.');
  const grantType = form.get('grant_type');
  if (grantType === null) return createTokenRefusal('invalid_request', 'grant_type is missing.');
  if (grantType !== 'client_credentials')
    return createTokenRefusal('unsupported_grant_type', 'grant_type must be client_credentials.');
  if (form.get('client_assertion_type') !== ASSERTION_TYPE || form.has('client_secret'))
    return createTokenRefusal('invalid_client', `client_assertion_type must be ${ASSERTION_TYPE}.`);
  return form.get('client_assertion') === null
    ? createTokenRefusal('invalid_client', 'client_assertion is missing.')
    : null;
}

const INVALID_SCOPE = createTokenRefusal(
  'invalid_scope',
  'scope must be system scopes such as system/Observation.cu, at least one of which the client is registered for.',
);

/** Answers a token request: client_credentials with private_key_jwt (SMART App Launch 2.2, Backend Services). */
export async function answerTokenRequest(
  form: URLSearchParams,
  certificateSha256: string | null,
  { checks, tokens }: TokenEndpoint,
): Promise<TokenAnswer> {
  const fault = findRequestFault(form);
  if (fault) return fault;
  const requested = parseRequestedScopes(form.get('scope') ?? '');
  if (!requested) return INVALID_SCOPE;
  const asserted = await verifyAssertion(form.get('client_assertion') ?? '', checks);
  if ('refusal' in asserted)
    return createTokenRefusal('invalid_client', REFUSAL_TEXTS[asserted.refusal], asserted.refusal);
  const { client } = asserted;
  const isBoundElsewhere =
    client.certificateSha256 !== null && client.certificateSha256 !== certificateSha256;
  const statedId = form.get('client_id');
  if (isBoundElsewhere || (statedId !== null && statedId !== client.client))
    return createTokenRefusal('invalid_client', NOT_A_CLIENT);
  const scopes = narrowScopes(requested, client.scopes);
  if (scopes.length === 0) return INVALID_SCOPE;
  const { token, lifetimeS } = await tokens.issue(client, scopes, certificateSha256);
  const body = {
    access_token: token,
    token_type: 'bearer',
    expires_in: lifetimeS,
    scope: formatScopes(scopes),
  };
  return { status: 200, body, client: { site: client.site, client: client.client }, reason: null };
}
