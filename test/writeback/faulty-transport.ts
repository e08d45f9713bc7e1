/** What may happen between the adapter and an EHR to one request. */
export const FAULTS = [
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

export type Fault = (typeof FAULTS)[number];

function networkError(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

const BEFORE: Partial<Record<Fault, () => Response>> = {
  'refused-connection': () => {
    throw networkError('ECONNREFUSED');
  },
  'lost-before': () => {
    throw networkError('ECONNRESET');
  },
  'busy-before': () => new Response('', { status: 503, headers: { 'retry-after': '1' } }),
  throttled: () => new Response('', { status: 429 }),
};

const AFTER: Partial<Record<Fault, () => Response>> = {
  'lost-after': () => {
    throw networkError('UND_ERR_SOCKET');
  },
  'error-after': () => new Response('', { status: 502 }),
  'empty-after': () => new Response('', { status: 200 }),
  'html-after': () => new Response('<html>', { status: 200, headers: { 'content-type': 'text/html' } }),
};

/** A fetch that meets the faults in turn, one a request, and then works. */
export function createFaultyTransport(faults: readonly Fault[]): typeof fetch {
  let next = 0;
  return async (input, init) => {
    const fault = faults[next++] ?? 'works';
    const before = BEFORE[fault];
    if (before) return before();
    const response = await fetch(input, init);
    const after = AFTER[fault];
    if (!after) return response;
    await response.arrayBuffer();
    return after();
  };
}
