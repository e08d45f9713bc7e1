import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { REQUEST_ID_PATTERN } from '../observe/loggable-fields.ts';

/**
 * Headers of every answer. The answers are data for programs: no browser may take them for a page, run anything in them,
 * show them in a frame or keep them. A page sets a Content-Security-Policy of its own.
 */
export const SECURITY_HEADERS: ReadonlyMap<string, string> = new Map([
  ['Cache-Control', 'no-store'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Referrer-Policy', 'no-referrer'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
]);

/** One year, for this host only. RFC 6797 section 7.2: it is sent over TLS and never without. */
const STRICT_TRANSPORT_SECURITY = 'max-age=31536000';

/** Takes the id of a request from X-Request-Id where it is well formed; else makes one. */
export function determineRequestId(request: IncomingMessage): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && REQUEST_ID_PATTERN.test(sent) ? sent : randomUUID();
}

/** Sets the headers that every answer has, whoever writes it. `isEncrypted`: the sender speaks TLS, here or to a proxy. */
export function writeCommonHeaders(response: ServerResponse, requestId: string, isEncrypted: boolean): void {
  for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value);
  if (isEncrypted) response.setHeader('Strict-Transport-Security', STRICT_TRANSPORT_SECURITY);
  response.setHeader('X-Request-Id', requestId);
}
