import type { JWK } from 'jose';
import { type ParsedToken, parseToken } from '../canonical-token.ts';
import type { ClientRegistry, RegisteredClient } from '../client-registry.ts';
import { findVerificationKey, type KeySet, KeysUnavailable } from './key-sets.ts';
import { isSignedBy } from './verify-signature.ts';

/** Why an assertion was refused. Everything that depends on who is registered is `not-a-client`: it reveals nothing. */
export type AssertionRefusal =
  | 'not-canonical'
  | 'algorithm'
  | 'type'
  | 'issuer'
  | 'audience'
  | 'lifetime'
  | 'no-jti'
  | 'not-a-client'
  | 'keys-unavailable'
  | 'replayed';

/** A client that has proved who it is, by which key. */
export interface AssertedClient {
  readonly client: RegisteredClient;
  readonly keyThumbprint: string;
}

/** What the checks of assertions need. */
export interface AssertionChecks {
  /** The URL of the token endpoint, as clients know it. */
  readonly tokenUrl: string;
  getRegistry(): ClientRegistry;
  /** Returns the keys of a client; null where it has none. */
  getKeys(client: RegisteredClient): KeySet | null;
  /** Returns whose key it is, by its thumbprint, after noting the first that used it. */
  claimKey(keyThumbprint: string, client: RegisteredClient): string;
  /**
   * Stores that the client has used the jti, until the instant; returns false where it had. On disk when it returns: a
   * restart must not allow a replay.
   */
  rememberJti(client: RegisteredClient, jti: string, until: Date): Promise<boolean>;
  now(): Date;
}

/** SMART App Launch 2.2 requires clients to support both, and servers at least one. */
export const ASSERTION_ALGORITHMS = ['RS384', 'ES384'];

/** The longest time for which an assertion may be valid, in seconds (SMART App Launch 2.2, authentication JWT). */
const MAX_LIFETIME_S = 300;
/** How far behind a client's clock may be, in seconds. */
const TOLERANCE_S = 60;
/** How far ahead it may be of what it states: the length of a request, not of an error of the clock. */
const AHEAD_TOLERANCE_S = 5;
const MAX_JTI_LENGTH = 256;

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function hasAudience({ payload }: ParsedToken, tokenUrl: string): boolean {
  const { aud } = payload;
  return Array.isArray(aud) ? aud.length === 1 && aud[0] === tokenUrl : aud === tokenUrl;
}

function isCurrent({ payload }: ParsedToken, now: Date): boolean {
  const seconds = now.getTime() / 1_000;
  const { exp, nbf, iat } = payload;
  if (!isTime(exp) || exp <= seconds - TOLERANCE_S || exp > seconds + MAX_LIFETIME_S + AHEAD_TOLERANCE_S)
    return false;
  return [nbf, iat].every((time) => time === undefined || (isTime(time) && time <= seconds + TOLERANCE_S));
}

const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= longest;

/** Finds what is wrong with an assertion whoever sent it; null where nothing is. */
function findFault(token: ParsedToken, { tokenUrl, now }: AssertionChecks): AssertionRefusal | null {
  const { header, payload } = token;
  if (!ASSERTION_ALGORITHMS.includes(String(header.alg))) return 'algorithm';
  if (header.typ !== 'JWT') return 'type';
  if (!isText(payload.iss, 256) || payload.sub !== payload.iss) return 'issuer';
  if (!hasAudience(token, tokenUrl)) return 'audience';
  if (!isCurrent(token, now())) return 'lifetime';
  return isText(payload.jti, MAX_JTI_LENGTH) ? null : 'no-jti';
}

/** Whether the key URL in the header, if there is one, is the registered one. */
function hasRegisteredKeyUrl({ header }: ParsedToken, { keys }: RegisteredClient): boolean {
  return header.jku === undefined || (keys?.kind === 'url' && header.jku === keys.url);
}

async function findSigner(token: ParsedToken, checks: AssertionChecks): Promise<AssertedClient | null> {
  const client = checks.getRegistry().find(String(token.payload.iss));
  const keys = client ? checks.getKeys(client) : null;
  if (!client || !keys || !hasRegisteredKeyUrl(token, client)) return null;
  const key: JWK | null = await findVerificationKey(keys, token.header);
  if (!key || !(await isSignedBy(token, key, ASSERTION_ALGORITHMS))) return null;
  const { calculateJwkThumbprint } = await import('jose');
  const keyThumbprint = await calculateJwkThumbprint(key);
  // One key names one client: a key that two publish would let each sign for the other.
  return checks.claimKey(keyThumbprint, client) === client.client ? { client, keyThumbprint } : null;
}

/**
 * Verifies a client's assertion (RFC 7523, section 3; SMART App Launch 2.2, signature verification) and notes its jti, so that
 * it is accepted once. Rejects where the store fails.
 */
export async function verifyAssertion(
  assertion: string,
  checks: AssertionChecks,
): Promise<AssertedClient | { readonly refusal: AssertionRefusal }> {
  const token = parseToken(assertion);
  if (!token) return { refusal: 'not-canonical' };
  const fault = findFault(token, checks);
  if (fault) return { refusal: fault };
  const asserted = await findSigner(token, checks).catch((cause) => {
    if (cause instanceof KeysUnavailable) return { refusal: 'keys-unavailable' } as const;
    throw cause;
  });
  if (!asserted) return { refusal: 'not-a-client' };
  if ('refusal' in asserted) return asserted;
  const until = new Date((Number(token.payload.exp) + TOLERANCE_S) * 1_000);
  const isNew = await checks.rememberJti(asserted.client, String(token.payload.jti), until);
  return isNew ? asserted : { refusal: 'replayed' };
}
