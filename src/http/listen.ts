import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Failure } from '../errors.ts';

/** A server that listens; `close` accepts no new connections and waits for requests in progress. */
export interface ListeningServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The time in which requests in progress must finish when the service stops. */
const GRACE_MS = 10_000;

/** Status lines for input that cannot be read as HTTP: no handler runs, and the connection is closed. */
const CLIENT_ERROR_STATUS_LINES: ReadonlyMap<string, string> = new Map([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
]);

/** Serves the app on a port (0: any free one). Throws `config/invalid` where the address cannot be used. */
export async function listen(
  app: RequestListener,
  at: { host: string; port: number },
): Promise<ListeningServer> {
  const server = createServer(
    {
      headersTimeout: 10_000,
      // Bodies have their own limits (request-body.ts): an NDJSON stream may take longer than any other request.
      requestTimeout: 0,
      keepAliveTimeout: 5_000,
      maxHeaderSize: 16_384,
      connectionsCheckingInterval: 5_000,
    },
    app,
  );
  server.maxHeadersCount = 200;
  server.maxConnections = 1_000;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const statusLine = CLIENT_ERROR_STATUS_LINES.get(error.code ?? '') ?? '400 Bad Request';
    if (!socket.writable) socket.destroy();
    // Destroyed after the answer: else a silent peer would occupy one of the limited connections for ever.
    else
      socket.end(`HTTP/1.1 ${statusLine}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
        socket.destroy(),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(createAddressFailure(at, cause)));
    server.listen(at.port, at.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return { url: `http://${host}:${port}`, port, close: () => closeGracefully(server) };
}

function closeGracefully(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
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
