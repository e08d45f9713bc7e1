import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Failure } from '../errors.ts';

/** A server that listens; `close` takes no new connections and waits for what is under way. */
export interface ListeningServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** What is under way when the service stops has this long to finish. */
const GRACE_MS = 10_000;

/** What cannot be read as HTTP has no handler: it gets a status line and the connection is closed. */
const CLIENT_ERROR_STATUS_LINES: ReadonlyMap<string, string> = new Map([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
]);

/** Opens the app on a port (0: any free one). Throws `config/invalid` where the address cannot be had. */
export async function listen(
  app: RequestListener,
  at: { host: string; port: number },
): Promise<ListeningServer> {
  const server = createServer(
    {
      headersTimeout: 10_000,
      // Bodies have their own limits (body.ts), because an NDJSON stream may well take longer than any request.
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
    const line = CLIENT_ERROR_STATUS_LINES.get(error.code ?? '') ?? '400 Bad Request';
    if (!socket.writable) socket.destroy();
    // Destroyed once it is said: a peer that says nothing would hold the connection, and one of the places, for ever.
    else
      socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
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
    `The address ${at.host}:${at.port} cannot be listened on.`,
    { at: 'port', fix: 'Stop what uses it, or choose another with --port or --host.' },
    { cause },
  );
}
