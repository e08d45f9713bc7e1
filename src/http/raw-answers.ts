import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { SECURITY_HEADERS } from './response-headers.ts';

/** Status lines for input that cannot be read as HTTP: no handler runs, and the connection is closed. */
const CLIENT_ERROR_STATUS_LINES: ReadonlyMap<string, string> = new Map([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
]);

/** How long a refused connection may take to read its answer. */
const REFUSED_MS = 1_000;
/** The most refused connections that read an answer at once; beyond them connections are closed without. */
const MAX_REFUSED = 100;

/** Formats an answer without body to input that is no request, with the headers that every answer has. */
function formatRawAnswer(statusLine: string, headers: Readonly<Record<string, string>> = {}): string {
  const fields = { ...headers, 'X-Request-Id': randomUUID(), Connection: 'close', 'Content-Length': '0' };
  const lines = [...SECURITY_HEADERS, ...Object.entries(fields)].map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${statusLine}`, ...lines, '', ''].join('\r\n');
}

/** Answers input that cannot be read as a request, and closes the connection. */
export function refuseUnreadable(socket: Socket, error: NodeJS.ErrnoException): void {
  const statusLine = CLIENT_ERROR_STATUS_LINES.get(error.code ?? '') ?? '400 Bad Request';
  if (!socket.writable) socket.destroy();
  // Destroyed after the answer: else a silent peer would occupy one of the limited connections for ever.
  else socket.end(formatRawAnswer(statusLine), () => socket.destroy());
}

let refusedCount = 0;

/**
 * Answers a connection for which there is no room with 503, whatever it will ask, and closes it. What the peer sends is
 * discarded for a moment: an immediate close would reset the connection and lose the answer.
 */
export function refuseConnection(socket: Socket): void {
  socket.on('error', () => undefined);
  if (refusedCount >= MAX_REFUSED) {
    socket.destroy();
    return;
  }
  refusedCount += 1;
  const timer = setTimeout(() => socket.destroy(), REFUSED_MS);
  socket.once('close', () => {
    refusedCount -= 1;
    clearTimeout(timer);
  });
  socket.removeAllListeners('data');
  socket.resume();
  socket.end(formatRawAnswer('503 Service Unavailable', { 'Retry-After': '5' }));
}
