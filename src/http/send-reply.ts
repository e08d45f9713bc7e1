import type { Response } from 'express';
import { stringifyJson } from '../fhir/lossless-json.ts';
import type { Reply } from './reply.ts';

const FHIR_JSON = 'application/fhir+json; charset=utf-8';

/** How long the rest of a request is read and discarded, so that the sender can read the answer. */
const LINGER_MS = 2_000;

/** Writes a reply; no other code writes to a response. */
export function sendReply(response: Response, reply: Reply): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.status(reply.status);
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  const text = reply.body === null ? '' : stringifyJson(reply.body);
  if (text !== '') response.setHeader('Content-Type', reply.contentType ?? FHIR_JSON);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  if (response.req.complete || !hasRequestBody(response)) response.end(text);
  else endUnreadRequest(response, text);
}

function hasRequestBody({ req }: Response): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

/**
 * Answers a request that was not read to its end, and closes the connection: the bytes that follow are no new request.
 * Closing at once would reset the connection and lose the answer, so the bytes are discarded for a moment.
 */
function endUnreadRequest(response: Response, text: string): void {
  response.setHeader('Connection', 'close');
  response.flushHeaders();
  response.write(text);
  const { req } = response;
  const timer = setTimeout(end, LINGER_MS);
  function end(): void {
    clearTimeout(timer);
    if (!response.writableEnded) response.end();
  }
  req.once('end', end).once('close', end).resume();
}
