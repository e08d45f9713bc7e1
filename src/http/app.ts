import express, { type ErrorRequestHandler, type Express } from 'express';
import { Failure } from '../errors.ts';
import { createFhirRouter, type RouterDependencies } from './fhir/router.ts';
import type { PeopleDoors } from './people/people-router.ts';
import { createSecurityHeaders } from './people/security-headers.ts';
import { buildFailureReply, type Reply, toErrorReply } from './reply.ts';
import { sendReply } from './send-reply.ts';

/** Everything that HTTP requests can reach. */
interface AppDependencies extends RouterDependencies {
  isReady(): Promise<boolean>;
  /** The doors of people; null where nobody can sign in. */
  readonly people?: PeopleDoors | null;
}

const NOT_FOUND = new Failure('http/not-found', 'There is nothing at this path.', {
  fix: 'Use /fhir, /health or /ready; GET /fhir/metadata describes /fhir.',
});

/** RFC 9112 section 3.2: a request with more than one Host header is refused. */
const MULTIPLE_HOSTS = new Failure('fhir/malformed', 'The request has more than one Host header.', {
  spec: 'RFC 9112 section 3.2',
  fix: 'Send one Host header.',
});

/** Counts the Host headers; in `rawHeaders` names and values alternate. */
function countHostHeaders(rawHeaders: readonly string[]): number {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
}

function buildJsonReply(status: number, body: unknown): Reply {
  return { status, headers: {}, body, contentType: 'application/json; charset=utf-8' };
}

/** Creates the app that serves /fhir, /health (the process runs) and /ready (it can store resources). */
export function createApp(dependencies: AppDependencies): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('case sensitive routing', true);
  app.set('query parser', false);
  observeRequests(app, dependencies);
  app.use(createSecurityHeaders(dependencies.people?.publicUrl ?? null, dependencies.people?.issuer ?? null));
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
    const isReady = await dependencies.isReady().catch(() => false);
    sendReply(response, buildJsonReply(isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready' }));
  });
  app.use('/fhir', createFhirRouter(dependencies));
  if (dependencies.people) app.use(dependencies.people.createRouter(dependencies.observer));
  app.use((_request, response) => sendReply(response, buildFailureReply(NOT_FOUND)));
  app.use(createErrorHandler(dependencies));
  return app;
}

/** Reports every answered request to the observer, by its route and never by its URL. */
function observeRequests(app: Express, { observer }: AppDependencies): void {
  app.use((request, response, next) => {
    const started = performance.now();
    response.once('close', () => {
      const { route, caller, code } = response.locals;
      observer.requestAnswered({
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

/** Creates the handler of errors that the router itself throws, for instance for a path that is not UTF-8. */
function createErrorHandler({ observer }: AppDependencies): ErrorRequestHandler {
  return (error, _request, response, _next) => {
    const reply = toErrorReply(error);
    if (reply.status >= 500) observer.requestFailed({ route: 'none', error });
    response.locals.code = reply.code ?? null;
    sendReply(response, reply);
  };
}
