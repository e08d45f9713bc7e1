import type { JWK } from 'jose';
import { type ParsedToken, parseToken } from '../canonical-token.ts';
import {
  parseTokenScopes,
  readCertificateBinding,
  type TokenClaims,
  type VerifyToken,
} from './access-token.ts';
import { findVerificationKey, type KeySet, KeysUnavailable } from './key-sets.ts';
import { isSignedBy } from './verify-signature.ts';

/** An issuer of access tokens other than the adapter. */
export interface IssuerSettings {
  readonly issuer: string;
  readonly audience: string;
  /** The claim that names the client. */
  readonly clientClaim: string;
  /** The claim with the scopes; null: it states none. */
  readonly scopeClaim: string | null;
}

/** What issuers sign with; `none` and algorithms with a shared secret are not among it. */
const ISSUER_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];

/** Types of access tokens: RFC 9068, and what issuers write that are older. An id token or assertion has other claims. */
const TOKEN_TYPES: readonly unknown[] = [undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt'];

/** How far the clocks of issuer and adapter may differ, in seconds. */
const TOLERANCE_S = 60;

const hasAudience = (aud: unknown, audience: string): boolean =>
  Array.isArray(aud) ? aud.includes(audience) : aud === audience;

/** Whether the times of a token, in seconds, are right. */
function isCurrent({ exp, nbf }: Readonly<Record<string, unknown>>, seconds: number): boolean {
  if (typeof exp !== 'number' || exp <= seconds - TOLERANCE_S) return false;
  return nbf === undefined || (typeof nbf === 'number' && nbf <= seconds + TOLERANCE_S);
}

/** Scopes as a text, or as a list, as some issuers write them. */
const joinScopes = (claim: unknown): unknown => (Array.isArray(claim) ? claim.join(' ') : claim);

/** What a token states that can be believed once its signature is verified; null where it is not for the adapter, or not now. */
function readClaims(
  { header, payload }: ParsedToken,
  settings: IssuerSettings,
  seconds: number,
): TokenClaims | null {
  if (!TOKEN_TYPES.includes(header.typ)) return null;
  const client = payload[settings.clientClaim];
  const certificate = readCertificateBinding(payload.cnf);
  if (payload.iss !== settings.issuer || !hasAudience(payload.aud, settings.audience)) return null;
  if (typeof client !== 'string' || certificate === undefined || !isCurrent(payload, seconds)) return null;
  const { scopeClaim } = settings;
  const scopes = scopeClaim === null ? null : parseTokenScopes(joinScopes(payload[scopeClaim]));
  return { client, site: null, scopes, expiresAt: Number(payload.exp), certificate };
}

/** Finds the key of a token; null where its issuer has none, and where the keys cannot be fetched. */
const findIssuerKey = (keys: KeySet, { header }: ParsedToken): Promise<JWK | null> =>
  findVerificationKey(keys, header).catch((cause) => {
    if (cause instanceof KeysUnavailable) return null;
    throw cause;
  });

/**
 * Creates the verification of an external issuer's tokens. The `site` is never read from them: it comes from the registration of
 * the client. A token whose issuer's keys cannot be fetched is refused.
 */
export function createExternalVerifier(settings: IssuerSettings, keys: KeySet, now: () => Date): VerifyToken {
  return async (text) => {
    const token = parseToken(text);
    const claims = token && readClaims(token, settings, now().getTime() / 1_000);
    if (!claims) return null;
    const key = await findIssuerKey(keys, token);
    return key && (await isSignedBy(token, key, ISSUER_ALGORITHMS)) ? claims : null;
  };
}
