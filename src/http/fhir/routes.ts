import type { Reply } from '../reply.ts';
import { buildCapabilityReply } from './capability-statement.ts';
import { handleBundle } from './handle-bundle.ts';
import { handleIngest } from './handle-ingest.ts';
import { handleCreate, handleDelete, handleUpdate } from './handle-interaction.ts';
import type { HandlerDependencies, HandlerRequest } from './handler-request.ts';

/** One door of /fhir. The router, the 405 answers and the CapabilityStatement are all made from this table. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Below /fhir. */
  readonly path: string;
  /** What it is in the CapabilityStatement: interactions of the system, of each resource type, or an operation. */
  readonly offers: {
    readonly system?: readonly ('batch' | 'transaction')[];
    readonly resource?: readonly ('create' | 'update' | 'delete')[];
    readonly conditional?: readonly ('create' | 'update')[];
    readonly operation?: string;
  };
  readonly body: 'none' | 'resource' | 'bundle' | 'stream';
  readonly handle: (exchange: HandlerRequest, parts: HandlerDependencies) => Promise<Reply>;
}

export const ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/metadata',
    offers: {},
    body: 'none',
    handle: async (exchange, parts) => buildCapabilityReply(ROUTES, exchange.base, parts),
  },
  {
    method: 'post',
    path: '/',
    offers: { system: ['transaction', 'batch'] },
    body: 'bundle',
    handle: handleBundle,
  },
  { method: 'post', path: '/$ingest', offers: { operation: 'ingest' }, body: 'stream', handle: handleIngest },
  {
    method: 'post',
    path: '/:type',
    offers: { resource: ['create'], conditional: ['create'] },
    body: 'resource',
    handle: handleCreate,
  },
  {
    method: 'put',
    path: '/:type',
    offers: { conditional: ['update'] },
    body: 'resource',
    handle: handleUpdate,
  },
  {
    method: 'put',
    path: '/:type/:id',
    offers: { resource: ['update'] },
    body: 'resource',
    handle: handleUpdate,
  },
  {
    method: 'delete',
    path: '/:type/:id',
    offers: { resource: ['delete'] },
    body: 'none',
    handle: handleDelete,
  },
];
