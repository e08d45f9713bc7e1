import express, { type Request, type RequestHandler, type Router } from 'express';
import { z } from 'zod';
import { type AuditOrigin, runAs } from '../../audit/audit-origin.ts';
import { hasSite, mayDecide, type PersonRight } from '../../auth/people/rights.ts';
import type { StoredSession } from '../../auth/people/sessions.ts';
import { Failure } from '../../errors.ts';
import type { Decider } from '../../pipeline/decisions/decider.ts';
import { buildUnknownWorkItemFailure } from '../../pipeline/query/unknown-work-item.ts';
import type { DecisionSigner } from '../../signatures/sign-decision.ts';
import type { DecisionFilter } from '../../store/decision-log.ts';
import type { Reply } from '../reply.ts';
import type { PersonGuards } from './guards.ts';
import { createPersonHandler } from './handle.ts';
import { buildJsonAnswer } from './problem-reply.ts';

/** The operations behind the routes: those of the service. */
export interface PersonOperations {
  listWorkItems(
    status: 'open' | 'resolved' | 'rejected' | null,
  ): Promise<readonly { readonly site: string }[]>;
  /** Throws `work-item/unknown`. */
  getWorkItem(id: string): Promise<{ readonly site: string; readonly hash: string }>;
  acceptWorkItem(
    request: Decider & { readonly id: string; readonly target: string | null },
  ): Promise<unknown>;
  rejectWorkItem(id: string, decider: Decider): Promise<unknown>;
  listCriteria(): Promise<readonly unknown[]>;
  signCriteriaSet(
    request: { readonly set: string; readonly study: string | null },
    decider: Decider,
  ): Promise<unknown>;
  listDecisions(filter: DecisionFilter): Promise<readonly unknown[]>;
  /** Opens the service's signature on behalf of somebody who signed in. */
  openSigner(session: StoredSession): DecisionSigner;
}

/** What the routes under /api need. */
export interface ApiRouteParts {
  readonly operations: PersonOperations;
  readonly guards: PersonGuards;
  readonly observer: Parameters<typeof createPersonHandler>[1];
}

const reasonSchema = z.string().trim().min(1).max(2_000).nullable().default(null);
const hashSchema = z.string().regex(/^[0-9a-fA-F]{8,64}$/);

const acceptSchema = z.strictObject({
  hash: hashSchema,
  target: z.string().min(1).max(200).nullable().default(null),
  reason: reasonSchema,
});
const rejectSchema = z.strictObject({ hash: hashSchema, reason: reasonSchema });
const signOffSchema = z.strictObject({
  hash: hashSchema,
  study: z.string().min(1).max(64).nullable().default(null),
  reason: reasonSchema,
});

