import { doubleCsrf } from 'csrf-csrf';
import type { Request, RequestHandler, Response } from 'express';
import { hasRight, type PersonRight } from '../../auth/people/rights.ts';
import type { PersonSessions, StoredSession } from '../../auth/people/sessions.ts';
import { Failure } from '../../errors.ts';
import { type PersonCookies, parseCookies } from './cookies.ts';

/** What the routes of people ask before they do anything. */
export interface PersonGuards {
  /** Returns the session of the request. Throws `people/not-signed-in`. */
  requireSession(request: Request): Promise<StoredSession>;
  /** Returns the session of somebody who has the right at some site. Throws `people/forbidden` too. */
  requireRight(request: Request, right: PersonRight): Promise<StoredSession>;
  /** Does the same for a decision: the person must have just proved who they are. Throws `people/step-up` too. */
  requireFresh(request: Request, right: PersonRight): Promise<StoredSession>;
  /** Refuses a request that another page has sent: by its origin, and by the token of this session. */
  readonly refuseOtherPages: readonly RequestHandler[];
  /** Creates the token that the person's own page sends along, in the header X-CSRF-Token. */
  createToken(request: Request, response: Response): string;
}

const NOT_SIGNED_IN = new Failure('people/not-signed-in', 'Nobody is signed in.', { fix: 'Sign in.' });

const OTHER_PAGE_FIX = 'Read /auth/session, and send its csrfToken in the header X-CSRF-Token.';

/** Refuses what a browser says that another site has sent. Clients that are no browsers say nothing. */
function createOriginCheck(publicUrl: string): RequestHandler {
  const { origin } = new URL(publicUrl);
  return (request, _response, next) => {
    const { origin: sender, 'sec-fetch-site': relation } = request.headers;
    const isOwn = sender === undefined || sender === origin;
    const isSameSite = relation === undefined || relation === 'same-origin';
    if (isOwn && isSameSite) next();
    else next(new Failure('people/other-page', 'Another page has sent this.', { fix: OTHER_PAGE_FIX }));
  };
}

/** Creates the guards. `csrfSecret`: the key of the tokens, the same in every instance. */
export function createPersonGuards(
  sessions: PersonSessions,
  cookies: PersonCookies,
  { publicUrl, csrfSecret }: { readonly publicUrl: string; readonly csrfSecret: string },
): PersonGuards {
  const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({
    getSecret: () => csrfSecret,
    // Changes at each sign-in, so that a token from before is worth nothing.
    getSessionIdentifier: (request) => cookies.session.read(request) ?? '',
    cookieName: cookies.csrf.name,
    cookieOptions: cookies.csrf.options,
    getCsrfTokenFromRequest: (request) => request.headers['x-csrf-token'],
    errorConfig: { statusCode: 403, message: 'token', code: 'token' },
  });
  /** csrf-csrf reads `cookies`, which a parser of cookies usually adds. */
  const addCookies = (request: Request): void => {
    request.cookies = Object.fromEntries(parseCookies(request.headers.cookie));
  };
  const checkToken: RequestHandler = (request, response, next) => {
    addCookies(request);
    doubleCsrfProtection(request, response, (cause?: unknown) => {
      const message = 'The token of this session is missing or wrong.';
      next(cause && new Failure('people/other-page', message, { fix: OTHER_PAGE_FIX }));
    });
  };
  const requireSession: PersonGuards['requireSession'] = async (request) => {
    const session = await sessions.find(cookies.session.read(request));
    if (!session) throw NOT_SIGNED_IN;
    return session;
  };
  const requireRight: PersonGuards['requireRight'] = async (request, right) => {
    const session = await requireSession(request);
    if (hasRight(session, right)) return session;
    throw new Failure('people/forbidden', 'Your roles do not allow this.', {
      fix: 'Ask somebody whose roles do, or whoever assigns them.',
    });
  };
  return {
    requireSession,
    requireRight,
    async requireFresh(request, right) {
      const session = await requireRight(request, right);
      if (sessions.isFresh(session)) return session;
      throw new Failure('people/step-up', 'A signature needs that you have just proved who you are.', {
        fix: 'Sign in again at the address in signIn, and send this again.',
      });
    },
    refuseOtherPages: [createOriginCheck(publicUrl), checkToken],
    createToken(request, response) {
      addCookies(request);
      return generateCsrfToken(request, response);
    },
  };
}
