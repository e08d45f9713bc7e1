import { Failure } from '../errors.ts';
import { failureIssue, type Issue, operationOutcome } from '../fhir/outcome.ts';

/** What a handler answers; respond.ts is the only place that writes it to a socket. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A FHIR or JSON tree; null for an empty body. */
  readonly body: unknown;
  /** Other than FHIR JSON, such as for /health. */
  readonly contentType?: string;
  /** The code of the Failure that it tells of, for the log. */
  readonly code?: string;
}

/** Seconds after which a sender may try again what may pass by waiting. */
const RETRY_AFTER = '5';

export function outcomeReply(
  status: number,
  issues: readonly Issue[],
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers, body: operationOutcome(issues) };
}

function headersFor(failure: Failure): Record<string, string> {
  if (failure.code === 'http/unauthenticated') return { 'WWW-Authenticate': 'Bearer realm="fhir"' };
  return failure.meaning.recovery === 'retry' ? { 'Retry-After': RETRY_AFTER } : {};
}

export function failureReply(failure: Failure, headers: Readonly<Record<string, string>> = {}): Reply {
  const all = { ...headersFor(failure), ...headers };
  return { ...outcomeReply(failure.meaning.http, [failureIssue(failure)], all), code: failure.code };
}

const MISTAKE: Issue = {
  severity: 'error',
  code: 'exception',
  detail: 'internal',
  diagnostics: 'The adapter made a mistake; it is written down. Send the same again later.',
};

/** What body-parser, zlib and the router throw for a bad request, by its type or status. */
function fromHttpError(error: { status?: unknown; type?: unknown }): Failure | null {
  if (error.type === 'entity.too.large') return tooLarge();
  if (error.status === 415) {
    return new Failure('http/media-type', 'The Content-Encoding is not supported.', {
      fix: 'Send the body plain, or with gzip, deflate or br.',
    });
  }
  if (typeof error.status !== 'number' || error.status < 400 || error.status >= 500) return null;
  return new Failure('fhir/malformed', 'The request cannot be read.', {
    fix: 'Send a complete, well-formed HTTP request.',
  });
}

export function tooLarge(): Failure {
  return new Failure('http/too-large', 'The body is too large.', {
    fix: 'Send one resource, or a smaller Bundle, or NDJSON to /fhir/$ingest.',
  });
}

/** Whatever was thrown, as an answer that tells nothing of the inside: no message, no stack, nothing of the body. */
export function replyTo(cause: unknown): Reply {
  if (cause instanceof Failure) return failureReply(cause);
  const known = typeof cause === 'object' && cause !== null ? fromHttpError(cause) : null;
  return known ? failureReply(known) : { ...outcomeReply(500, [MISTAKE]), code: 'internal' };
}
