import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import express, { type Request, type Response, type Router } from 'express';
import { Failure } from '../../errors.ts';
import { isObject } from '../../fhir/resource.ts';
import type { Caller } from '../../pipeline/ports.ts';
import { buildFailureReply, type Reply, toErrorReply } from '../reply.ts';
import {
  type BodyLimits,
  createJsonReader,
  type JsonReader,
  readFhirVersion,
  requireNdjson,
} from '../request-body.ts';
import { sendReply } from '../send-reply.ts';
import type { HandlerDependencies, HandlerRequest } from './handler-request.ts';
import { ROUTES, type Route } from './routes.ts';

/** What the router needs beyond what its handlers need. */
export interface RouterDependencies extends HandlerDependencies {
  readonly limits: BodyLimits;
  authenticate(authorization: string | undefined): Caller | null;
  /** Whether anybody may read the CapabilityStatement; false while nobody at all is admitted. */
  readonly isMetadataPublic: boolean;
}

/** A stream that brings nothing for this long is given up. */
const STREAM_IDLE_MS = 30_000;

const NON_HOST_CHARACTER = /[^A-Za-z0-9.:[\]-]/;

function readBaseUrl(request: Request): string {
  const host = request.headers.host ?? '';
  return host === '' || NON_HOST_CHARACTER.test(host) ? '/fhir' : `${request.protocol}://${host}/fhir`;
}

function openNdjsonStream(request: Request): Readable {
  requireNdjson(request);
  request.socket.setTimeout(STREAM_IDLE_MS, () => request.destroy());
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') return request;
  if (encoding !== 'gzip') {
    throw new Failure('http/media-type', 'The Content-Encoding is not supported.', {
      fix: 'Send NDJSON plain or with gzip.',
    });
  }
  const inflated = createGunzip();
  request.pipe(inflated);
  request.once('close', () => {
    if (!request.complete) inflated.destroy(new Error('aborted'));
  });
  inflated.once('close', () => request.unpipe(inflated));
  return inflated;
}

/** A stream that breaks off is the sender's doing: what came before is stored, and sending it again does no harm. */
function toStreamFailure(cause: unknown, request: Request): unknown {
  const code = isObject(cause) ? String(cause.code) : '';
  const broken = (!request.complete && request.destroyed) || code.startsWith('Z_');
  if (cause instanceof Failure || !broken) return cause;
  return new Failure('fhir/malformed', 'The stream broke off.', { fix: 'Send everything again.' });
}

function buildHandlerRequest(
  request: Request,
  caller: Caller,
  body: unknown,
  stream: Readable | null,
): HandlerRequest {
  const mark = request.originalUrl.indexOf('?');
  const params = Object.entries(request.params).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return {
    caller,
    params: Object.fromEntries(params),
    query: mark < 0 ? '' : request.originalUrl.slice(mark + 1),
    getHeader: (name) => request.get(name) ?? null,
    fhirVersion: readFhirVersion(request) ?? '4.0',
    body,
    stream,
    base: readBaseUrl(request),
  };
}

type BodyReaders = Readonly<Record<'resource' | 'bundle', JsonReader>>;

async function runRoute(
  route: Route,
  parts: RouterDependencies,
  readers: BodyReaders,
  request: Request,
  response: Response,
): Promise<Reply> {
  const caller: Caller = response.locals.caller;
  const stream = route.body === 'stream' ? openNdjsonStream(request) : null;
  const reads = route.body === 'resource' || route.body === 'bundle';
  const body = reads ? await readers[route.body as 'resource' | 'bundle'](request, response) : undefined;
  try {
    return await route.handle(buildHandlerRequest(request, caller, body, stream), parts);
  } catch (cause) {
    throw stream ? toStreamFailure(cause, request) : cause;
  } finally {
    if (stream) request.socket.setTimeout(0);
  }
}

/** Everything below /fhir. Who is not admitted learns nothing else, and his body is not read. */
export function createFhirRouter(parts: RouterDependencies): Router {
  const router = express.Router({ caseSensitive: true });
  const readers = {
    resource: createJsonReader(parts.limits.resourceBytes),
    bundle: createJsonReader(parts.limits.bundleBytes),
  };
  router.use((request, response, next) => {
    const open = parts.isMetadataPublic && request.method === 'GET' && request.path === '/metadata';
    const caller = parts.authenticate(request.headers.authorization) ?? (open ? ANONYMOUS_CALLER : null);
    if (!caller) {
      response.locals.route = '/fhir';
      finishResponse(response, buildFailureReply(UNAUTHENTICATED));
      return;
    }
    response.locals.caller = caller;
    next();
  });
  for (const route of ROUTES) {
    router[route.method](route.path, async (request, response) => {
      response.locals.route = `/fhir${route.path}`;
      try {
        finishResponse(response, await runRoute(route, parts, readers, request, response));
      } catch (cause) {
        const reply = toErrorReply(cause);
        if (reply.status >= 500) parts.observer.requestFailed({ route: route.path, error: cause });
        finishResponse(response, reply);
      }
    });
  }
  refuseOtherMethods(router);
  return router;
}

function finishResponse(response: Response, reply: Reply): void {
  response.locals.code = reply.code ?? null;
  sendReply(response, reply);
}

/** Who reads the CapabilityStatement without a token: a client must be able to learn how to get one (FHIR R4 http). */
const ANONYMOUS_CALLER: Caller = { client: 'anybody', site: 'none' };

const UNAUTHENTICATED = new Failure('http/unauthenticated', 'The call is not admitted.', {
  fix: 'Send Authorization: Bearer with a token that the adapter was configured with.',
});

/** A path that exists under another method: 405 with Allow, so that a client need not guess. */
function refuseOtherMethods(router: Router): void {
  const failure = new Failure('http/method-not-allowed', 'This method is not offered here.', {
    fix: 'Ask GET /fhir/metadata what is offered.',
  });
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    const allow = ROUTES.filter((route) => route.path === path).map((route) => route.method.toUpperCase());
    router.all(path, (_request, response) => {
      response.locals.route = `/fhir${path}`;
      finishResponse(response, buildFailureReply(failure, { Allow: allow.join(', ') }));
    });
  }
}
