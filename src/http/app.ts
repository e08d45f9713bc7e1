import express, { type ErrorRequestHandler, type Express } from 'express';
import { Failure } from '../errors.ts';
import { createFhirRouter, type RouterDependencies } from './fhir/router.ts';
import { buildFailureReply, type Reply, toErrorReply } from './reply.ts';
import { sendReply } from './send-reply.ts';

/** Everything the HTTP doors are made of; nothing else is reachable from them. */
export interface AppDependencies extends RouterDependencies {
  isReady(): Promise<boolean>;
}

const NOT_FOUND = new Failure('http/not-found', 'There is nothing here.', {
  fix: 'The doors are /fhir, /health and /ready; GET /fhir/metadata tells the rest.',
});

/** RFC 9112 section 3.2: more than one Host header is refused. */
const MULTIPLE_HOSTS = new Failure('fhir/malformed', 'The request has more than one Host header.', {
  spec: 'RFC 9112 section 3.2',
  fix: 'Send one.',
});

/** Names and values alternate. */
function countHostHeaders(rawHeaders: readonly string[]): number {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
}

function buildJsonReply(status: number, body: unknown): Reply {
  return { status, headers: {}, body, contentType: 'application/json; charset=utf-8' };
}

/** The service's doors: /fhir, /health (the process runs), /ready (it can take resources in). */
export function createApp(parts: AppDependencies): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('case sensitive routing', true);
  app.set('query parser', false);
  observeRequests(app, parts);
  app.use((request, response, next) => {
    if (countHostHeaders(request.rawHeaders) <= 1) next();
    else sendReply(response, buildFailureReply(MULTIPLE_HOSTS));
  });
  app.get('/health', (_request, response) => {
    response.locals.route = '/health';
    sendReply(response, buildJsonReply(200, { status: 'ok' }));
  });
  app.get('/ready', async (_request, response) => {
    response.locals.route = '/ready';
    const ready = await parts.isReady().catch(() => false);
    sendReply(response, buildJsonReply(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready' }));
  });
  app.use('/fhir', createFhirRouter(parts));
  app.use((_request, response) => sendReply(response, buildFailureReply(NOT_FOUND)));
  app.use(createErrorHandler(parts));
  return app;
}

/** Tells the observer of every request once it is answered, by its route, never by its address. */
function observeRequests(app: Express, parts: AppDependencies): void {
  app.use((request, response, next) => {
    const started = performance.now();
    response.once('close', () => {
      const { route, caller, code } = response.locals;
      parts.observer.requestAnswered({
        method: request.method,
        route: route ?? 'none',
        status: response.statusCode,
        ms: Math.round(performance.now() - started),
        site: caller?.site ?? null,
        client: caller?.client ?? null,
        code: code ?? null,
      });
    });
    next();
  });
}

/** What the router itself throws, such as for a path that is not UTF-8. */
function createErrorHandler(parts: AppDependencies): ErrorRequestHandler {
  return (error, _request, response, _next) => {
    const reply = toErrorReply(error);
    if (reply.status >= 500) parts.observer.requestFailed({ route: 'none', error });
    response.locals.code = reply.code ?? null;
    sendReply(response, reply);
  };
}
