import type { Transport } from '../../src/ehr/transport.ts';

/** Sends by the global fetch, which nock intercepts; it does not intercept undici's own fetch, which the product uses. */
export const sendByGlobalFetch: Transport = (url, request) =>
  globalThis.fetch(url, { ...request, redirect: 'manual' });
