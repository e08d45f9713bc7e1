import { isCanonicalToken, MAX_TOKEN_LENGTH } from './canonical-token.ts';
import { type ClientRegistry, hashSha256, type RegisteredClient } from './client-registry.ts';
import type { AuthenticationMethod, Credentials, Principal } from './principal.ts';
import { narrowScopes } from './scopes.ts';
import { type TokenClaims, toTokenThumbprint, type VerifyToken } from './smart/access-token.ts';

/** Why a request was not let in. `none` presents nothing; `unknown-client` has a valid token of somebody unknown here. */
export type AuthenticationRefusal =
  | 'none'
  | 'several'
  | 'not-bearer'
  | 'not-valid'
  | 'expired'
  | 'wrong-certificate'
  | 'unknown-client';

/** The result of authentication: the principal, and how they must sign the body, or why there is none. */
export type Authentication =
  | { readonly principal: Principal; readonly hmac: RegisteredClient['hmac'] }
  | { readonly refusal: AuthenticationRefusal };

/** Finds out who sent a request, by its credentials alone. */
export type Authenticate = (credentials: Credentials) => Promise<Authentication>;

/** Verifies the tokens of one issuer. */
export interface IssuedTokens {
  readonly method: 'access-token' | 'external-token';
  readonly issuer: string;
  readonly verify: VerifyToken;
}

/** What authentication needs. */
export interface AuthenticationSettings {
  getRegistry(): ClientRegistry;
  /** The adapter itself, where clients with keys are configured, and external issuers. */
  readonly issuers: readonly IssuedTokens[];
  now(): Date;
}

/** RFC 6750, section 2.1: the scheme in upper or lower case, one space, the token. */
const BEARER_PATTERN = /^bearer ([A-Za-z0-9\-._~+/]+={0,2})$/i;

/** How many verified tokens are remembered: a signature takes as long to verify as a resource to store. */
const MAX_REMEMBERED = 1_000;

/** A verified token, and whose it is. */
interface VerifiedToken {
  readonly issued: IssuedTokens;
  readonly claims: TokenClaims;
}

/** Reads the issuer of a token that is not verified yet, only to choose who verifies it. */
function readIssuer(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).iss;
  } catch {
    return null;
  }
}

/** Remembers tokens that were verified, until they expire; the first are forgotten when there are many. */
function createTokenMemory(now: () => Date) {
  const remembered = new Map<string, VerifiedToken>();
  return {
    get(digest: string): VerifiedToken | undefined {
      const known = remembered.get(digest);
      if (known && known.claims.expiresAt <= now().getTime() / 1_000) remembered.delete(digest);
      return remembered.get(digest);
    },
    add(digest: string, verified: VerifiedToken): void {
      const [oldest] = remembered.keys();
      if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      remembered.set(digest, verified);
    },
  };
}

/** Creates the verification of issued tokens, by whoever issues them. */
function createTokenVerification({ issuers, now }: AuthenticationSettings) {
  const memory = createTokenMemory(now);
  return async (token: string): Promise<VerifiedToken | null> => {
    const digest = hashSha256(token);
    const known = memory.get(digest);
    if (known) return known;
    const issuer = readIssuer(token);
    const issued = issuers.find((candidate) => candidate.issuer === issuer);
    const claims = issued ? await issued.verify(token) : null;
    if (!issued || !claims) return null;
    memory.add(digest, { issued, claims });
    return { issued, claims };
  };
}

function admit(
  client: RegisteredClient,
  method: AuthenticationMethod,
  keyThumbprint: string | null,
  scopes = client.scopes,
): Authentication {
  return {
    principal: { site: client.site, client: client.client, scopes, method, keyThumbprint },
    hmac: client.hmac,
  };
}

/** Whether the certificate of the connection is the one to which client or token are bound. */
function hasBoundCertificate(
  client: RegisteredClient,
  presented: string | null,
  bound: string | null = null,
): boolean {
  if (client.certificateSha256 !== null && client.certificateSha256 !== presented) return false;
  return bound === null || (presented !== null && toTokenThumbprint(presented) === bound);
}

function admitStaticToken(client: RegisteredClient, presented: string | null, now: Date): Authentication {
  if (client.isDisabled) return { refusal: 'not-valid' };
  if (client.expiresAt !== null && Date.parse(client.expiresAt) <= now.getTime())
    return { refusal: 'expired' };
  if (!hasBoundCertificate(client, presented)) return { refusal: 'wrong-certificate' };
  const method = client.isDeveloper ? 'dev-token' : 'static-token';
  return admit(client, method, client.certificateSha256);
}

/** Finds the registered client of a token: by its name, or by the id that an external issuer knows it by. */
function findTokenClient(
  { issued, claims }: VerifiedToken,
  registry: ClientRegistry,
): RegisteredClient | undefined {
  if (issued.method === 'access-token') {
    const client = registry.find(claims.client);
    return client?.site === claims.site ? client : undefined;
  }
  return registry.clients.find(
    ({ issuedBy, isDisabled }) =>
      !isDisabled && issuedBy?.issuer === issued.issuer && issuedBy.clientId === claims.client,
  );
}

function admitIssuedToken(
  verified: VerifiedToken,
  registry: ClientRegistry,
  presented: string | null,
): Authentication {
  const { issued, claims } = verified;
  const client = findTokenClient(verified, registry);
  // The adapter's own token of a client that was removed or disabled since is void; another issuer's is merely not ours.
  if (!client) return { refusal: issued.method === 'access-token' ? 'not-valid' : 'unknown-client' };
  if (!hasBoundCertificate(client, presented, claims.certificate)) return { refusal: 'wrong-certificate' };
  // Rights that were taken from a client are gone at once, not when its token expires.
  const scopes = claims.scopes === null ? client.scopes : narrowScopes(claims.scopes, client.scopes);
  return admit(client, issued.method, claims.certificate ?? client.certificateSha256, scopes);
}

/** Admits a client whose only credential is its certificate. */
function admitCertificate(registry: ClientRegistry, presented: string | null): Authentication {
  const client = registry.clients.find(
    ({ certificateSha256, tokenSha256, keys, issuedBy, isDisabled }) =>
      presented !== null &&
      certificateSha256 === presented &&
      !isDisabled &&
      tokenSha256 === null &&
      keys === null &&
      issuedBy === null,
  );
  return client ? admit(client, 'certificate', presented) : { refusal: 'none' };
}

/** Reads the token of an Authorization header; null where it has none. */
const readBearerToken = (header: string): string | null =>
  header.length <= MAX_TOKEN_LENGTH + 'Bearer '.length ? (BEARER_PATTERN.exec(header)?.[1] ?? null) : null;

/**
 * Creates the authentication of clients: by static token, by an access token of the adapter or of an external issuer, or by
 * certificate. Where a client or token is bound to a certificate, the connection must present it.
 */
export function createAuthenticate(settings: AuthenticationSettings): Authenticate {
  const verifyToken = createTokenVerification(settings);
  return async ({ authorization, certificateSha256 }) => {
    const registry = settings.getRegistry();
    const [header, ...more] = authorization;
    if (header === undefined) return admitCertificate(registry, certificateSha256);
    if (more.length > 0) return { refusal: 'several' };
    const token = readBearerToken(header);
    if (token === null) return { refusal: 'not-bearer' };
    const owner = registry.findTokenOwner(token);
    if (owner) return admitStaticToken(owner, certificateSha256, settings.now());
    const verified = isCanonicalToken(token) ? await verifyToken(token) : null;
    return verified ? admitIssuedToken(verified, registry, certificateSha256) : { refusal: 'not-valid' };
  };
}
