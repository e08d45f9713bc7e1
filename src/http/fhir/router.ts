import express, { type Request, type Response, type Router } from 'express';
import { type AuditOrigin, runAs } from '../../audit/audit-origin.ts';
import type { Authenticate } from '../../auth/authenticate.ts';
import type { Principal } from '../../auth/principal.ts';
import { Failure } from '../../errors.ts';
import { isObject } from '../../fhir/resource.ts';
import { buildAuthenticationReply } from '../auth/challenge.ts';
import type { ReadClientCertificate } from '../auth/client-certificate.ts';
import { limitInteractions } from '../auth/limit-interactions.ts';
import { type BodySignature, checkRouteRight, createBodyCheck } from '../auth/route-rights.ts';
import type { AdmittedRequest } from '../limits/admission.ts';
import type { Gate } from '../limits/gate.ts';
import { formatPeer } from '../limits/peer-address.ts';
import { openNdjsonBody } from '../ndjson-body.ts';
import { buildFailureReply, isExpected, type Reply, toErrorReply } from '../reply.ts';
import { type BodyLimits, createJsonReader, type JsonReader, readFhirVersion } from '../request-body.ts';
import { sendReply } from '../send-reply.ts';
import type { HandlerDependencies, HandlerRequest, Route } from './route.ts';
import { ROUTES } from './routes.ts';

/** Everything that the router and its handlers need. */
export interface RouterDependencies extends HandlerDependencies {
  readonly gate: Gate;
  readonly limits: BodyLimits;
  readonly authenticate: Authenticate;
  readonly readCertificate: ReadClientCertificate;
  /**
   * The base of /fhir, as senders address it: from the configuration or the address that is listened on, never from the Host
   * header, which anybody can write.
   */
  readonly base: () => string;
  /** Records a request that was not admitted; many are recorded together. */
  recordRefusal(refused: {
    readonly address: string;
    readonly client: string | null;
    readonly reason: string;
  }): void;
  /** Whether the CapabilityStatement may be read without a token; false while no client is configured. */
  readonly isMetadataPublic: boolean;
}

const RETURN_MINIMAL = /\breturn\s*=\s*"?minimal\b/i;

/** Converts the error of an interrupted stream to a refusal. Lines before it are stored; sending them again is harmless. */
function toStreamFailure(cause: unknown, request: Request): unknown {
  const code = isObject(cause) ? String(cause.code) : '';
  const isInterrupted = (!request.complete && request.destroyed) || code.startsWith('Z_');
  if (cause instanceof Failure || !isInterrupted) return cause;
  return new Failure('fhir/malformed', 'The stream was interrupted.', {
    fix: 'Send the whole stream again.',
  });
}

function buildHandlerRequest(
  request: Request,
  caller: Principal,
  body: unknown,
  chunks: HandlerRequest['chunks'],
  base: string,
): HandlerRequest {
  const queryStart = request.originalUrl.indexOf('?');
  const { type = '', id } = request.params;
  const isCreate = request.method === 'POST';
  return {
    caller,
    type: String(type),
    id: id === undefined ? null : String(id),
    query: queryStart < 0 ? null : request.originalUrl.slice(queryStart + 1),
    ifNoneExist: isCreate ? (request.get('if-none-exist') ?? null) : null,
    ifMatch: isCreate ? null : (request.get('if-match') ?? null),
    prefersMinimal: RETURN_MINIMAL.test(request.get('prefer') ?? ''),
    fhirVersion: readFhirVersion(request) ?? '4.0',
    body,
    chunks,
    base,
  };
}

/** Who acts in a request, for the audit trail. */
function buildOrigin({ socket }: Request, { locals }: Response): AuditOrigin {
  const { client, method }: Principal = locals.caller;
  const network = socket.remoteAddress ?? 'unknown';
  return { actor: client, kind: 'client', how: method, request: locals.requestId, network };
}

type BodyReaders = Readonly<Record<'resource' | 'bundle', JsonReader>>;

/** Decides before the body is read whether there is room for the request. A request without a body is read already. */
function acceptRequest(
  { body }: Route,
  { gate, limits }: RouterDependencies,
  caller: Principal,
  request: Request,
): AdmittedRequest {
  if (body === 'stream') return gate.admitStream(caller);
  const limit = { none: 0, resource: limits.resourceBytes, bundle: limits.bundleBytes }[body];
  return gate.admit(caller, request, limit);
}

async function runRoute(
  route: Route,
  dependencies: RouterDependencies,
  readers: BodyReaders,
  request: Request,
  response: Response,
): Promise<Reply> {
  const caller: Principal = response.locals.caller;
  const admitted = acceptRequest(route, dependencies, caller, request);
  try {
    return await runAdmittedRoute(route, dependencies, readers, request, response, admitted);
  } finally {
    admitted.end();
  }
}

