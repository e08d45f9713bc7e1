import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface ServedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * The connections of a server, and the requests that are served on them. A process that was busy for long runs its timers
 * before it reads what arrived meanwhile: a timer of Node would close a connection whose next request waits to be read.
 * Here what has arrived is read first, and a connection on which a request is served stays open.
 */
export class OpenConnections {
  private readonly sockets = new Set<Socket>();
  private readonly served = new Set<ServedRequest>();
  /** Connections that were spared at the end of a time limit, each with the timer that looks again. */
  private readonly spared = new WeakMap<Socket, NodeJS.Timeout>();
  /** The bytes that had been sent on each connection at the last call of `closeStalled`. */
  private readonly sentBytes = new WeakMap<Socket, number>();
  private isStopping = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    // Before the application's listener, so that the header is set before the answer is written.
    server.prependListener('request', (request, response) => this.beginServing({ request, response }));
    // The end of the keep-alive time; with a listener, Node leaves it to the listener to close the connection.
    server.on('timeout', (socket: Socket) => this.closeIfSilent(socket, () => socket.destroy()));
  }

  private beginServing(served: ServedRequest): void {
    const { socket } = served.request;
    clearTimeout(this.spared.get(socket));
    this.served.add(served);
    if (this.isStopping) served.response.setHeader('Connection', 'close');
    served.response.once('close', () => {
      this.served.delete(served);
      if (this.isStopping && !this.isServing(socket)) socket.end();
    });
  }

  private isServing(socket: Socket): boolean {
    return [...this.served].some(({ request }) => request.socket === socket);
  }

  /**
   * Calls `close` unless a request is served on the connection or bytes have arrived that are not read yet. With
   * `lookAgainMs`, a connection that was spared and begins no request within this time is closed.
   */
  closeIfSilent(socket: Socket, close: () => void, lookAgainMs: number | null = null): void {
    const bytesBefore = socket.bytesRead;
    // The event loop reads sockets between timers and immediates.
    setImmediate(() => {
      if (this.isServing(socket)) return;
      if (socket.bytesRead === bytesBefore) close();
      else if (lookAgainMs !== null)
        this.spared.set(socket, setTimeout(() => socket.destroy(), lookAgainMs).unref());
    });
  }

  /** Closes the connections without a request; from now on every answer closes its own. */
  beginStopping(): void {
    this.isStopping = true;
    for (const { response } of this.served) {
      if (!response.headersSent) response.setHeader('Connection', 'close');
    }
    for (const socket of this.sockets) {
      if (!this.isServing(socket)) this.closeIfSilent(socket, () => socket.destroy());
    }
  }

  /** Closes the connections except those whose request has arrived whole and is being worked on or answered. */
  closeStalled(): void {
    for (const socket of this.sockets) {
      const isMoving = this.sentBytes.get(socket) !== socket.bytesWritten;
      this.sentBytes.set(socket, socket.bytesWritten);
      const isWorkedOn = [...this.served].some(
        ({ request, response }) =>
          request.socket === socket && request.complete && (!response.writableEnded || isMoving),
      );
      if (!isWorkedOn) socket.destroy();
    }
  }
}
