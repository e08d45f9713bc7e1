import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { formatPeer, type TrustedProxies } from './limits/peer-address.ts';

/** How many connections there may be, and which peers may have more than others. */
export interface ConnectionLimits {
  readonly total: number;
  readonly perAddress: number;
  readonly proxies: TrustedProxies;
}

interface ServedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The connections without a request, the longest idle first. */
interface UnusedConnections {
  /** Nothing has been asked on them so far. */
  readonly silent: Set<Connection>;
  /** Kept for the next request. */
  readonly kept: Set<Connection>;
}

interface Peer extends UnusedConnections {
  readonly name: string;
  readonly limit: number;
  readonly connections: Set<Connection>;
}

interface Connection {
  readonly peer: Peer;
  /** The socket that requests name: under TLS another one than the connection of the network. */
  socket: Socket;
  readonly served: Set<ServedRequest>;
  /** Since when there is no request on it, in milliseconds. */
  unusedSince: number;
  /** The bytes that had been sent at the last call of `closeStalled`. */
  sentBytes: number;
  /** Looks again at a connection that was spared at the end of a time limit. */
  spared: NodeJS.Timeout | null;
}

/**
 * How long a connection is unused before it may be closed for another one: what its peer has sent may not be read yet, since a
 * process that is busy reads late.
 */
const UNUSED_MS = 500;

const createUnused = (): UnusedConnections => ({ silent: new Set(), kept: new Set() });

const formatSocketId = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/**
 * The connections of a server, and the requests that are served on them. A process that was busy for long runs its timers
 * before it reads what arrived meanwhile: a timer of Node would close a connection whose next request waits to be read.
 * Here what has arrived is read first, and a connection on which a request is served stays open.
 *
 * Where there are too many, of one address or in all, the one that has been unused for longest is closed for the new one,
 * those first on which nothing has ever been asked: whoever only occupies connections shuts out nobody.
 */
export class OpenConnections {
  private readonly limits: ConnectionLimits;
  private readonly connections = new Set<Connection>();
  private readonly unused = createUnused();
  private readonly peers = new Map<string, Peer>();
  private readonly bySocket = new WeakMap<Socket, Connection>();
  /** Connections whose TLS handshake is not done, by address and port of the peer. */
  private readonly handshakes = new Map<string, Connection>();
  private readonly refuse: (socket: Socket) => void;
  private isStopping = false;
  /** The connections that have been received so far, refused ones too. */
  receivedCount = 0;

