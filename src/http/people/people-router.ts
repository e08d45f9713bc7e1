import express, { type ErrorRequestHandler, type Router } from 'express';
import type { PersonSessions, SessionTimes } from '../../auth/people/sessions.ts';
import type { SignIn } from '../../auth/people/sign-in.ts';
import { createApiRoutes, type PersonOperations } from './api-routes.ts';
import { createAuthRoutes } from './auth-routes.ts';
import { createPersonCookies } from './cookies.ts';
import { createPersonGuards } from './guards.ts';
import { sendProblem } from './handle.ts';

/** What the doors of people need. */
export interface PeopleDependencies {
  readonly signIn: SignIn;
  readonly sessions: PersonSessions;
  readonly operations: PersonOperations;
  readonly issuer: string;
  readonly publicUrl: string;
  /** The key of the tokens that a page of ours sends along. */
  readonly csrfSecret: string;
  readonly stepUpMinutes: SessionTimes['stepUpMinutes'];
}

/** The doors of people, made where somebody can sign in: nothing of them is loaded elsewhere. */
export interface PeopleDoors extends Pick<PeopleDependencies, 'issuer' | 'publicUrl'> {
  createRouter(observer: PeopleObserver): Router;
}

type PeopleObserver = Parameters<typeof sendProblem>[3];

/** Creates the routes of `/auth` and `/api`. Everything else passes by. */
function createPeopleRouter(
  { signIn, sessions, operations, publicUrl, csrfSecret, stepUpMinutes }: PeopleDependencies,
  observer: PeopleObserver,
): Router {
  const cookies = createPersonCookies(publicUrl);
  const guards = createPersonGuards(sessions, cookies, { publicUrl, csrfSecret });
  const router = express.Router({ caseSensitive: true, strict: true });
  router.use(createAuthRoutes({ signIn, sessions, cookies, guards, publicUrl, stepUpMinutes, observer }));
  router.use(createApiRoutes({ operations, guards, observer }));
  const answerError: ErrorRequestHandler = (cause, request, response, next) => {
    if (/^\/(?:auth|api)\//.test(request.path)) sendProblem(request, response, cause, observer);
    else next(cause);
  };
  router.use(answerError);
  return router;
}

/** Creates the doors of people. */
export const createPeopleDoors = (dependencies: PeopleDependencies): PeopleDoors => ({
  issuer: dependencies.issuer,
  publicUrl: dependencies.publicUrl,
  createRouter: (observer) => createPeopleRouter(dependencies, observer),
});
