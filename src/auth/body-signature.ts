import { createHmac, timingSafeEqual } from 'node:crypto';
import type { BodySignatureConfig } from '../config/client-config.ts';

/** Reads a header of the request; undefined where it has none. */
export type ReadHeader = (name: string) => string | undefined;

/** How old a signature may be, and how far ahead of the adapter's clock, in seconds (Standard Webhooks 1.0). */
const TOLERANCE_S = 300;

const HEX_PATTERN = /^[0-9a-f]{64}$/i;
const TIMESTAMP_PATTERN = /^\d{1,12}$/;

function isSame(expected: Buffer, sent: Buffer): boolean {
  return expected.length === sent.length && timingSafeEqual(expected, sent);
}

/** Medplum: `X-Signature` is the HMAC-SHA256 of the body in hexadecimal digits. It says nothing about when. */
function hasHexSignature(secret: string, body: Uint8Array, readHeader: ReadHeader): boolean {
  const sent = readHeader('x-signature');
  if (sent === undefined || !HEX_PATTERN.test(sent)) return false;
  return isSame(createHmac('sha256', secret).update(body).digest(), Buffer.from(sent, 'hex'));
}

/** Standard Webhooks 1.0: id, time and body are signed; of several signatures (rotation of secrets) one suffices. */
function hasWebhookSignature(secret: string, body: Uint8Array, readHeader: ReadHeader, now: Date): boolean {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    readHeader,
  );
  if (!id || id.length > 256 || timestamp === undefined || signatures === undefined) return false;
  if (!TIMESTAMP_PATTERN.test(timestamp) || signatures.length > 2_000) return false;
  if (Math.abs(now.getTime() / 1_000 - Number(timestamp)) > TOLERANCE_S) return false;
  const expected = createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(`${id}.${timestamp}.`)
    .update(body)
    .digest();
  return signatures
    .split(' ')
    .map((signature) => /^v1,([A-Za-z0-9+/]{43}=)$/.exec(signature)?.[1])
    .map((text) => text !== undefined && isSame(expected, Buffer.from(text, 'base64')))
    .includes(true);
}

/** Whether a body is signed as the client's configuration requires. `body`: the bytes before any Content-Encoding. */
export function hasValidBodySignature(
  { scheme, secret }: Pick<BodySignatureConfig, 'scheme' | 'secret'>,
  body: Uint8Array,
  readHeader: ReadHeader,
  now: Date,
): boolean {
  return scheme === 'x-signature'
    ? hasHexSignature(secret, body, readHeader)
    : hasWebhookSignature(secret, body, readHeader, now);
}
