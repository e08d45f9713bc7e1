import express, { type Request, type Response } from 'express';
import { Failure } from '../errors.ts';
import { type FhirVersion, parseFhirVersion } from '../fhir/fhir-version.ts';
import { decodeUtf8, parseJson } from '../fhir/lossless-json.ts';
import { createTooLargeFailure } from './reply.ts';

/** How large a body may be, in bytes after decompression. */
export interface BodyLimits {
  readonly resourceBytes: number;
  readonly bundleBytes: number;
  readonly lineBytes: number;
}

/** A body that is not complete after this is given up. */
const BODY_TIMEOUT_MS = 30_000;

const JSON_TYPES = ['application/fhir+json', 'application/json'];
const NDJSON_TYPES = ['application/fhir+ndjson', 'application/ndjson', 'application/x-ndjson'];

function createMediaTypeFailure(offered: readonly string[]): Failure {
  return new Failure('http/media-type', 'This Content-Type is not supported here.', {
    at: 'Content-Type',
    fix: `Send ${offered[0]}, fhirVersion 4.0 or 5.0, in UTF-8.`,
  });
}

/** A parameter of a media type, lower case, without quotes. */
function parseMediaTypeParameter(text: string): readonly [name: string, value: string] {
  const [name = '', value = ''] = text.split('=', 2).map((part) => part.trim().toLowerCase());
  return [name, value.replaceAll('"', '')];
}

function parseContentType(request: Request): { type: string; parameters: ReadonlyMap<string, string> } {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').split(';');
  return { type: type.trim().toLowerCase(), parameters: new Map(parameters.map(parseMediaTypeParameter)) };
}

/** The FHIR version that the body is written in; null where the sender names one that is not read here. */
export function readFhirVersion(request: Request): FhirVersion | null {
  return parseFhirVersion(parseContentType(request).parameters.get('fhirversion'));
}

/** `charset` may only be UTF-8 and `fhirVersion` only 4.0 or 5.0; other parameters say nothing about the bytes. */
function requireMediaType(request: Request, offered: readonly string[]): void {
  const { type, parameters } = parseContentType(request);
  const charset = parameters.get('charset') ?? 'utf-8';
  const readable = ['utf-8', 'utf8'].includes(charset) && readFhirVersion(request) !== null;
  if (!offered.includes(type) || !readable) throw createMediaTypeFailure(offered);
}

export function requireNdjson(request: Request): void {
  requireMediaType(request, NDJSON_TYPES);
}

/** Refused before a byte is read, where the sender says how much there is. */
function requireSize(request: Request, limit: number): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > limit) throw createTooLargeFailure();
}

/** Reads the JSON body of a request: media type, size, UTF-8, JSON, in this order. */
export type JsonReader = (request: Request, response: Response) => Promise<unknown>;

export function createJsonReader(limit: number): JsonReader {
  const raw = express.raw({ type: () => true, limit, inflate: true });
  return async (request, response) => {
    requireMediaType(request, JSON_TYPES);
    requireSize(request, limit);
    const bytes = await readRawBody(raw, request, response);
    if (!(bytes instanceof Uint8Array) || bytes.length === 0) {
      throw new Failure('fhir/malformed', 'There is no body.', { fix: 'Send one FHIR resource as JSON.' });
    }
    return parseJson(decodeUtf8(bytes));
  };
}

function readRawBody(raw: express.RequestHandler, request: Request, response: Response): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => request.destroy(), BODY_TIMEOUT_MS);
    raw(request, response, (error?: unknown) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(request.body);
    });
  });
}
