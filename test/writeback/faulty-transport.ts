/** What may happen to one request between the adapter and an EHR. */
export const TRANSPORT_FAULTS = [
  'works',
  'refused-connection',
  'lost-before',
  'lost-after',
  'busy-before',
  'error-after',
  'empty-after',
  'html-after',
  'throttled',
] as const;

export type TransportFault = (typeof TRANSPORT_FAULTS)[number];

function createNetworkError(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

const FAULTS_BEFORE: Partial<Record<TransportFault, () => Response>> = {
  'refused-connection': () => {
    throw createNetworkError('ECONNREFUSED');
  },
  'lost-before': () => {
    throw createNetworkError('ECONNRESET');
  },
  'busy-before': () => new Response('', { status: 503, headers: { 'retry-after': '1' } }),
  throttled: () => new Response('', { status: 429 }),
};

const FAULTS_AFTER: Partial<Record<TransportFault, () => Response>> = {
  'lost-after': () => {
    throw createNetworkError('UND_ERR_SOCKET');
  },
  'error-after': () => new Response('', { status: 502 }),
  'empty-after': () => new Response('', { status: 200 }),
  'html-after': () => new Response('<html>', { status: 200, headers: { 'content-type': 'text/html' } }),
};

/** Creates a fetch that has the faults in turn, one for each request, and then works. */
export function createFaultyTransport(faults: readonly TransportFault[]): typeof fetch {
  let next = 0;
  return async (input, init) => {
    const fault = faults[next++] ?? 'works';
    const before = FAULTS_BEFORE[fault];
    if (before) return before();
    const response = await fetch(input, init);
    const after = FAULTS_AFTER[fault];
    if (!after) return response;
    await response.arrayBuffer();
    return after();
  };
}
