import type { Response } from 'express';
import { stringifyJson } from '../fhir/lossless-json.ts';
import type { Reply } from './reply.ts';

const FHIR_JSON = 'application/fhir+json; charset=utf-8';

/** The time for which the rest of a request is read and discarded, so that the sender can read the answer. */
const LINGER_MS = 2_000;

/** Writes a reply; no other code writes to a response. */
export function sendReply(response: Response, reply: Reply): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.status(reply.status);
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  const text = reply.body === null ? '' : stringifyJson(reply.body);
  if (text !== '') response.setHeader('Content-Type', reply.contentType ?? FHIR_JSON);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  if (response.req.complete || !hasRequestBody(response)) response.end(text);
  else if (isSmall(response)) endAfterRequest(response, text);
  else endUnreadRequest(response, text);
}

/** Bodies up to this size are discarded to their end, so that the connection can be kept: a new one costs more than they do. */
const SMALL_BYTES = 65_536;
/** The time in which such a body must have arrived; it usually comes with the head of the request. */
const SMALL_MS = 100;

const isSmall = ({ req }: Response): boolean =>
  Number(req.headers['content-length'] ?? SMALL_BYTES + 1) <= SMALL_BYTES;

/** Answers a request that was not read when the rest of it has arrived, and keeps the connection; else closes it. */
function endAfterRequest(response: Response, text: string): void {
  const { req } = response;
  const close = () => endUnreadRequest(response, text);
  const timer = setTimeout(() => {
    req.off('end', end).off('close', close);
    close();
  }, SMALL_MS);
  function end(): void {
    clearTimeout(timer);
    req.off('close', close);
    response.end(text);
  }
  req
    .once('end', end)
    .once('close', close)
    .once('close', () => clearTimeout(timer))
    .resume();
}

function hasRequestBody({ req }: Response): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

/**
 * Answers a request that was not read completely, and closes the connection, since the bytes that follow are not a new
 * request. An immediate close would reset the connection and lose the answer, so the bytes are discarded for a while.
 */
function endUnreadRequest(response: Response, text: string): void {
  response.setHeader('Connection', 'close');
  response.flushHeaders();
  response.write(text);
  const { req } = response;
  const timer = setTimeout(endResponse, LINGER_MS);
  function endResponse(): void {
    clearTimeout(timer);
    if (!response.writableEnded) response.end();
  }
  if (req.destroyed) endResponse();
  else req.once('end', endResponse).once('close', endResponse).resume();
}
