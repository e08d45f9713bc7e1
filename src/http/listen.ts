import type { RequestListener, Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { Failure } from '../errors.ts';
import { createTrustedProxies } from './limits/peer-address.ts';
import { createServer } from './node-http.ts';
import { type ConnectionLimits, OpenConnections } from './open-connections.ts';
import { refuseConnection, refuseUnreadable } from './raw-answers.ts';
import { type CertificateFiles, createTlsServer } from './tls-server.ts';

/** A server that listens. */
export interface ListeningServer {
  readonly url: string;
  readonly port: number;
  /**
   * Accepts no new connections, and waits until every request that arrived is answered, or the deadline for it has passed.
   */
  close(): Promise<void>;
  /** Reads the certificate again; connections that exist keep the old one. Throws `config/invalid`, and keeps it, where it cannot be used. */
  reloadCertificate(): void;
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
  /** The time in which the headers of a request must arrive, or a TLS handshake must end. */
  readonly headers: number;
  /**
   * When the service stops: how long an unused connection stays open, so that a request that is on its way is answered, and
   * the answer tells the sender that the connection ends.
   */
  readonly linger: number;
  /** When the service stops: the time in which requests must arrive whole. */
  readonly grace: number;
  /** When the service stops: the time after which everything is closed. */
  readonly deadline: number;
}

const CONNECTION_TIMES: ConnectionTimes = {
  keepAlive: 60_000,
  keepAliveBuffer: 60_000,
  headers: 10_000,
  linger: 500,
  grace: 5_000,
  deadline: 8_000,
};

const CONNECTION_LIMITS: ConnectionLimits = {
  total: 2_000,
  perAddress: 512,
  proxies: createTrustedProxies([]),
};

/** How a server listens; what is not stated is the service's usual. */
export interface Listening {
  readonly times?: ConnectionTimes;
  readonly limits?: ConnectionLimits;
  /** null: plain HTTP. */
  readonly tls?: CertificateFiles | null;
  /** Called when the server has begun to stop: what can end early may do so now. */
  onStopping?(): void;
  /** Called where the server was closed at the deadline, with the number of requests that were not answered. */
  onCut?(requests: number): void;
}

function buildServerOptions(times: ConnectionTimes) {
  return {
    headersTimeout: times.headers,
    // Bodies have their own limits (stalled-request.ts): an NDJSON stream may take longer than any other request.
    requestTimeout: 0,
    keepAliveTimeout: times.keepAlive,
    keepAliveTimeoutBuffer: times.keepAliveBuffer,
    maxHeaderSize: 16_384,
    connectionsCheckingInterval: Math.min(5_000, times.headers),
  };
}

/** Serves the app on a port (0: any free one). Throws `config/invalid` where the address or the certificate cannot be used. */
export async function listen(
  app: RequestListener,
  at: { host: string; port: number },
  listening: Listening = {},
): Promise<ListeningServer> {
  const { times = CONNECTION_TIMES, limits = CONNECTION_LIMITS, tls = null } = listening;
  const options = buildServerOptions(times);
  const secure = tls ? createTlsServer(tls, { ...options, handshakeTimeout: times.headers }, app) : null;
  const server: Server | TlsServer = secure?.server ?? createServer(options, app);
  server.maxHeadersCount = 200;
  const refuse = secure ? (socket: Socket) => void socket.destroy() : refuseConnection;
  const connections = new OpenConnections(server, limits, refuse);
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
  return {
    url: `${secure ? 'https' : 'http'}://${formatHost(at.host)}:${port}`,
    port,
    close: () => closeGracefully(server, connections, times, listening),
    reloadCertificate: () => secure?.reload(),
  };
}

/** Formats the host of the address that is listened on, for a URL: of every address, the name of the machine. */
function formatHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return hostname();
  return host.includes(':') ? `[${host}]` : host;
}

/** Turns of the event loop without a new connection after which none waits, and the most turns in all. */
const QUIET_TURNS = 3;
const MAX_TURNS = 1_000;

/**
 * Receives the connections that the system has accepted for the server, one a turn of the event loop: those that are not
 * received when the listener closes are reset, with the requests on them.
 */
async function receiveWaiting(connections: OpenConnections): Promise<void> {
  let received = connections.receivedCount;
  for (let turns = 0, quiet = 0; turns < MAX_TURNS && quiet < QUIET_TURNS; turns++) {
    await turn();
    quiet = connections.receivedCount === received ? quiet + 1 : 0;
    received = connections.receivedCount;
  }
}

/** Closes the server once every request is answered, or at the deadline. */
async function closeGracefully(
  server: Server,
  connections: OpenConnections,
  { linger, grace, deadline }: ConnectionTimes,
  { onStopping, onCut }: Listening,
): Promise<void> {
  await receiveWaiting(connections);
  const timers = [
    setTimeout(() => connections.closeUnused(), linger),
    setTimeout(() => connections.closeStalled(), grace),
    setTimeout(() => {
      onCut?.(connections.countServed());
      connections.closeAll();
    }, deadline),
  ];
  // Not the http server's own close: it cuts connections whose answer is written and has not left yet.
  const closed = new Promise<void>((resolve) => void NetServer.prototype.close.call(server, () => resolve()));
  // After the listener is closed: a sender who is told that its connection ends opens another one, which would be reset.
  connections.beginStopping();
  onStopping?.();
  await closed;
  for (const timer of timers) clearTimeout(timer);
}

function createAddressFailure(at: { host: string; port: number }, cause: Error): Failure {
  return new Failure(
    'config/invalid',
    `The address ${at.host}:${at.port} cannot be used for listening.`,
    { at: 'port', fix: 'Stop the process that uses it, or configure another port or host.' },
    { cause },
  );
}
