import { lookup as systemLookup } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { AddressAllowed } from './addresses.ts';

/** Error codes of this line; both before anything was sent. */
export const CONNECT_TIMEOUT = 'CONNECT_TIMEOUT';
export const ADDRESS_REFUSED = 'ADDRESS_REFUSED';

export interface LineOptions {
  readonly allowed: AddressAllowed;
  /** For name, connection and TLS together. */
  readonly connectTimeoutMs: number;
  readonly lookup?: LookupFunction;
}

export interface Request {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/** One request to an EHR. Rejects with an error that has a `code` where no answer came. Redirects are answers. */
export type Line = (url: URL, request: Request) => Promise<Response>;

function refusal(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

/**
 * A name's addresses, of which only those allowed are given to the connection: what was checked is what is connected to,
 * so that no second answer of the name server can come in between.
 */
function checkedLookup({ allowed, lookup = systemLookup }: LineOptions): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer) => {
      if (error) return callback(error, '');
      const found = (Array.isArray(answer) ? answer : []).filter(({ address }) => allowed(address));
      const [first] = found;
      if (!first) return callback(refusal(ADDRESS_REFUSED), '');
      if (options.all) return callback(null, found);
      return callback(null, first.address, first.family);
    });
  };
}

/** Ends the request where the connection is not there in time; a connection kept from before is there. */
function limitConnecting(socket: Socket, ready: string, ms: number): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => socket.destroy(refusal(CONNECT_TIMEOUT)), ms);
  const stop = () => clearTimeout(timer);
  socket.once(ready, stop).once('close', stop);
}

/** Statuses whose answers have no body (Fetch standard, null body status). */
const WITHOUT_BODY = new Set([204, 205, 304]);

function responseOf(message: IncomingMessage): Response {
  const status = message.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(message.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  if (WITHOUT_BODY.has(status)) message.resume();
  const body = WITHOUT_BODY.has(status) ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
  return new Response(body, { status, headers });
}

/**
 * HTTP to one EHR, over Node's own client: `fetch` cannot be told to check the address that it connects to. Connections
 * are kept for the next call, and are never another EHR's.
 */
export function createLine(options: LineOptions): Line {
  const lookup = checkedLookup(options);
  const agents = {
    'http:': new HttpAgent({ keepAlive: true, lookup }),
    'https:': new HttpsAgent({ keepAlive: true, lookup }),
  };
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const agent = secure ? agents['https:'] : agents['http:'];
      const send = secure ? httpsRequest : httpRequest;
      const request = send(url, { method, headers, agent, signal });
      request.once('socket', (socket) =>
        limitConnecting(socket, secure ? 'secureConnect' : 'connect', options.connectTimeoutMs),
      );
      request.once('response', (message) => {
        try {
          resolve(responseOf(message));
        } catch (error) {
          // A status or header that is none: an EHR's answer must not end the process.
          request.destroy();
          reject(error);
        }
      });
      request.on('error', reject);
      request.end(body ?? undefined);
    });
}
