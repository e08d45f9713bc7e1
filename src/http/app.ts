import { TLSSocket } from 'node:tls';
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { TokenEndpoint } from '../auth/smart/token-request.ts';
import { Failure } from '../errors.ts';
import { createTokenRouter, type TokenObserver } from './auth/token-router.ts';
import { createWellKnownRouter, type PublishedAuthorisation } from './auth/well-known.ts';
import { createFhirRouter, type RouterDependencies } from './fhir/router.ts';
import type { PeopleDoors } from './people/people-router.ts';
import { createSecurityHeaders } from './people/security-headers.ts';
import { buildFailureReply, type Reply, toErrorReply } from './reply.ts';
import { determineRequestId, writeCommonHeaders } from './response-headers.ts';
import { sendReply } from './send-reply.ts';

/** Everything that HTTP requests can reach. */
interface AppDependencies extends RouterDependencies {
  isReady(): Promise<boolean>;
  /** The token endpoint and what is published about it; null where no client asks for tokens. */
  readonly smart: { readonly endpoint: TokenEndpoint; readonly published: PublishedAuthorisation } | null;
  readonly observer: RouterDependencies['observer'] & TokenObserver;
  /** The doors of people; null where nobody can sign in. */
  readonly people?: PeopleDoors | null;
}

const NOT_FOUND = new Failure('http/not-found', 'There is nothing at this path.', {
  fix: 'Use /fhir, /health or /ready; GET /fhir/metadata describes /fhir.',
});

/**
 * Headers of which a request has at most one. Where there are two, Node keeps the first, and a proxy before it may have read
 * the other: two senders, or two credentials, would be one request.
 */
const SINGLE_HEADERS: ReadonlyMap<string, string> = new Map([
  ['host', 'RFC 9112 section 3.2'],
  ['authorization', 'RFC 9110 sections 5.3 and 11.6.2'],
]);

/** Finds a header that must not be repeated and is; null where there is none. In `rawHeaders` names and values alternate. */
function findRepeatedHeader(rawHeaders: readonly string[]): string | null {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (seen.has(name)) return name;
    if (SINGLE_HEADERS.has(name)) seen.add(name);
  }
  return null;
}

function createRepeatedHeaderFailure(name: string): Failure {
  return new Failure('fhir/malformed', 'The request has a header twice that it may have once.', {
    at: name,
    spec: SINGLE_HEADERS.get(name) ?? 'RFC 9110',
    fix: 'Send it once.',
  });
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
  nameRequests(app, dependencies);
  observeRequests(app, dependencies);
  if (dependencies.people) app.use(createSecurityHeaders(dependencies.people));
  app.use((request, response, next) => {
    const repeated = findRepeatedHeader(request.rawHeaders);
    if (repeated === null) next();
    else sendReply(response, buildFailureReply(createRepeatedHeaderFailure(repeated)));
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
  addAuthorisation(app, dependencies);
  app.use('/fhir', createFhirRouter(dependencies));
  addPeople(app, dependencies);
  app.use((request, response) => {
    const failure = dependencies.gate.countUnauthenticated(request) ?? NOT_FOUND;
    sendReply(response, buildFailureReply(failure));
  });
  app.use(createErrorHandler(dependencies));
  return app;
}

/** Serves the doors of people, where somebody can sign in. An address has a limited number of requests to them. */
function addPeople(app: Express, { people, gate, observer }: AppDependencies): void {
  if (!people) return;
  app.use(['/auth', '/api'], (request, response, next) => {
    const failure = gate.countUnauthenticated(request);
    if (failure === null) next();
    else sendReply(response, buildFailureReply(failure));
  });
  app.use(people.createRouter(observer));
}

/** Gives each request its id, and its answer the headers that every answer has. */
function nameRequests(app: Express, { base }: AppDependencies): void {
  app.use((request, response, next) => {
    const requestId = determineRequestId(request);
    response.locals.requestId = requestId;
    const isEncrypted = request.socket instanceof TLSSocket || base().startsWith('https:');
    writeCommonHeaders(response, requestId, isEncrypted);
    next();
  });
}

/** Serves the token endpoint, and what clients and readers of tokens look up; before /fhir, since nobody has a token yet. */
function addAuthorisation(app: Express, dependencies: AppDependencies): void {
  const { smart, readCertificate, observer, gate, recordRefusal } = dependencies;
  if (!smart) return;
  app.use(createWellKnownRouter(smart.published));
  app.use('/auth', createTokenRouter({ ...smart.endpoint, readCertificate, observer, gate, recordRefusal }));
}

/** Reports every answered request to the observer, by its route and never by its URL. */
function observeRequests(app: Express, { observer }: AppDependencies): void {
  app.use((request, response, next) => {
    const started = performance.now();
    response.once('close', () => {
      const { route, caller, code, requestId } = response.locals;
      observer.requestAnswered({
        method: request.method,
        route: route ?? 'none',
        status: response.statusCode,
        ms: Math.round(performance.now() - started),
        site: caller?.site ?? null,
        client: caller?.client ?? null,
        code: code ?? null,
        requestId,
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
