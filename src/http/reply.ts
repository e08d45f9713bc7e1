import { Failure } from '../errors.ts';
import { buildOperationOutcome, type OutcomeIssue, toOutcomeIssue } from '../fhir/operation-outcome.ts';

/** A handler's answer; only send-reply.ts writes it to a socket. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A FHIR or JSON tree; null for an empty body. */
  readonly body: unknown;
  /** Set where the body is not FHIR JSON, for instance for /health. */
  readonly contentType?: string;
  /** The code of the Failure behind the answer, for the log. */
  readonly code?: string;
}

/** Seconds after which a sender may repeat a request that can succeed later. */
const RETRY_AFTER_SECONDS = 5;

/** Builds an answer with an OperationOutcome. */
export function buildOutcomeReply(
  status: number,
  issues: readonly OutcomeIssue[],
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers, body: buildOperationOutcome(issues) };
}

function selectFailureHeaders(failure: Failure): Record<string, string> {
  if (failure.code === 'http/unauthenticated') return { 'WWW-Authenticate': 'Bearer realm="fhir"' };
  if (failure.meaning.recovery !== 'retry') return {};
  return { 'Retry-After': String(Math.ceil(failure.retryAfterSeconds ?? RETRY_AFTER_SECONDS)) };
}

/** Builds the answer to a request that a Failure refuses. */
export function buildFailureReply(failure: Failure, headers: Readonly<Record<string, string>> = {}): Reply {
  const allHeaders = { ...selectFailureHeaders(failure), ...headers };
  const reply = buildOutcomeReply(failure.meaning.http, [toOutcomeIssue(failure)], allHeaders);
  return { ...reply, code: failure.code };
}

const INTERNAL_ERROR_ISSUE: OutcomeIssue = {
  severity: 'error',
  code: 'exception',
  detail: 'internal',
  diagnostics: 'An internal error occurred, and was logged. Fix: send the same request again later.',
};

/** Converts an error of body-parser, zlib or the router by its type or status; null where the request is not at fault. */
function toHttpFailure(error: { status?: unknown; type?: unknown }): Failure | null {
  if (error.type === 'entity.too.large') return createTooLargeFailure();
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

/** Creates the refusal of a body that is too large. */
export function createTooLargeFailure(): Failure {
  return new Failure('http/too-large', 'The body is too large.', {
    fix: 'Send a single resource, a smaller Bundle, or NDJSON to /fhir/$ingest.',
  });
}

/** Converts a thrown value to an answer that discloses nothing internal: no message, no stack, nothing of the body. */
export function toErrorReply(cause: unknown): Reply {
  if (cause instanceof Failure) return buildFailureReply(cause);
  const failure = typeof cause === 'object' && cause !== null ? toHttpFailure(cause) : null;
  return failure
    ? buildFailureReply(failure)
    : { ...buildOutcomeReply(500, [INTERNAL_ERROR_ISSUE]), code: 'internal' };
}

/** Whether the failure is the service's way of saying that it has no room or stops: each request shows it, and none is news. */
export const isExpected = (cause: unknown): boolean =>
  cause instanceof Failure && cause.code.startsWith('http/');
