import type { Request, RequestHandler, Response } from 'express';
import type { Reply } from '../reply.ts';
import { sendReply } from '../send-reply.ts';
import { buildProblemReply } from './problem-reply.ts';

/** Answers a request. */
type PersonHandler = (request: Request, response: Response) => Promise<Reply>;

/** Reports errors of our own, which nobody outside hears of. */
interface ErrorObserver {
  requestFailed(event: { readonly route: string; readonly error: unknown }): void;
}

/** The page to which a person comes back after signing in: that of the request, where it can be shown. */
const selectPage = ({ method, originalUrl }: Request): string => (method === 'GET' ? originalUrl : '/');

/** Sends the answer to an error. */
export function sendProblem(
  request: Request,
  response: Response,
  cause: unknown,
  observer: ErrorObserver,
): void {
  const reply = buildProblemReply(cause, selectPage(request));
  if (reply.status >= 500) observer.requestFailed({ route: response.locals.route ?? 'none', error: cause });
  response.locals.code = reply.code ?? null;
  sendReply(response, reply);
}

/** Creates the handler of a route, which is logged by its pattern. */
export const createPersonHandler =
  (route: string, observer: ErrorObserver, handle: PersonHandler): RequestHandler =>
  async (request, response) => {
    response.locals.route = route;
    try {
      sendReply(response, await handle(request, response));
    } catch (cause) {
      sendProblem(request, response, cause, observer);
    }
  };
