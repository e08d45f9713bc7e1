import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import type { IsAddressAllowed } from './address-policy.ts';

/** The error code for a name that resolves to no address that may be called. Nothing was sent. */
export const ADDRESS_REFUSED = 'ADDRESS_REFUSED';

interface TransportOptions {
  readonly isAllowed: IsAddressAllowed;
  /** The time limit of name lookup, connection and TLS together. */
  readonly connectTimeoutMs: number;
  readonly lookup?: LookupFunction;
}

interface TransportRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/** The part of the Fetch standard's Response that the client reads. */
export interface TransportResponse extends Pick<Response, 'status' | 'body'> {
  readonly headers: Pick<Headers, 'get'>;
}

/**
 * Sends one request to an EHR. Rejects, with a `code` on the error or its cause, where no answer arrives. A redirect is
 * an answer.
 */
export type Transport = (url: URL, request: TransportRequest) => Promise<TransportResponse>;

/**
 * Creates a name lookup that returns only allowed addresses. The connection uses the addresses that were checked, so that a
 * second answer of the name server cannot replace them (DNS rebinding).
 */
function createCheckedLookup({ isAllowed, lookup = systemLookup }: TransportOptions): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const allowed = (Array.isArray(addresses) ? addresses : []).filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (!first) return callback(Object.assign(new Error(ADDRESS_REFUSED), { code: ADDRESS_REFUSED }), '');
      if (options.all) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}

/** Returns the header as one text (RFC 9110, section 5.3); null where it is absent. */
function joinHeader(value: string | string[] | undefined): string | null {
  return value === undefined ? null : [value].flat().join(', ');
}

/** Sends requests over connections of its own. */
async function openConnections(options: TransportOptions): Promise<Transport> {
  const { Agent } = await import('undici');
  const dispatcher = new Agent({
    connect: { lookup: createCheckedLookup(options), timeout: options.connectTimeoutMs },
  });
  return async (url, { method, headers, body, signal }) => {
    const answer = await dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: method as 'GET' | 'POST',
      headers,
      body,
      signal,
    });
    return {
      status: answer.statusCode,
      headers: { get: (name) => joinHeader(answer.headers[name]) },
      body: Readable.toWeb(answer.body) as ReadableStream<Uint8Array<ArrayBuffer>>,
    };
  };
}

/**
 * Creates the HTTP transport to one EHR: undici with the checked lookup. A request is sent once and its answer returned as it
 * is: `fetch` would send it again after a 421, and decompress what it receives. undici is loaded by the first request.
 * Connections are kept for later calls, and never shared with another EHR.
 */
export function createTransport(options: TransportOptions): Transport {
  let opened: Promise<Transport> | null = null;
  return async (url, request) => {
    opened ??= openConnections(options);
    const send = await opened;
    return send(url, request);
  };
}
