import { randomUUID } from 'node:crypto';
import { parseToken } from '../canonical-token.ts';
import type { RegisteredClient } from '../client-registry.ts';
import { formatScopes, parseScope, type SystemScope } from '../scopes.ts';
import { SIGNING_ALGORITHM, type SigningKeys } from './signing-keys.ts';
import { isSignedBy } from './verify-signature.ts';

/** What an access token states, after its signature, issuer, audience and times were verified. */
export interface TokenClaims {
  readonly client: string;
  /** null where the token states none. */
  readonly site: string | null;
  /** The scopes of the token; null where its issuer knows none, and those of the registration count. */
  readonly scopes: readonly SystemScope[] | null;
  /** The instant from which it is refused, in seconds. */
  readonly expiresAt: number;
  /** SHA-256 of the certificate to which it is bound, in base64url (RFC 8705, section 3.1); null where to none. */
  readonly certificate: string | null;
}

/** Issues access tokens. */
export interface AccessTokenIssuer {
  issue(
    client: RegisteredClient,
    scopes: readonly SystemScope[],
    certificateSha256: string | null,
  ): Promise<{ readonly token: string; readonly lifetimeS: number }>;
}

/** Verifies a token; null where it is not valid. */
export type VerifyToken = (token: string) => Promise<TokenClaims | null>;

/** SMART App Launch 2.2, issue access token: recommended, and not to be exceeded. */
const LIFETIME_S = 300;

/** RFC 9068, section 2.1. */
const ACCESS_TOKEN_TYPE = 'at+jwt';

/** Who issues the tokens, and for what. */
export interface TokenSettings {
  /** The origin of the adapter. */
  readonly issuer: string;
  /** Its FHIR base. */
  readonly audience: string;
  now(): Date;
}

/** Converts a fingerprint in hexadecimal digits to base64url, as tokens state it. */
export const toTokenThumbprint = (sha256: string): string => Buffer.from(sha256, 'hex').toString('base64url');

/** Creates the issuer of access tokens (JWT by RFC 9068, signed with the active key, valid for five minutes). */
export function createAccessTokenIssuer(
  { issuer, audience, now }: TokenSettings,
  keys: SigningKeys,
): AccessTokenIssuer {
  return {
    async issue(client, scopes, certificateSha256) {
      const { SignJWT, importJWK } = await import('jose');
      const { kid, jwk } = keys.getActive();
      const issuedAt = Math.floor(now().getTime() / 1_000);
      const binding =
        certificateSha256 === null ? {} : { cnf: { 'x5t#S256': toTokenThumbprint(certificateSha256) } };
      const token = await new SignJWT({
        client_id: client.client,
        site: client.site,
        scope: formatScopes(scopes),
        ...binding,
      })
        .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: ACCESS_TOKEN_TYPE, kid })
        .setIssuer(issuer)
        .setSubject(client.client)
        .setAudience(audience)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + LIFETIME_S)
        .sign(await importJWK(jwk, SIGNING_ALGORITHM));
      return { token, lifetimeS: LIFETIME_S };
    },
  };
}

/** Parses the scopes of a token; what is no system scope (`openid`, `user/…`) gives no right. */
export const parseTokenScopes = (text: unknown): readonly SystemScope[] =>
  typeof text === 'string' ? text.split(' ').flatMap((scope) => parseScope(scope) ?? []) : [];

/** Reads the certificate to which a token is bound; undefined where the claim is there and cannot be read. */
export function readCertificateBinding(confirmation: unknown): string | null | undefined {
  if (confirmation === undefined) return null;
  const thumbprint =
    typeof confirmation === 'object' && confirmation !== null && 'x5t#S256' in confirmation
      ? confirmation['x5t#S256']
      : undefined;
  // Any other way of binding (RFC 9449) is one that the adapter cannot check.
  return typeof thumbprint === 'string' ? thumbprint : undefined;
}

/** Creates the verification of the adapter's own access tokens. */
export function createAccessTokenVerifier(
  { issuer, audience, now }: TokenSettings,
  keys: SigningKeys,
): VerifyToken {
  return async (text) => {
    const token = parseToken(text);
    if (token?.header.typ !== ACCESS_TOKEN_TYPE || token.header.alg !== SIGNING_ALGORITHM) return null;
    const { iss, aud, exp, client_id: client, site, scope, cnf } = token.payload;
    if (iss !== issuer || aud !== audience || typeof exp !== 'number') return null;
    if (exp <= now().getTime() / 1_000 || typeof client !== 'string' || typeof site !== 'string') return null;
    const certificate = readCertificateBinding(cnf);
    const key = keys.find(String(token.header.kid));
    if (!key || certificate === undefined || !(await isSignedBy(token, key.jwk, [SIGNING_ALGORITHM])))
      return null;
    return { client, site, scopes: parseTokenScopes(scope), expiresAt: exp, certificate };
  };
}
