import type { IncomingMessage } from 'node:http';
import { Failure } from '../../errors.ts';
import type { Caller } from '../../pipeline/ports.ts';
import { type Admission, type AdmittedRequest, createAdmission, type LoadLimits } from './admission.ts';
import { formatPeer, readSenderAddress, type TrustedProxies } from './peer-address.ts';
import { type BucketSize, createTokenBuckets } from './token-buckets.ts';

/** What the configuration says of rates and load. */
export interface GateSettings {
  readonly rates: {
    /** Of one address, requests without a valid credential. */
    readonly unauthenticated: BucketSize;
    /** Of one client of a site. */
    readonly client: BucketSize;
  };
  readonly load: LoadLimits;
  readonly proxies: TrustedProxies;
}

/** Where a request waits for a decision whether it may come in; its body is read after that. */
export interface Gate {
  /** Counts a request without a valid credential; returns the refusal where its address has sent too many of them. */
  countUnauthenticated(request: IncomingMessage): Failure | null;
  /**
   * Admits a request with a body of up to `limit` bytes. Throws `http/too-many-requests` or `http/overloaded`.
   */
  admit(sender: Caller, request: IncomingMessage, limit: number): AdmittedRequest;
  /** Admits a stream. Throws as `admit` does. */
  admitStream(sender: Caller): AdmittedRequest;
  /** Waits while requests wait, for a short time. */
  readonly waitForRequests: Admission['waitForRequests'];
}

const createRateFailure = (seconds: number): Failure =>
  new Failure('http/too-many-requests', 'Too many requests were sent in a short time.', {
    fix: 'Send the same request again after the seconds of Retry-After.',
    retryAfterSeconds: Math.max(1, Math.ceil(seconds)),
  });

/** The bytes that a body may need: as many as it states, or the limit where it states none or is compressed. */
function estimateBytes({ headers }: IncomingMessage, limit: number): number {
  const isPacked = (headers['content-encoding'] ?? 'identity') !== 'identity';
  if (isPacked || headers['transfer-encoding'] !== undefined) return limit;
  return Math.min(limit, Number(headers['content-length'] ?? 0));
}

/** Creates the gate. `now`: a clock in milliseconds that never goes back. */
export function createGate(
  { rates, load, proxies }: GateSettings,
  now: () => number = () => performance.now(),
): Gate {
  const strangers = createTokenBuckets(rates.unauthenticated, now);
  const clients = createTokenBuckets(rates.client, now);
  const admission = createAdmission(load, now);
  const takeToken = ({ site, client }: Caller) => {
    const seconds = clients.take(`${site} ${client}`);
    if (seconds > 0) throw createRateFailure(seconds);
  };
  return {
    countUnauthenticated(request) {
      const seconds = strangers.take(formatPeer(readSenderAddress(request, proxies)));
      return seconds > 0 ? createRateFailure(seconds) : null;
    },
    admit(sender, request, limit) {
      takeToken(sender);
      return admission.admit(sender, estimateBytes(request, limit));
    },
    admitStream(sender) {
      takeToken(sender);
      return admission.admitStream(sender);
    },
    waitForRequests: () => admission.waitForRequests(),
  };
}
