import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import express, { type Request, type Response, type Router } from 'express';
import { Failure } from '../../errors.ts';
import { isObject } from '../../fhir/resource.ts';
import type { Caller } from '../../pipeline/doors.ts';
import { fhirVersionOf, jsonReader, type Limits, type ReadJson, requireNdjson } from '../body.ts';
import { failureReply, type Reply, replyTo } from '../reply.ts';
import { respond } from '../respond.ts';
import type { Exchange, FhirParts } from './exchange.ts';
import { ROUTES, type Route } from './routes.ts';

/** What the router needs beyond what its handlers need. */
export interface RouterParts extends FhirParts {
  readonly limits: Limits;
  authenticate(authorization: string | undefined): Caller | null;
  /** Whether anybody may read the CapabilityStatement; false while nobody at all is admitted. */
  readonly openMetadata: boolean;
}

/** A stream that brings nothing for this long is given up. */
const IDLE_MS = 30_000;

const NOT_A_HOST = /[^A-Za-z0-9.:[\]-]/;

function baseOf(request: Request): string {
  const host = request.headers.host ?? '';
  return host === '' || NOT_A_HOST.test(host) ? '/fhir' : `${request.protocol}://${host}/fhir`;
}

function streamOf(request: Request): Readable {
  requireNdjson(request);
  request.socket.setTimeout(IDLE_MS, () => request.destroy());
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
function brokenStream(cause: unknown, request: Request): unknown {
  const code = isObject(cause) ? String(cause.code) : '';
  const broken = (!request.complete && request.destroyed) || code.startsWith('Z_');
  if (cause instanceof Failure || !broken) return cause;
  return new Failure('fhir/malformed', 'The stream broke off.', { fix: 'Send everything again.' });
}

function exchangeOf(request: Request, caller: Caller, body: unknown, stream: Readable | null): Exchange {
  const mark = request.originalUrl.indexOf('?');
  const params = Object.entries(request.params).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return {
    caller,
    params: Object.fromEntries(params),
    query: mark < 0 ? '' : request.originalUrl.slice(mark + 1),
    header: (name) => request.get(name) ?? null,
    fhirVersion: fhirVersionOf(request) ?? '4.0',
    body,
    stream,
    base: baseOf(request),
  };
}

type Readers = Readonly<Record<'resource' | 'bundle', ReadJson>>;

async function answer(
  route: Route,
  parts: RouterParts,
  readers: Readers,
  request: Request,
  response: Response,
): Promise<Reply> {
  const caller: Caller = response.locals.caller;
  const stream = route.body === 'stream' ? streamOf(request) : null;
  const reads = route.body === 'resource' || route.body === 'bundle';
  const body = reads ? await readers[route.body as 'resource' | 'bundle'](request, response) : undefined;
  try {
    return await route.handle(exchangeOf(request, caller, body, stream), parts);
  } catch (cause) {
    throw stream ? brokenStream(cause, request) : cause;
  } finally {
    if (stream) request.socket.setTimeout(0);
  }
}

/** Everything below /fhir. Who is not admitted learns nothing else, and his body is not read. */
export function fhirRouter(parts: RouterParts): Router {
  const router = express.Router({ caseSensitive: true });
  const readers = {
    resource: jsonReader(parts.limits.resourceBytes),
    bundle: jsonReader(parts.limits.bundleBytes),
  };
  router.use((request, response, next) => {
    const open = parts.openMetadata && request.method === 'GET' && request.path === '/metadata';
    const caller = parts.authenticate(request.headers.authorization) ?? (open ? ANYBODY : null);
    if (!caller) {
      response.locals.route = '/fhir';
      finish(response, failureReply(UNAUTHENTICATED));
      return;
    }
    response.locals.caller = caller;
    next();
  });
  for (const route of ROUTES) {
    router[route.method](route.path, async (request, response) => {
      response.locals.route = `/fhir${route.path}`;
      try {
        finish(response, await answer(route, parts, readers, request, response));
      } catch (cause) {
        const reply = replyTo(cause);
        if (reply.status >= 500) parts.observer.requestFailed({ route: route.path, error: cause });
        finish(response, reply);
      }
    });
  }
  refuseOtherMethods(router);
  return router;
}

function finish(response: Response, reply: Reply): void {
  response.locals.code = reply.code ?? null;
  respond(response, reply);
}

/** Who reads the CapabilityStatement without a token: a client must be able to learn how to get one (FHIR R4 http). */
const ANYBODY: Caller = { client: 'anybody', site: 'none' };

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
      finish(response, failureReply(failure, { Allow: allow.join(', ') }));
    });
  }
}
