import express, { type Request, type Router } from 'express';
import type { PersonSessions } from '../../auth/people/sessions.ts';
import type { SignIn } from '../../auth/people/sign-in.ts';
import { ATTEMPT_SECONDS, SIGNED_IN_PATH } from '../../auth/people/sign-in-terms.ts';
import { Failure } from '../../errors.ts';
import type { PersonCookies } from './cookies.ts';
import type { PersonGuards } from './guards.ts';
import { createPersonHandler } from './handle.ts';
import { buildJsonAnswer } from './problem-reply.ts';

/** What the routes under /auth need. */
export interface AuthRouteParts {
  readonly signIn: SignIn;
  readonly sessions: PersonSessions;
  readonly cookies: PersonCookies;
  readonly guards: PersonGuards;
  readonly publicUrl: string;
  readonly stepUpMinutes: number;
  readonly observer: Parameters<typeof createPersonHandler>[1];
}

/** Where a person is taken who did not come from a page. */
const HOME = '/auth/session';

/** Returns the query of a request, with `?`; empty without one. */
const readQuery = ({ originalUrl }: Request): string => {
  const at = originalUrl.indexOf('?');
  return at < 0 ? '' : originalUrl.slice(at);
};

/** Selects the path to return to. Another host, however it is written, is none: a link must not lead elsewhere. */
export function selectReturnPath(named: string | null, publicUrl: string): string {
  if (named === null || !named.startsWith('/') || !URL.canParse(named, publicUrl)) return HOME;
  const { origin, pathname, search, hash } = new URL(named, publicUrl);
  return origin === new URL(publicUrl).origin && !pathname.startsWith('//')
    ? `${pathname}${search}${hash}`
    : HOME;
}

const buildRedirect = (url: string) => ({ status: 303, headers: { Location: url }, body: null });

/** Creates the routes under /auth: signing in and out, and who is signed in. */
export function createAuthRoutes(parts: AuthRouteParts): Router {
  const { signIn, sessions, cookies, guards, publicUrl, stepUpMinutes, observer } = parts;
  const router = express.Router({ caseSensitive: true, strict: true });
  router.get(
    '/auth/sign-in',
    createPersonHandler('/auth/sign-in', observer, async (request, response) => {
      const query = new URLSearchParams(readQuery(request));
      const returnTo = selectReturnPath(query.get('return-to'), publicUrl);
      const { url, sealed } = await signIn.begin(returnTo, query.has('step-up'));
      cookies.attempt.set(response, sealed, ATTEMPT_SECONDS);
      return buildRedirect(url);
    }),
  );
  router.get(
    SIGNED_IN_PATH,
    createPersonHandler(SIGNED_IN_PATH, observer, async (request, response) => {
      const sealed = cookies.attempt.read(request);
      // It is good for one answer.
      cookies.attempt.clear(response);
      const { person, returnTo } = await signIn.complete(readQuery(request), sealed);
      const { id } = await sessions.start(person, cookies.session.read(request));
      cookies.session.set(response, id, null);
      return buildRedirect(returnTo);
    }),
  );
  router.get(
    '/auth/session',
    createPersonHandler('/auth/session', observer, async (request, response) => {
      const session = await guards.requireSession(request);
      const { name, roles, sites, authenticatedAt, expiresAt } = session;
      const signUntil = new Date(Date.parse(authenticatedAt) + stepUpMinutes * 60_000).toISOString();
      const csrfToken = guards.createToken(request, response);
      return buildJsonAnswer(200, { name, roles, sites, authenticatedAt, signUntil, expiresAt, csrfToken });
    }),
  );
  router.post(
    '/auth/sign-out',
    ...guards.refuseOtherPages,
    createPersonHandler('/auth/sign-out', observer, async (request, response) => {
      const id = cookies.session.read(request);
      if (id !== undefined) await sessions.end({ id });
      cookies.session.clear(response);
      // The session has ended whether or not the issuer can be reached.
      const signOut = await signIn.findSignOutUrl().catch(() => null);
      return buildJsonAnswer(200, { signedOut: true, issuerSignOut: signOut });
    }),
  );
  router.post(
    '/auth/back-channel-logout',
    express.urlencoded({ extended: false, limit: '32kb', parameterLimit: 4 }),
    createPersonHandler('/auth/back-channel-logout', observer, async (request) => {
      const { logout_token: token }: Readonly<Record<string, unknown>> = { ...request.body };
      if (typeof token !== 'string')
        throw new Failure('people/malformed', 'There is no logout_token.', {
          fix: 'Send it as a form field.',
        });
      await sessions.end(await signIn.readLogoutNotice(token));
      return buildJsonAnswer(200, { loggedOut: true });
    }),
  );
  return router;
}