  /** `refuse` closes a new connection for which there is no room. */
  constructor(server: Server, limits: ConnectionLimits, refuse: (socket: Socket) => void) {
    this.limits = limits;
    this.refuse = refuse;
    // In place of the server's own listener: it would read a connection, and serve it, before there is room for it.
    const serveConnection = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (!this.receive(socket)) this.refuse(socket);
      else for (const serve of serveConnection) serve.call(server, socket);
    });
    server.on('secureConnection', (socket: TLSSocket) => this.endHandshake(socket));
    // Before the application's listener, so that the header is set before the answer is written.
    server.prependListener('request', (request, response) => this.beginServing({ request, response }));
    // The end of the keep-alive time; with a listener, Node leaves it to the listener to close the connection.
    server.on('timeout', (socket: Socket) => this.closeIfSilent(socket, () => socket.destroy()));
  }

  /** Counts a new connection; returns whether there is room for it. */
  private receive(socket: Socket): boolean {
    this.receivedCount += 1;
    const peer = this.getPeer(socket.remoteAddress);
    if (!this.hasRoom(peer)) return false;
    const served = new Set<ServedRequest>();
    const connection = { peer, socket, served, unusedSince: performance.now(), sentBytes: 0, spared: null };
    this.peers.set(peer.name, peer);
    for (const { silent } of [peer, this.unused]) silent.add(connection);
    for (const connections of [peer.connections, this.connections]) connections.add(connection);
    this.bySocket.set(socket, connection);
    const id = formatSocketId(socket);
    this.handshakes.set(id, connection);
    socket.once('close', () => {
      if (this.handshakes.get(id) === connection) this.handshakes.delete(id);
      this.forget(connection);
    });
    return true;
  }

  private getPeer(address: string | undefined): Peer {
    const name = formatPeer(address);
    const isProxy = address !== undefined && this.limits.proxies.isTrusted(address);
    const limit = isProxy ? Number.POSITIVE_INFINITY : this.limits.perAddress;
    return this.peers.get(name) ?? { name, limit, connections: new Set(), ...createUnused() };
  }

  /** Whether there is room for one more connection of the peer, if need be in the place of an unused one. */
  private hasRoom(peer: Peer): boolean {
    if (peer.connections.size >= peer.limit && !this.closeLongestUnused(peer)) return false;
    return this.connections.size < this.limits.total || this.closeLongestUnused(this.unused);
  }

  private closeLongestUnused({ silent, kept }: UnusedConnections): boolean {
    const latest = performance.now() - UNUSED_MS;
    const connection = [silent, kept]
      .flatMap(([first]) => first ?? [])
      .find(({ unusedSince }) => unusedSince <= latest);
    if (!connection) return false;
    this.forget(connection);
    connection.socket.destroy();
    return true;
  }

  private endHandshake(socket: TLSSocket): void {
    const id = formatSocketId(socket);
    const connection = this.handshakes.get(id);
    if (!connection) return;
    this.handshakes.delete(id);
    connection.socket = socket;
    this.bySocket.set(socket, connection);
    socket.once('close', () => this.forget(connection));
  }

  private forget(connection: Connection): void {
    const { peer } = connection;
    if (connection.spared) clearTimeout(connection.spared);
    for (const connections of [peer.connections, this.connections]) connections.delete(connection);
    this.markUsed(connection);
    if (peer.connections.size === 0) this.peers.delete(peer.name);
  }

  private markUsed(connection: Connection): void {
    for (const { silent, kept } of [connection.peer, this.unused]) {
      silent.delete(connection);
      kept.delete(connection);
    }
  }

  private beginServing(served: ServedRequest): void {
    const connection = this.bySocket.get(served.request.socket);
    if (!connection) return;
    if (connection.spared) clearTimeout(connection.spared);
    this.markUsed(connection);
    connection.served.add(served);
    if (this.isStopping) served.response.setHeader('Connection', 'close');
    served.response.once('close', () => {
      connection.served.delete(served);
      if (connection.served.size > 0 || !this.connections.has(connection)) return;
      if (this.isStopping) connection.socket.end();
      connection.unusedSince = performance.now();
      for (const { kept } of [connection.peer, this.unused]) kept.add(connection);
    });
  }

  private isServing(socket: Socket): boolean {
    return (this.bySocket.get(socket)?.served.size ?? 0) > 0;
  }

  /**
   * Calls `close` unless a request is served on the connection or bytes have arrived that are not read yet. With
   * `lookAgainMs`, a connection that was spared and begins no request within this time is closed.
   */
  closeIfSilent(socket: Socket, close: () => void, lookAgainMs: number | null = null): void {
    const bytesBefore = socket.bytesRead;
    // The event loop reads sockets between timers and immediates.
    setImmediate(() => {
      const connection = this.bySocket.get(socket);
      if (this.isServing(socket)) return;
      if (socket.bytesRead === bytesBefore) close();
      else if (lookAgainMs !== null && connection)
        connection.spared = setTimeout(() => socket.destroy(), lookAgainMs).unref();
    });
  }

  /** The requests that are served at present. */
  countServed(): number {
    return [...this.connections].reduce((sum, { served }) => sum + served.size, 0);
  }

  /** From now on every answer closes its connection. */
  beginStopping(): void {
    this.isStopping = true;
    for (const { served } of this.connections) {
      for (const { response } of served) if (!response.headersSent) response.setHeader('Connection', 'close');
    }
  }

  /** Closes the connections without a request. */
  closeUnused(): void {
    for (const { socket, served } of this.connections)
      if (served.size === 0) this.closeIfSilent(socket, () => socket.destroy());
  }

  /** Closes the connections except those whose request has arrived whole and is being worked on or answered. */
  closeStalled(): void {
    for (const connection of this.connections) {
      const { socket, served } = connection;
      const isMoving = connection.sentBytes !== socket.bytesWritten;
      connection.sentBytes = socket.bytesWritten;
      const isWorkedOn = [...served].some(
        ({ request, response }) => request.complete && (!response.writableEnded || isMoving),
      );
      if (!isWorkedOn) socket.destroy();
    }
  }

  /** Closes every connection, whatever is served on it. */
  closeAll(): void {
    for (const { socket } of this.connections) socket.destroy();
  }
}
