import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { Failure } from '../../errors.ts';
import { type ClaimNames, isMissingClaims, type PersonIdentity, readPersonIdentity } from './identity.ts';
import { createAttemptSeal, type SignInAttempt } from './sign-in-attempt.ts';
import { SIGNED_IN_PATH } from './sign-in-terms.ts';

/** Where and how people sign in. */
export interface SignInIssuer extends ClaimNames {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The address of this service as browsers know it, without a path. */
  readonly publicUrl: string;
  readonly scope: string;
}

/** Whose sessions the issuer announces to have ended: one, or all of a person. */
export type LogoutNotice =
  | { readonly issuer: string; readonly issuerSession: string }
  | { readonly issuer: string; readonly subject: string };

/** Signing in at an OpenID Connect issuer: authorization code with PKCE, state and nonce. */
export interface SignIn {
  /** Begins: the address to which the browser is sent, and what it keeps meanwhile. */
  begin(returnTo: string, isStepUp: boolean): Promise<{ readonly url: string; readonly sealed: string }>;
  /**
   * Ends: who came back, and where they wanted to go. `query`: that of the request, with `?`. Throws `people/sign-in-refused`
   * where the answer is not one to this attempt, `people/no-access`, or `people/issuer-unreachable`.
   */
  complete(
    query: string,
    sealed: string | undefined,
  ): Promise<{ readonly person: PersonIdentity; readonly returnTo: string }>;
  /** The address at which the issuer's own session ends; null where it offers none. */
  findSignOutUrl(): Promise<string | null>;
  /** Checks a notice of the issuer that a session ended (OpenID Connect Back-Channel Logout 1.0). Throws `people/sign-in-refused`. */
  readLogoutNotice(token: string): Promise<LogoutNotice>;
}

/** How long the issuer may take, in seconds. */
const ISSUER_TIMEOUT_SECONDS = 10;
/** How far the clocks of issuer and service may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** At an ordinary sign-in the issuer may take somebody for signed in for a day; asking makes it state when they proved it. */
const ORDINARY_MAX_AGE_SECONDS = 86_400;

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const SIGNATURE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

const refuseSignIn = (message: string, cause?: unknown): Failure =>
  new Failure('people/sign-in-refused', message, { fix: 'Sign in again.' }, { cause });

const createUnreachableFailure = (cause: unknown): Failure =>
  new Failure(
    'people/issuer-unreachable',
    'The issuer of the sign-in cannot be reached.',
    { fix: 'Try again later; if it stays so, check `signIn.issuer` and the connection to it.' },
    { cause },
  );

function fetchConfiguration({ issuer, clientId, clientSecret }: SignInIssuer): Promise<openid.Configuration> {
  const isPlain = issuer.startsWith('http:');
  return openid.discovery(
    new URL(issuer),
    clientId,
    // The id token proves to others, later, who signed: so its signature is verified although it came by TLS.
    undefined,
    openid.ClientSecretBasic(clientSecret),
    {
      timeout: ISSUER_TIMEOUT_SECONDS,
      execute: [openid.enableNonRepudiationChecks, ...(isPlain ? [openid.allowInsecureRequests] : [])],
    },
  );
}

/** Whether the error is that of an answer, and not of a connection. */
const isRefusal = (cause: unknown): boolean =>
  cause instanceof openid.ClientError ||
  cause instanceof openid.AuthorizationResponseError ||
  cause instanceof openid.ResponseBodyError;

/** Returns claims of the id token, with those of UserInfo where they lack what is needed. */
async function collectClaims(
  config: openid.Configuration,
  tokens: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers,
  names: ClaimNames,
): Promise<Readonly<Record<string, unknown>>> {
  const claims = tokens.claims();
  if (!claims) throw refuseSignIn('The issuer sent no id token.');
  const { userinfo_endpoint: userInfo } = config.serverMetadata();
  if (!isMissingClaims(claims, names) || userInfo === undefined) return claims;
  return { ...(await openid.fetchUserInfo(config, tokens.access_token, claims.sub)), ...claims };
}

/** Refuses a step-up in which the issuer did not ask again. */
function requireFreshProof(
  { authenticatedAt }: PersonIdentity,
  { isStepUp, startedAt }: SignInAttempt,
): void {
  const isFresh = Date.parse(authenticatedAt) / 1_000 >= startedAt - CLOCK_TOLERANCE_SECONDS;
  if (isStepUp && !isFresh) throw refuseSignIn('The issuer did not ask again who you are.');
}

