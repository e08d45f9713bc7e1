import express, { type ErrorRequestHandler, type Express } from 'express';
import { Failure } from '../errors.ts';
import { fhirRouter, type RouterParts } from './fhir/router.ts';
import { failureReply, type Reply, replyTo } from './reply.ts';
import { respond } from './respond.ts';

/** Everything the HTTP doors are made of; nothing else is reachable from them. */
export interface AppParts extends RouterParts {
  ready(): Promise<boolean>;
}

const NOT_FOUND = new Failure('http/not-found', 'There is nothing here.', {
  fix: 'The doors are /fhir, /health and /ready; GET /fhir/metadata tells the rest.',
});

/** RFC 9112 section 3.2: more than one Host header is refused. */
const TWO_HOSTS = new Failure('fhir/malformed', 'The request has more than one Host header.', {
  spec: 'RFC 9112 section 3.2',
  fix: 'Send one.',
});

/** Names and values alternate. */
function hosts(rawHeaders: readonly string[]): number {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
}

function plain(status: number, body: unknown): Reply {
  return { status, headers: {}, body, contentType: 'application/json; charset=utf-8' };
}

/** The service's doors: /fhir, /health (the process runs), /ready (it can take resources in). */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('case sensitive routing', true);
  app.set('query parser', false);
  watch(app, parts);
  app.use((request, response, next) => {
    if (hosts(request.rawHeaders) <= 1) next();
    else respond(response, failureReply(TWO_HOSTS));
  });
  app.get('/health', (_request, response) => {
    response.locals.route = '/health';
    respond(response, plain(200, { status: 'ok' }));
  });
  app.get('/ready', async (_request, response) => {
    response.locals.route = '/ready';
    const ready = await parts.ready().catch(() => false);
    respond(response, plain(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready' }));
  });
  app.use('/fhir', fhirRouter(parts));
  app.use((_request, response) => respond(response, failureReply(NOT_FOUND)));
  app.use(lastResort(parts));
  return app;
}

/** Tells the observer of every request once it is answered, by its route, never by its address. */
function watch(app: Express, parts: AppParts): void {
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
function lastResort(parts: AppParts): ErrorRequestHandler {
  return (error, _request, response, _next) => {
    const reply = replyTo(error);
    if (reply.status >= 500) parts.observer.requestFailed({ route: 'none', error });
    response.locals.code = reply.code ?? null;
    respond(response, reply);
  };
}
