import type { IncomingMessage } from 'node:http';
import { hasValidBodySignature } from '../../auth/body-signature.ts';
import type { Principal } from '../../auth/principal.ts';
import { isPermitted, mayWrite } from '../../auth/scopes.ts';
import { Failure } from '../../errors.ts';
import type { Route } from '../fhir/route.ts';
import type { Reply } from '../reply.ts';
import { buildScopeReply } from './challenge.ts';
import { createScopeFailure } from './limit-interactions.ts';

/** How the bodies of a client are signed. */
export interface BodySignature {
  readonly scheme: 'x-signature' | 'standard-webhooks';
  readonly secret: string;
}

/** A type as FHIR writes one; anything else is not repeated in an answer's header. */
const TYPE_PATTERN = /^[A-Z][A-Za-z]{1,63}$/;

/** Builds the refusal of a route that the principal may not use, before anything of the body is read; null where they may. */
export function checkRouteRight({ needs }: Route, { scopes }: Principal, type: string): Reply | null {
  if (needs === 'nothing') return null;
  if (needs === 'write') return mayWrite(scopes) ? null : buildScopeReply(createScopeFailure(''), null);
  if (isPermitted(scopes, type, needs)) return null;
  return buildScopeReply(
    createScopeFailure(type),
    TYPE_PATTERN.test(type) ? `system/${type}.${needs}` : null,
  );
}

/**
 * Creates the check of a body's signature; undefined where the client signs none. Throws `http/unauthenticated` where a request
 * without a body is not signed, and `http/forbidden` for a stream: it takes effect before its end, and its signature, are there.
 */
export function createBodyCheck(
  { body, needs }: Route,
  signature: BodySignature | null,
  request: IncomingMessage,
  now: Date,
): ((bytes: Uint8Array) => void) | undefined {
  if (signature === null || needs === 'nothing') return undefined;
  if (body === 'stream') {
    throw new Failure(
      'http/forbidden',
      'The client must sign what it sends, and a stream cannot be signed.',
      {
        fix: 'Send a Bundle, or use a client without hmac.',
      },
    );
  }
  const readHeader = (name: string) => {
    const values = request.headersDistinct[name];
    return values?.length === 1 ? values[0] : undefined;
  };
  const check = (bytes: Uint8Array) => {
    if (hasValidBodySignature(signature, bytes, readHeader, now)) return;
    throw new Failure('http/unauthenticated', 'The body is not signed as it must be for this client.', {
      fix: 'Sign the bytes of the body with the secret that is configured, and check the clock.',
    });
  };
  if (body === 'none') check(new Uint8Array());
  return check;
}
