import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, fetch } from 'undici';
import type { IsAddressAllowed } from './address-policy.ts';

/** Error code where a name stands for no address that may be called. Nothing was sent. */
export const ADDRESS_REFUSED = 'ADDRESS_REFUSED';

export interface TransportOptions {
  readonly isAllowed: IsAddressAllowed;
  /** For name, connection and TLS together. */
  readonly connectTimeoutMs: number;
  readonly lookup?: LookupFunction;
}

export interface TransportRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/** What the client reads of an answer: the part of the Fetch standard's Response that it needs. */
export type TransportResponse = Pick<Response, 'status' | 'headers' | 'body'>;

/** Sends one request to an EHR. Rejects, with a `code` on the error or its cause, where no answer came. A redirect is an answer. */
export type Transport = (url: URL, request: TransportRequest) => Promise<TransportResponse>;

/**
 * Resolves a name to the addresses that are allowed, and to no others. The connection uses the addresses that were
 * checked, so no second answer of the name server can come in between (DNS rebinding).
 */
function createCheckedLookup({ isAllowed, lookup = systemLookup }: TransportOptions): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer) => {
      if (error) return callback(error, '');
      const found = (Array.isArray(answer) ? answer : []).filter(({ address }) => isAllowed(address));
      const [first] = found;
      if (!first) return callback(Object.assign(new Error(ADDRESS_REFUSED), { code: ADDRESS_REFUSED }), '');
      if (options.all) return callback(null, found);
      return callback(null, first.address, first.family);
    });
  };
}

/**
 * HTTP to one EHR by undici, which connects through the checked lookup. Its own `fetch` is used, not the global one: the
 * two must be of one version. Connections are kept for the next call and are never shared with another EHR.
 */
export function createTransport(options: TransportOptions): Transport {
  const dispatcher = new Agent({
    connect: { lookup: createCheckedLookup(options), timeout: options.connectTimeoutMs },
  });
  return async (url, request) =>
    (await fetch(url, { ...request, dispatcher, redirect: 'manual' })) as TransportResponse;
}
