import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { PeopleDoors } from './people-router.ts';

/**
 * Creates the headers of everything that a browser shows: nothing but what this service itself delivers is loaded, run, sent
 * to or framed (CSP 3). `/fhir` is for programs: its answers may load nothing at all (response-headers.ts). `issuer`: to which forms may lead, where people sign in.
 */
export function createSecurityHeaders({
  publicUrl,
  issuer,
}: Pick<PeopleDoors, 'publicUrl' | 'issuer'>): RequestHandler {
  const formTargets = ["'self'", new URL(issuer).origin];
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: formTargets,
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: publicUrl.startsWith('https:') ? { maxAge: 63_072_000 } : false,
    xFrameOptions: { action: 'deny' },
  });
  return (request, response, next) => {
    const { path } = request;
    if (path === '/fhir' || path.startsWith('/fhir/')) next();
    else setHeaders(request, response, next);
  };
}
