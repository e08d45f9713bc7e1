import express, { type Request, type Response, type Router } from 'express';
import {
  answerTokenRequest,
  createTokenRefusal,
  type TokenEndpoint,
} from '../../auth/smart/token-request.ts';
import { Failure } from '../../errors.ts';
import { isObject } from '../../fhir/resource.ts';
import type { Gate } from '../limits/gate.ts';
import { formatPeer } from '../limits/peer-address.ts';
import { buildFailureReply, type Reply, toErrorReply } from '../reply.ts';
import { sendReply } from '../send-reply.ts';
import type { ReadClientCertificate } from './client-certificate.ts';

/** Tells what became of token requests. */
export interface TokenObserver {
  tokenIssued(event: { readonly site: string; readonly client: string }): void;
  authenticationRefused(event: { readonly route: string; readonly reason: string }): void;
  requestFailed(event: { readonly route: string; readonly error: unknown }): void;
}

/** What the endpoints of authorisation need. */
export interface TokenRouterSettings extends TokenEndpoint {
  readonly readCertificate: ReadClientCertificate;
  readonly observer: TokenObserver;
  readonly gate: Pick<Gate, 'countUnauthenticated'>;
  /** Records a request that got no token; many are recorded together. */
  recordRefusal(refused: { readonly address: string; readonly client: null; readonly reason: string }): void;
}

/** Several times what a request with the longest assertion needs. */
const MAX_BODY_BYTES = 262_144;

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

const JSON_TYPE = 'application/json; charset=utf-8';
/** RFC 6749, section 5.1; `Cache-Control: no-store` is sent with every answer. */
const NO_CACHE = { Pragma: 'no-cache' };

const METHOD_REFUSED = new Failure('http/method-not-allowed', 'A token is requested with POST.', {
  fix: 'Send the parameters as a form in the body of a POST.',
});

const readBytes = express.raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false });

/** Reads the form of a request; a refusal where it is no form, or too large. */
function readForm(request: Request, response: Response): Promise<URLSearchParams | Reply> {
  const buildRefusal = (isTooLarge: boolean) => {
    // Nothing but an assertion can be that long.
    const { status, body } = isTooLarge
      ? createTokenRefusal('invalid_client', 'The request is larger than 256 kB.')
      : createTokenRefusal('invalid_request', 'The body must be application/x-www-form-urlencoded.');
    return { status, body, headers: NO_CACHE, contentType: JSON_TYPE };
  };
  if (!FORM_TYPE.test(request.headers['content-type'] ?? '')) return Promise.resolve(buildRefusal(false));
  return new Promise((resolve) => {
    readBytes(request, response, (error?: unknown) => {
      const bytes: unknown = request.body;
      if (error) resolve(buildRefusal(isObject(error) && error.type === 'entity.too.large'));
      else
        resolve(new URLSearchParams(bytes instanceof Uint8Array ? Buffer.from(bytes).toString('utf8') : ''));
    });
  });
}

/** Creates the token endpoint (`POST /token`). */
export function createTokenRouter(settings: TokenRouterSettings): Router {
  const router = express.Router({ caseSensitive: true });

  async function answer(request: Request, response: Response): Promise<Reply> {
    const form = await readForm(request, response);
    if (!(form instanceof URLSearchParams)) return form;
    // A second way to authenticate (RFC 6749, section 2.3), and the only one is the assertion.
    const { status, body, client, reason } =
      request.headers.authorization === undefined
        ? await answerTokenRequest(form, settings.readCertificate(request), settings)
        : createTokenRefusal(
            'invalid_client',
            'Authenticate with client_assertion, and without Authorization.',
          );
    const reply = { status, body, headers: NO_CACHE, contentType: JSON_TYPE };
    if (client) {
      response.locals.caller = client;
      settings.observer.tokenIssued(client);
      return reply;
    }
    settings.observer.authenticationRefused({ route: '/auth/token', reason: reason ?? 'none' });
    const address = formatPeer(request.socket.remoteAddress);
    settings.recordRefusal({ address, client: null, reason: reason ?? 'none' });
    // A client with a valid assertion is served, however many others its address has sent.
    const tooMany = settings.gate.countUnauthenticated(request);
    if (tooMany)
      return { ...reply, status: 429, headers: { ...buildFailureReply(tooMany).headers, ...NO_CACHE } };
    return status === 401
      ? { ...reply, headers: { ...NO_CACHE, 'WWW-Authenticate': 'Bearer realm="token"' } }
      : reply;
  }

  router.post('/token', async (request, response) => {
    response.locals.route = '/auth/token';
    try {
      sendReply(response, await answer(request, response));
    } catch (cause) {
      settings.observer.requestFailed({ route: '/auth/token', error: cause });
      const reply = toErrorReply(cause);
      response.locals.code = reply.code ?? null;
      sendReply(response, reply);
    }
  });
  router.all('/token', (_request, response) => {
    response.locals.route = '/auth/token';
    sendReply(response, buildFailureReply(METHOD_REFUSED, { Allow: 'POST' }));
  });
  return router;
}
