import express, { type Response, type Router } from 'express';
import { ASSERTION_ALGORITHMS } from '../../auth/smart/client-assertion.ts';
import type { Reply } from '../reply.ts';
import { sendReply } from '../send-reply.ts';

/** What the adapter publishes about authorisation. */
export interface PublishedAuthorisation {
  /** The origin of the adapter. */
  readonly origin: string;
  listPublicKeys(): readonly Readonly<Record<string, string>>[];
  /** The resource types that senders may be given scopes for, beside the wildcard. */
  readonly types: readonly string[];
}

/** How long the keys may be kept; after a rotation a reader finds a kid that it does not know, and asks again. */
const KEYS_CACHED = 'max-age=300';

const buildJson = (body: unknown, cacheControl: string): Reply => ({
  status: 200,
  headers: { 'Cache-Control': cacheControl },
  body,
  contentType: 'application/json; charset=utf-8',
});

/** Builds the SMART configuration (SMART App Launch 2.2, conformance) of a server that offers Backend Services only. */
function buildSmartConfiguration({ origin, types }: PublishedAuthorisation): object {
  return {
    token_endpoint: `${origin}/auth/token`,
    jwks_uri: `${origin}/.well-known/jwks.json`,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    scopes_supported: [
      'system/*.cud',
      'system/ResearchSubject.cud',
      ...types.map((type) => `system/${type}.cud`),
    ],
    capabilities: ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'],
  };
}

/** Creates the routes below `/.well-known` and `/fhir/.well-known`; the first is what people try, the second what SMART says. */
export function createWellKnownRouter(published: PublishedAuthorisation): Router {
  const router = express.Router({ caseSensitive: true });
  const answer = (response: Response, route: string, reply: Reply) => {
    response.locals.route = route;
    sendReply(response, reply);
  };
  router.get(
    ['/.well-known/smart-configuration', '/fhir/.well-known/smart-configuration'],
    (_request, response) =>
      answer(response, '/.well-known', buildJson(buildSmartConfiguration(published), KEYS_CACHED)),
  );
  router.get('/.well-known/jwks.json', (_request, response) =>
    answer(response, '/.well-known', buildJson({ keys: published.listPublicKeys() }, KEYS_CACHED)),
  );
  return router;
}