async function runAdmittedRoute(
  route: Route,
  dependencies: RouterDependencies,
  readers: BodyReaders,
  request: Request,
  response: Response,
  admitted: AdmittedRequest,
): Promise<Reply> {
  const caller: Principal = response.locals.caller;
  const hmac: BodySignature | null = response.locals.hmac ?? null;
  const checkBytes = createBodyCheck(route, hmac, request, dependencies.now());
  const ndjson = route.body === 'stream' ? openNdjsonBody(request, dependencies.stopping) : null;
  const body =
    route.body === 'resource' || route.body === 'bundle'
      ? await readers[route.body](request, response, checkBytes)
      : undefined;
  admitted.beginWork();
  try {
    const handlerRequest = buildHandlerRequest(
      request,
      caller,
      body,
      ndjson?.chunks ?? null,
      dependencies.base(),
    );
    const accept = limitInteractions(dependencies.accept, caller);
    return await runAs(buildOrigin(request, response), () =>
      route.handle(handlerRequest, { ...dependencies, accept }),
    );
  } catch (cause) {
    throw ndjson ? toStreamFailure(cause, request) : cause;
  } finally {
    ndjson?.close();
  }
}

/** Creates the router below /fhir. A request without a valid token is refused before its body is read. */
export function createFhirRouter(dependencies: RouterDependencies): Router {
  const router = express.Router({ caseSensitive: true });
  requireAuthentication(router, dependencies);
  addRoutes(router, dependencies);
  refuseOtherMethods(router);
  return router;
}

function finishResponse(response: Response, reply: Reply): void {
  response.locals.code = reply.code ?? null;
  sendReply(response, reply);
}

/** The caller of a request for the CapabilityStatement without a token, which FHIR R4 http allows. */
const ANONYMOUS_CALLER: Principal = {
  client: 'anybody',
  site: 'none',
  scopes: [],
  method: 'none',
  keyThumbprint: null,
};

function requireAuthentication(router: Router, dependencies: RouterDependencies): void {
  const { authenticate, readCertificate, isMetadataPublic, gate, recordRefusal } = dependencies;
  router.use(async (request, response, next) => {
    const isPublic = isMetadataPublic && request.method === 'GET' && request.path === '/metadata';
    const authentication = await authenticate({
      authorization: request.headersDistinct.authorization ?? [],
      certificateSha256: readCertificate(request),
    });
    if ('principal' in authentication) {
      response.locals.caller = authentication.principal;
      response.locals.hmac = authentication.hmac;
      next();
      return;
    }
    const tooMany = gate.countUnauthenticated(request);
    if (tooMany || !isPublic) {
      response.locals.route = '/fhir';
      const { refusal } = authentication;
      const address = formatPeer(request.socket.remoteAddress);
      recordRefusal({ address, client: null, reason: tooMany?.code ?? refusal });
      dependencies.observer.authenticationRefused({ route: '/fhir', reason: refusal });
      finishResponse(response, tooMany ? buildFailureReply(tooMany) : buildAuthenticationReply(refusal));
      return;
    }
    response.locals.caller = ANONYMOUS_CALLER;
    next();
  });
}

function addRoutes(router: Router, dependencies: RouterDependencies): void {
  const readers = {
    resource: createJsonReader(dependencies.limits.resourceBytes, dependencies.stopping),
    bundle: createJsonReader(dependencies.limits.bundleBytes, dependencies.stopping),
  };
  for (const route of ROUTES) {
    router[route.method](route.path, async (request, response) => {
      response.locals.route = `/fhir${route.path}`;
      const refusal = checkRouteRight(route, response.locals.caller, String(request.params.type ?? ''));
      if (refusal) {
        const { client } = response.locals.caller as Principal;
        const address = formatPeer(request.socket.remoteAddress);
        dependencies.recordRefusal({ address, client, reason: 'insufficient_scope' });
        finishResponse(response, refusal);
        return;
      }
      try {
        finishResponse(response, await runRoute(route, dependencies, readers, request, response));
      } catch (cause) {
        const reply = toErrorReply(cause);
        if (reply.status >= 500 && !isExpected(cause))
          dependencies.observer.requestFailed({ route: route.path, error: cause });
        finishResponse(response, reply);
      }
    });
  }
}

/** Answers 405 where the path exists for other methods, which the header Allow lists. */
function refuseOtherMethods(router: Router): void {
  const refused = new Failure('http/method-not-allowed', 'This method is not supported here.', {
    fix: 'See GET /fhir/metadata for the supported interactions.',
  });
  const unreadable = new Failure('http/method-not-allowed', 'Resources cannot be read or searched here.', {
    fix: 'Read them where they were sent from; the answer to each sent resource states what became of it.',
  });
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    const allow = ROUTES.filter((route) => route.path === path).map((route) => route.method.toUpperCase());
    router.all(path, (request, response) => {
      response.locals.route = `/fhir${path}`;
      const failure = request.method === 'GET' || request.method === 'HEAD' ? unreadable : refused;
      finishResponse(response, buildFailureReply(failure, { Allow: allow.join(', ') }));
    });
  }
}
