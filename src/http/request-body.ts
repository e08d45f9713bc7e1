import express, { type Request, type Response } from 'express';
import { Failure } from '../errors.ts';
import { decodeUtf8 } from '../fhir/decode-text.ts';
import { type FhirVersion, parseFhirVersion } from '../fhir/fhir-version.ts';
import { parseSentJson } from '../fhir/sent-text.ts';
import { createTooLargeFailure } from './reply.ts';
import { observeArrival } from './stalled-request.ts';
import { createStoppingFailure } from './stopping.ts';

/** Maximum sizes of bodies and NDJSON lines, in bytes after decompression. */
export interface BodyLimits {
  readonly resourceBytes: number;
  readonly bundleBytes: number;
  readonly lineBytes: number;
}

/** The time after which a request with an incomplete body is closed, even where a little of it still arrives. */
const BODY_TIMEOUT_MS = 600_000;

/** The time in which a body must arrive after the service has begun to stop. */
const STOPPING_BODY_MS = 3_000;

const JSON_TYPES = ['application/fhir+json', 'application/json'];
const NDJSON_TYPES = ['application/fhir+ndjson', 'application/ndjson', 'application/x-ndjson'];

function createMediaTypeFailure(accepted: readonly string[]): Failure {
  return new Failure('http/media-type', 'This Content-Type is not supported here.', {
    at: 'Content-Type',
    fix: `Send ${accepted[0]}, fhirVersion 4.0, 4.3 or 5.0, in UTF-8.`,
  });
}

/** Parses a parameter of a media type: lower case, without quotes. */
function parseMediaTypeParameter(text: string): readonly [name: string, value: string] {
  const [name = '', value = ''] = text.split('=', 2).map((part) => part.trim().toLowerCase());
  return [name, value.replaceAll('"', '')];
}

function parseContentType(request: Request): { type: string; parameters: ReadonlyMap<string, string> } {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').split(';');
  return { type: type.trim().toLowerCase(), parameters: new Map(parameters.map(parseMediaTypeParameter)) };
}

/** Reads the FHIR version of the body; null where the sender states one that is not supported. */
export function readFhirVersion(request: Request): FhirVersion | null {
  return parseFhirVersion(parseContentType(request).parameters.get('fhirversion'));
}

/** Requires an accepted type, UTF-8 as `charset` and 4.0, 4.3 or 5.0 as `fhirVersion`; other parameters are ignored. */
function requireMediaType(request: Request, accepted: readonly string[]): void {
  const { type, parameters } = parseContentType(request);
  const charset = parameters.get('charset') ?? 'utf-8';
  const isReadable = ['utf-8', 'utf8'].includes(charset) && readFhirVersion(request) !== null;
  if (!accepted.includes(type) || !isReadable) throw createMediaTypeFailure(accepted);
}

/** Requires the media type of NDJSON. */
export function requireNdjson(request: Request): void {
  requireMediaType(request, NDJSON_TYPES);
}

/** Refuses a body that is too large by its stated length, before it is read. */
function requireSize(request: Request, limit: number): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > limit) throw createTooLargeFailure();
}

/** Reads the JSON body of a request; checks media type, size, UTF-8 and JSON, in this order. */
export type JsonReader = (
  request: Request,
  response: Response,
  /** Throws where the bytes may not be used; called before they are parsed. */
  checkBytes?: (bytes: Uint8Array) => void,
) => Promise<unknown>;

/** Creates a reader of JSON bodies up to a limit in bytes; a body that has not arrived shortly after `stopping` is refused. */
export function createJsonReader(limit: number, stopping: AbortSignal): JsonReader {
  const readBytes = express.raw({ type: () => true, limit, inflate: true });
  return async (request, response, checkBytes) => {
    requireMediaType(request, JSON_TYPES);
    requireSize(request, limit);
    const bytes = await readRawBody(readBytes, request, response, stopping);
    if (!(bytes instanceof Uint8Array) || bytes.length === 0) {
      throw new Failure('fhir/malformed', 'The request has no body.', {
        fix: 'Send one FHIR resource as JSON.',
      });
    }
    checkBytes?.(bytes);
    return parseSentJson(decodeUtf8(bytes));
  };
}

/**
 * Reads the body. Rejects with `http/too-slow` where it hardly arrives, and with `http/stopping` where it has not arrived in
 * the time that a stopping service has for it; what arrives after that is discarded.
 */
function readRawBody(
  readBytes: express.RequestHandler,
  request: Request,
  response: Response,
  stopping: AbortSignal,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const timers = [setTimeout(() => request.destroy(), BODY_TIMEOUT_MS)];
  const endObservation = observeArrival(request, request, reject);
  const stop = () => timers.push(setTimeout(() => reject(createStoppingFailure()), STOPPING_BODY_MS));
  if (stopping.aborted) stop();
  else stopping.addEventListener('abort', stop);
  readBytes(request, response, (error?: unknown) => {
    if (error) reject(error);
    else resolve(request.body);
  });
  return promise.finally(() => {
    for (const timer of timers) clearTimeout(timer);
    stopping.removeEventListener('abort', stop);
    endObservation();
  });
}
