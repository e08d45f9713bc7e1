import type { JWK } from 'jose';
import { isObject } from '../../fhir/resource.ts';

/** What a server answered to a GET of a JWK Set. Rejects where it gave no answer in time, or one that may not be used. */
export type FetchKeySet = (
  url: string,
  networks: readonly string[],
) => Promise<{ readonly cacheControl: string | null; readonly age: string | null; readonly body: unknown }>;

/** Thrown where the keys of a client or issuer cannot be had: their server is down, or answers nonsense. */
export class KeysUnavailable extends Error {}

/** The public keys of one client or issuer. */
export interface KeySet {
  /** Lists the keys with this kid. Rejects with KeysUnavailable. */
  findByKid(kid: string): Promise<readonly JWK[]>;
}

/** How long keys are used for which the server states nothing, in milliseconds. */
const DEFAULT_LIFETIME_MS = 300_000;
/** How much longer they are used while their server is down, unless it states how long they may be kept. */
const DEFAULT_STALE_MS = 86_400_000;
/** The time between two requests for a kid that is not there, or after a failure: nobody can make the adapter hammer. */
const COOLDOWN_MS = 30_000;
/** More keys than any client has. */
const MAX_KEYS = 100;

function readKeys(body: unknown): readonly JWK[] {
  const keys = isObject(body) && Array.isArray(body.keys) ? (body.keys as unknown[]) : null;
  if (!keys || keys.length > MAX_KEYS) throw new Error('The answer is not a JWK Set.');
  return keys.filter(isObject) as JWK[];
}

const readDirective = (cacheControl: string, name: string): number | null => {
  const match = new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*"?(\\d{1,9})`, 'i').exec(cacheControl);
  return match?.[1] === undefined ? null : Number(match[1]) * 1_000;
};

/** How long an answer may be used, and how much longer while its server is down (RFC 9111, RFC 5861), in milliseconds. */
function readLifetimes(cacheControl: string | null, age: string | null): { fresh: number; stale: number } {
  if (cacheControl === null) return { fresh: DEFAULT_LIFETIME_MS, stale: DEFAULT_STALE_MS };
  if (/(?:^|[\s,])no-(?:store|cache)/i.test(cacheControl)) return { fresh: 0, stale: 0 };
  const stated = readDirective(cacheControl, 'max-age');
  const elapsed = /^\d{1,9}$/.test(age ?? '') ? Number(age) * 1_000 : 0;
  const fresh = stated === null ? DEFAULT_LIFETIME_MS : Math.max(0, stated - elapsed);
  // A server that states an age states that the keys may not be kept longer (SMART App Launch 2.2, response).
  const stale = readDirective(cacheControl, 'stale-if-error') ?? (stated === null ? DEFAULT_STALE_MS : 0);
  return { fresh, stale };
}

/** The keys of the last good answer. Times are those of the clock. */
interface CachedKeys {
  readonly keys: readonly JWK[];
  readonly freshUntil: number;
  readonly staleUntil: number;
}

/**
 * Creates the key set at a URL. Keys are kept as long as the server permits and no longer; a kid that is not among them is
 * looked for again at most every 30 seconds. Requests at once are one. `now` in milliseconds.
 */
export function createRemoteKeySet(
  { url, networks }: { readonly url: string; readonly networks: readonly string[] },
  fetchKeySet: FetchKeySet,
  now: () => number,
): KeySet {
  let cached: CachedKeys | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  let lastError: unknown = null;
  let pending: Promise<void> | null = null;

  async function refresh(): Promise<void> {
    askedAt = now();
    try {
      const { cacheControl, age, body } = await fetchKeySet(url, networks);
      const { fresh, stale } = readLifetimes(cacheControl, age);
      cached = { keys: readKeys(body), freshUntil: askedAt + fresh, staleUntil: askedAt + fresh + stale };
      lastError = null;
    } catch (cause) {
      lastError = cause;
    }
  }

  async function ask(): Promise<void> {
    pending ??= refresh().finally(() => {
      pending = null;
    });
    await pending;
  }

  const isCoolingDown = (): boolean => now() - askedAt < COOLDOWN_MS;
  const select = (kid: string): readonly JWK[] => (cached?.keys ?? []).filter((key) => key.kid === kid);

  return {
    async findByKid(kid) {
      const isFresh = cached !== null && now() < cached.freshUntil;
      if (!isFresh && !(lastError !== null && isCoolingDown())) await ask();
      else if (isFresh && select(kid).length === 0 && !isCoolingDown()) await ask();
      if (lastError !== null && (cached === null || now() >= cached.staleUntil))
        throw new KeysUnavailable('The keys cannot be fetched.', { cause: lastError });
      return select(kid);
    },
  };
}

/** Creates the key set of keys in the configuration. */
export const createInlineKeySet = (keys: readonly Readonly<Record<string, unknown>>[]): KeySet => ({
  findByKid: async (kid) => keys.filter((key) => key.kid === kid) as JWK[],
});

/** The key type of each signature algorithm that anybody may use. Symmetric algorithms and `none` are not among them. */
const KEY_TYPES: Readonly<Record<string, string>> = {
  RS256: 'RSA',
  RS384: 'RSA',
  RS512: 'RSA',
  PS256: 'RSA',
  PS384: 'RSA',
  PS512: 'RSA',
  ES256: 'EC',
  ES384: 'EC',
  ES512: 'EC',
};

/** 2,048 bits in base64url; RFC 7518, section 3.3 requires as many. */
const SHORTEST_MODULUS = 342;

/** Whether a key may verify signatures of the algorithm. */
function isUsable(key: JWK, algorithm: string): boolean {
  const { use, key_ops: operations, alg, kty, n } = key;
  if (use !== undefined && use !== 'sig') return false;
  if (operations !== undefined && !operations.includes('verify')) return false;
  if (alg !== undefined && alg !== algorithm) return false;
  return kty !== 'RSA' || (n ?? '').length >= SHORTEST_MODULUS;
}

/**
 * Finds the one key for a signature: with the kid, and of the type that the algorithm needs (SMART App Launch 2.2, signature
 * verification, step 3). Null where there is none, where several are, and where the one may not be used for that.
 */
export async function findVerificationKey(
  keys: KeySet,
  { kid, alg }: Readonly<Record<string, unknown>>,
): Promise<JWK | null> {
  if (typeof kid !== 'string' || typeof alg !== 'string' || kid === '' || kid.length > 256) return null;
  const type = Object.hasOwn(KEY_TYPES, alg) ? KEY_TYPES[alg] : undefined;
  if (type === undefined) return null;
  const candidates = (await keys.findByKid(kid)).filter(({ kty }) => kty === type);
  const [key] = candidates;
  return key && candidates.length === 1 && isUsable(key, alg) ? key : null;
}
