import type { Transport } from '../../src/ehr/transport.ts';

/** HTTP by the global fetch, which nock answers; undici's own fetch, which the product uses, passes nock by. */
export const sendByGlobalFetch: Transport = (url, request) =>
  globalThis.fetch(url, { ...request, redirect: 'manual' });
