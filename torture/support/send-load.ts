import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Dispatcher } from 'undici';

/** A request of a load. */
export interface LoadRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** What became of one request: an answer, or the error of a connection that broke before it. */
export interface LoadAnswer {
  /** Its number in the load, from 0. */
  readonly number: number;
  /** null where the connection broke, or was refused. */
  readonly status: number | null;
  /** From the moment at which it was sent to the end of the answer. */
  readonly ms: number;
  readonly retryAfter: string | null;
  readonly location: string | null;
  /** The body; only with `keepsBodies`. */
  readonly body: string | null;
  /** The code of the error, such as ECONNRESET; null where there is an answer. */
  readonly error: string | null;
}

/** A load of one sender. */
export interface Load {
  readonly origin: string;
  /** Connections that are kept open, each with one request at a time. */
  readonly connections: number;
  /** Builds the request of a number; null ends the load. */
  build(number: number): LoadRequest | null;
  /**
   * Requests that begin in a second, whether or not earlier ones are answered, as long as a connection is free; by default as
   * many as are answered. The connections are opened before the first one begins.
   */
  readonly rate?: number;
  /** Ends the load: no further request begins. */
  readonly until?: AbortSignal;
  readonly keepsBodies?: boolean;
  /** Ends a request that is not answered in this time, as a broken connection. */
  readonly timeoutMs?: number;
  /** Called with each answer when it arrives. */
  onAnswer?(answer: LoadAnswer): void;
}

const TIMEOUT_MS = 120_000;
const TICK_MS = 5;

async function sendOne(
  client: Client,
  load: Load,
  number: number,
  request: LoadRequest,
): Promise<LoadAnswer> {
  const begun = performance.now();
  const unanswered = { number, status: null, retryAfter: null, location: null, body: null };
  try {
    const { statusCode, headers, body } = await client.request({
      method: request.method,
      path: request.path,
      ...(request.headers ? { headers: request.headers } : {}),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    // Read in any case: an answer whose body is not read keeps its connection.
    const text = await body.text();
    const readHeader = (name: string) => (headers[name] === undefined ? null : String(headers[name]));
    return {
      number,
      status: statusCode,
      ms: performance.now() - begun,
      retryAfter: readHeader('retry-after'),
      location: readHeader('location'),
      body: load.keepsBodies ? text : null,
      error: null,
    };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    return { ...unanswered, ms: performance.now() - begun, error: code };
  }
}

/** Sends the next request of a load on a connection; null at the end of the load. */
type SendNext = (client: Client) => Promise<void> | null;

/** Sends a load to its end, and returns what became of each request, in the order of the answers. */
export async function sendLoad(load: Load): Promise<readonly LoadAnswer[]> {
  const timeout = load.timeoutMs ?? TIMEOUT_MS;
  const options = { pipelining: 1, headersTimeout: timeout, bodyTimeout: timeout };
  const clients = Array.from({ length: load.connections }, () => new Client(load.origin, options));
  const answers: LoadAnswer[] = [];
  let next = 0;
  const sendNext: SendNext = (client) => {
    const number = next;
    const request = load.until?.aborted ? null : load.build(number);
    if (request === null) return null;
    next += 1;
    return sendOne(client, load, number, request).then((answer) => {
      answers.push(answer);
      load.onAnswer?.(answer);
    });
  };
  try {
    if (load.rate === undefined) await sendAsAnswered(clients, sendNext);
    else await sendAtRate(load.rate, clients, sendNext);
  } finally {
    await Promise.all(clients.map((client) => client.destroy()));
  }
  return answers;
}

async function sendAsAnswered(clients: readonly Client[], sendNext: SendNext): Promise<void> {
  const sendUntilEnd = async (client: Client) => {
    for (let sent = sendNext(client); sent !== null; sent = sendNext(client)) await sent;
  };
  await Promise.all(clients.map(sendUntilEnd));
}

async function sendAtRate(rate: number, clients: readonly Client[], sendNext: SendNext): Promise<void> {
  const open = async (client: Client) =>
    (await client.request({ method: 'GET', path: '/health' })).body.text();
  await Promise.all(clients.map(open));
  const free = [...clients];
  const underWay = new Set<Promise<void>>();
  const begun = performance.now();
  for (let count = 0; ; ) {
    const due = Math.floor(((performance.now() - begun) / 1_000) * rate);
    // Where no connection is free the request is left out: one that waited for it would be measured with that.
    for (; count < due; count++) {
      const client = free.pop();
      if (!client) continue;
      const sent = sendNext(client);
      if (sent === null) {
        await Promise.all(underWay);
        return;
      }
      underWay.add(sent);
      void sent.finally(() => {
        underWay.delete(sent);
        free.push(client);
      });
    }
    await sleep(TICK_MS);
  }
}

/** The share `quantile` of the times that is not longer than the result, in milliseconds; NaN without times. */
export function computeLatency(answers: readonly LoadAnswer[], quantile: number): number {
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  return times[Math.min(times.length - 1, Math.ceil(quantile * times.length) - 1)] ?? Number.NaN;
}

/** Counts the answers by status; connections that broke count as `broken`. */
export function countStatuses(answers: readonly LoadAnswer[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) {
    const name = status === null ? 'broken' : String(status);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