async function readNotice(
  token: string,
  keys: JWTVerifyGetKey,
  { issuer, clientId }: { readonly issuer: string; readonly clientId: string },
  now: Date,
): Promise<LogoutNotice> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      ...{ issuer, audience: clientId, algorithms: SIGNATURE_ALGORITHMS },
      ...{ requiredClaims: ['iat', 'jti', 'events'], maxTokenAge: 300 },
      ...{ clockTolerance: CLOCK_TOLERANCE_SECONDS, currentDate: now },
    });
    const { events, sid, sub, nonce } = payload;
    const isLogout = typeof events === 'object' && events !== null && LOGOUT_EVENT in events;
    // A nonce would make an id token pass for a notice.
    if (!isLogout || nonce !== undefined) throw new TypeError('The token is no notice of a logout.');
    if (typeof sid === 'string') return { issuer, issuerSession: sid };
    if (typeof sub === 'string') return { issuer, subject: sub };
    throw new TypeError('The notice names neither a session nor a person.');
  } catch (cause) {
    throw refuseSignIn('The notice of a logout is not valid.', cause);
  }
}

/** Creates the sign-in. The issuer is asked for its addresses when somebody signs in first: it may be down at start. */
export function createSignIn(settings: SignInIssuer, now: () => Date): SignIn {
  const { publicUrl, scope, clientId, clientSecret } = settings;
  const seal = createAttemptSeal(clientSecret);
  let discovered: Promise<openid.Configuration> | null = null;
  let keys: JWTVerifyGetKey | null = null;

  async function getConfiguration(): Promise<openid.Configuration> {
    discovered ??= fetchConfiguration(settings);
    try {
      return await discovered;
    } catch (cause) {
      discovered = null;
      throw createUnreachableFailure(cause);
    }
  }

  return {
    async begin(returnTo, isStepUp) {
      const config = await getConfiguration();
      const attempt: SignInAttempt = {
        state: openid.randomState(),
        nonce: openid.randomNonce(),
        verifier: openid.randomPKCECodeVerifier(),
        ...{ returnTo, isStepUp, startedAt: Math.floor(now().getTime() / 1_000) },
      };
      const { state, nonce, verifier } = attempt;
      const url = openid.buildAuthorizationUrl(config, {
        ...{ redirect_uri: `${publicUrl}${SIGNED_IN_PATH}`, scope, state, nonce },
        ...{
          code_challenge: await openid.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        },
        ...(isStepUp ? { prompt: 'login', max_age: '0' } : { max_age: String(ORDINARY_MAX_AGE_SECONDS) }),
      });
      return { url: url.href, sealed: await seal.seal(attempt) };
    },
    async complete(query, sealed) {
      const attempt = sealed === undefined ? null : await seal.open(sealed, now());
      if (!attempt) throw refuseSignIn('This browser has not begun to sign in, or took too long.');
      const config = await getConfiguration();
      try {
        const tokens = await openid.authorizationCodeGrant(
          config,
          // The configured address: what the Host header says decides nothing.
          new URL(`${SIGNED_IN_PATH}${query}`, publicUrl),
          {
            ...{ pkceCodeVerifier: attempt.verifier, expectedState: attempt.state },
            ...{ expectedNonce: attempt.nonce, idTokenExpected: true },
          },
        );
        const person = readPersonIdentity(await collectClaims(config, tokens, settings), settings);
        requireFreshProof(person, attempt);
        return { person, returnTo: attempt.returnTo };
      } catch (cause) {
        if (cause instanceof Failure) throw cause;
        if (isRefusal(cause)) throw refuseSignIn('The issuer did not confirm the sign-in.', cause);
        throw createUnreachableFailure(cause);
      }
    },
    async findSignOutUrl() {
      const config = await getConfiguration();
      if (config.serverMetadata().end_session_endpoint === undefined) return null;
      return openid.buildEndSessionUrl(config, { post_logout_redirect_uri: `${publicUrl}/` }).href;
    },
    async readLogoutNotice(token) {
      const { issuer, jwks_uri: jwksUri } = (await getConfiguration()).serverMetadata();
      if (jwksUri === undefined) throw refuseSignIn('The issuer publishes no keys.');
      keys ??= createRemoteJWKSet(new URL(jwksUri), { timeoutDuration: ISSUER_TIMEOUT_SECONDS * 1_000 });
      return readNotice(token, keys, { issuer, clientId }, now());
    },
  };
}
