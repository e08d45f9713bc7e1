import { buildCapabilityReply } from './capability-statement.ts';
import { handleBundle } from './handle-bundle.ts';
import { handleIngest } from './handle-ingest.ts';
import { handleCreate, handleDelete, handleUpdate } from './handle-interaction.ts';
import type { Route } from './route.ts';

/** The route table of /fhir. */
export const ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/metadata',
    offers: {},
    needs: 'nothing',
    body: 'none',
    handle: async (request, dependencies) => buildCapabilityReply(ROUTES, request.base, dependencies),
  },
  {
    method: 'post',
    path: '/',
    offers: { system: ['transaction', 'batch'] },
    needs: 'write',
    body: 'bundle',
    handle: handleBundle,
  },
  {
    method: 'post',
    path: '/$ingest',
    offers: { operation: 'ingest' },
    needs: 'write',
    body: 'stream',
    handle: handleIngest,
  },
  {
    method: 'post',
    path: '/:type',
    offers: { resource: ['create'], conditional: ['create'] },
    needs: 'c',
    body: 'resource',
    handle: handleCreate,
  },
  {
    method: 'put',
    path: '/:type',
    offers: { conditional: ['update'] },
    needs: 'u',
    body: 'resource',
    handle: handleUpdate,
  },
  {
    method: 'put',
    path: '/:type/:id',
    offers: { resource: ['update'] },
    needs: 'u',
    body: 'resource',
    handle: handleUpdate,
  },
  {
    method: 'delete',
    path: '/:type/:id',
    offers: { resource: ['delete'] },
    needs: 'd',
    body: 'none',
    handle: handleDelete,
  },
];