const itemQuerySchema = z.strictObject({
  status: z.enum(['open', 'resolved', 'rejected', 'all']).default('open'),
});
const decisionQuerySchema = z.strictObject({
  kind: z.enum(['work-item', 'adjudication', 'criteria-set', 'outbox-entry']).optional(),
  record: z.string().min(1).max(500).optional(),
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

function parseInput<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Failure('people/malformed', 'The request is not what this route takes.', {
    at: issue?.path.join('.') || 'request',
    fix: 'Send the fields that docs/operation.md describes, and no others.',
  });
}

const readQueryObject = ({ originalUrl }: Request): Record<string, string> =>
  Object.fromEntries(new URL(originalUrl, 'http://localhost').searchParams);

/** Another encoding than JSON in UTF-8 is no body that another page can send without asking, and none that we read. */
const requireJson: RequestHandler = (request, _response, next) => {
  if (/^application\/json(?:\s*;\s*charset=utf-8)?$/i.test(request.headers['content-type'] ?? '')) next();
  else
    next(new Failure('http/media-type', 'The body is not JSON.', { fix: 'Send application/json in UTF-8.' }));
};

/** A route of people under /api. */
interface ApiRoute {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly right: PersonRight;
  /** Whether the person signs something, so that they must have just proved who they are. */
  readonly isSigned: boolean;
  handle(operations: PersonOperations, session: StoredSession, request: Request): Promise<Reply>;
}

/** Returns the part of the path with the name. */
const readParameter = ({ params }: Request, name: string): string => String(params[name] ?? '');

const buildDecider = (
  operations: PersonOperations,
  session: StoredSession,
  { hash, reason }: { readonly hash: string; readonly reason: string | null },
): Decider => ({
  ...{ by: session.name, why: reason, shown: hash, signer: operations.openSigner(session) },
  mayDecide: (kind, site) => mayDecide(session, kind, site),
});

/** Returns an item that the person may see. One of another site is answered as one that does not exist. */
async function getVisibleItem(operations: PersonOperations, session: StoredSession, id: string) {
  const item = await operations.getWorkItem(id);
  if (hasSite(session, item.site)) return item;
  throw buildUnknownWorkItemFailure(id);
}

/** The routes of people under /api. Nothing of a site is seen by a person of another one. */
export const API_ROUTES: readonly ApiRoute[] = [
  {
    ...{ method: 'get', path: '/api/work-items', right: 'work-items:read', isSigned: false },
    async handle(operations, session, request) {
      const { status } = parseInput(itemQuerySchema, readQueryObject(request));
      const items = await operations.listWorkItems(status === 'all' ? null : status);
      return buildJsonAnswer(200, { items: items.filter(({ site }) => hasSite(session, site)) });
    },
  },
  {
    ...{ method: 'get', path: '/api/work-items/:id', right: 'work-items:read', isSigned: false },
    async handle(operations, session, request) {
      const item = await getVisibleItem(operations, session, readParameter(request, 'id'));
      return buildJsonAnswer(200, item, { ETag: `"${item.hash}"` });
    },
  },
  {
    ...{ method: 'post', path: '/api/work-items/:id/accept', right: 'work-items:decide', isSigned: true },
    async handle(operations, session, request) {
      const { target, ...decided } = parseInput(acceptSchema, request.body);
      const id = readParameter(request, 'id');
      await getVisibleItem(operations, session, id);
      const decider = buildDecider(operations, session, decided);
      return buildJsonAnswer(200, await operations.acceptWorkItem({ id, target, ...decider }));
    },
  },
  {
    ...{ method: 'post', path: '/api/work-items/:id/reject', right: 'work-items:decide', isSigned: true },
    async handle(operations, session, request) {
      const decided = parseInput(rejectSchema, request.body);
      const id = readParameter(request, 'id');
      await getVisibleItem(operations, session, id);
      const decider = buildDecider(operations, session, decided);
      return buildJsonAnswer(200, await operations.rejectWorkItem(id, decider));
    },
  },
  {
    ...{ method: 'get', path: '/api/criteria', right: 'criteria:read', isSigned: false },
    handle: async (operations) => buildJsonAnswer(200, { criteria: await operations.listCriteria() }),
  },
  {
    ...{ method: 'post', path: '/api/criteria/:set/sign-off', right: 'criteria:sign-off', isSigned: true },
    async handle(operations, session, request) {
      const { study, ...decided } = parseInput(signOffSchema, request.body);
      const set = readParameter(request, 'set');
      const decider = buildDecider(operations, session, decided);
      return buildJsonAnswer(200, await operations.signCriteriaSet({ set, study }, decider));
    },
  },
  {
    ...{ method: 'get', path: '/api/decisions', right: 'decisions:read', isSigned: false },
    async handle(operations, session, request) {
      const { kind, record, after, limit } = parseInput(decisionQuerySchema, readQueryObject(request));
      const decisions = await operations.listDecisions({
        ...(kind === undefined ? {} : { kind }),
        ...(record === undefined ? {} : { record }),
        ...{ after, limit },
        ...(session.sites.includes('*') ? {} : { sites: session.sites }),
      });
      return buildJsonAnswer(200, { decisions });
    },
  },
];

/** Who acts, for the audit trail: the person as their issuer knows them. */
const buildPersonOrigin = (
  { issuer, subject }: StoredSession,
  request: string,
  network = 'unknown',
): AuditOrigin => ({ actor: `${issuer} ${subject}`, kind: 'person', how: 'oidc', request, network });

/** Creates the routes under /api for people. */
export function createApiRoutes({ operations, guards, observer }: ApiRouteParts): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  const readBody = [requireJson, express.json({ limit: '64kb', type: () => true })];
  for (const { method, path, right, isSigned, handle } of API_ROUTES) {
    const handler = createPersonHandler(path, observer, async (request, { locals }) => {
      const session = await (isSigned
        ? guards.requireFresh(request, right)
        : guards.requireRight(request, right));
      const origin = buildPersonOrigin(session, locals.requestId, request.socket.remoteAddress);
      return runAs(origin, () => handle(operations, session, request));
    });
    if (method === 'get') router.get(path, handler);
    else router.post(path, ...guards.refuseOtherPages, ...readBody, handler);
  }
  return router;
}
