import { randomUUID } from 'node:crypto';
import type { RequestListener, Server } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { Failure } from '../errors.ts';
import { createServer } from './node-http.ts';
import { OpenConnections } from './open-connections.ts';
import { SECURITY_HEADERS } from './response-headers.ts';

/** A server that listens; `close` accepts no new connections and waits until every request that arrived is answered. */
export interface ListeningServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The times of a connection, in milliseconds. */
export interface ConnectionTimes {
  /** How long a client may keep a connection for its next request. Every answer says so (Keep-Alive: timeout). */
  readonly keepAlive: number;
  /**
   * How much longer than that the connection stays open. Clients that do not read the header drop an unused connection
   * after 30 to 90 seconds; whoever closes first, a request must not cross with the close.
   */
  readonly keepAliveBuffer: number;
  /** The time in which the headers of a request must arrive. */
  readonly headers: number;
  /** When the service stops: the time in which requests must arrive whole. */
  readonly grace: number;
}

const CONNECTION_TIMES: ConnectionTimes = {
  keepAlive: 60_000,
  keepAliveBuffer: 60_000,
  headers: 10_000,
  grace: 10_000,
};

/** Status lines for input that cannot be read as HTTP: no handler runs, and the connection is closed. */
const CLIENT_ERROR_STATUS_LINES: ReadonlyMap<string, string> = new Map([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
]);

/** Serves the app on a port (0: any free one). Throws `config/invalid` where the address cannot be used. */
export async function listen(
  app: RequestListener,
  at: { host: string; port: number },
  times: ConnectionTimes = CONNECTION_TIMES,
): Promise<ListeningServer> {
  const server = createServer(
    {
      headersTimeout: times.headers,
      // Bodies have their own limits (stalled-request.ts): an NDJSON stream may take longer than any other request.
      requestTimeout: 0,
      keepAliveTimeout: times.keepAlive,
      keepAliveTimeoutBuffer: times.keepAliveBuffer,
      maxHeaderSize: 16_384,
      connectionsCheckingInterval: Math.min(5_000, times.headers),
    },
    app,
  );
  server.maxHeadersCount = 200;
  server.maxConnections = 1_000;
  const connections = new OpenConnections(server);
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT') refuseUnreadable(socket, error);
    else connections.closeIfSilent(socket, () => refuseUnreadable(socket, error), times.headers);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(createAddressFailure(at, cause)));
    server.listen(at.port, at.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = formatHost(at.host);
  return {
    url: `http://${host}:${port}`,
    port,
    close: () => closeGracefully(server, connections, times.grace),
  };
}

/** Formats the host of the address that is listened on, for a URL: of every address, the name of the machine. */
function formatHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return hostname();
  return host.includes(':') ? `[${host}]` : host;
}

/** Formats an answer without body to input that is no request, with the headers that every answer has. */
function formatRawAnswer(statusLine: string, headers: Readonly<Record<string, string>> = {}): string {
  const fields = { ...headers, 'X-Request-Id': randomUUID(), Connection: 'close', 'Content-Length': '0' };
  const lines = [...SECURITY_HEADERS, ...Object.entries(fields)].map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${statusLine}`, ...lines, '', ''].join('\r\n');
}

/** Answers input that cannot be read as a request, and closes the connection. */
function refuseUnreadable(socket: Socket, error: NodeJS.ErrnoException): void {
  const statusLine = CLIENT_ERROR_STATUS_LINES.get(error.code ?? '') ?? '400 Bad Request';
  if (!socket.writable) socket.destroy();
  // Destroyed after the answer: else a silent peer would occupy one of the limited connections for ever.
  else socket.end(formatRawAnswer(statusLine), () => socket.destroy());
}

function closeGracefully(server: Server, connections: OpenConnections, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => connections.closeStalled(), graceMs);
    // Not the http server's own close: it cuts connections whose answer is written and has not left yet.
    NetServer.prototype.close.call(server, () => {
      clearInterval(timer);
      resolve();
    });
    connections.beginStopping();
  });
}

function createAddressFailure(at: { host: string; port: number }, cause: Error): Failure {
  return new Failure(
    'config/invalid',
    `The address ${at.host}:${at.port} cannot be used for listening.`,
    { at: 'port', fix: 'Stop the process that uses it, or configure another port or host.' },
    { cause },
  );
}
