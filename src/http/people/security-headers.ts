import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Creates the headers of everything that a browser shows: nothing but what this service itself delivers is loaded, run, sent
 * to or framed (CSP 3). `/fhir` is for programs, and goes without. `issuer`: to which forms may lead, where people sign in.
 */
export function createSecurityHeaders(publicUrl: string | null, issuer: string | null): RequestHandler {
  const formTargets = issuer === null ? ["'self'"] : ["'self'", new URL(issuer).origin];
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
    strictTransportSecurity: publicUrl?.startsWith('https:') ? { maxAge: 63_072_000 } : false,
    xFrameOptions: { action: 'deny' },
  });
  return (request, response, next) => {
    const { path } = request;
    if (path === '/fhir' || path.startsWith('/fhir/')) next();
    else setHeaders(request, response, next);
  };
}
