import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one request on its way. */
export type ProxyFault =
  | { readonly kind: 'none' }
  /** The connection is lost before the request arrives, or after it was performed, or in the middle of the answer. */
  | { readonly kind: 'lost-before' | 'lost-after' | 'cut' }
  /** The request is answered instead of being passed on. */
  | { readonly kind: 'refused'; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  /** The request is performed, and the answer comes after the client has given up. */
  | { readonly kind: 'slow'; readonly ms: number };

/** A proxy between the adapter and an EHR. */
export interface FaultProxy {
  readonly url: string;
  countRequests(): number;
  stop(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function passOn(request: IncomingMessage, body: Buffer, target: string): Promise<Response> {
  const url = `${target}${(request.url ?? '').replace(/^\/fhir/, '')}`;
  const headers = { 'content-type': request.headers['content-type'] ?? 'application/fhir+json' };
  return fetch(url, { method: request.method ?? 'GET', headers, ...(body.length > 0 ? { body } : {}) });
}

async function answerWithFault(
  request: IncomingMessage,
  response: ServerResponse,
  fault: ProxyFault,
  target: string,
): Promise<void> {
  const body = await readBody(request);
  if (fault.kind === 'lost-before') return void request.socket.destroy();
  if (fault.kind === 'refused') return void response.writeHead(fault.status, fault.headers).end();
  const answer = await passOn(request, body, target);
  const text = await answer.text();
  if (fault.kind === 'lost-after') return void request.socket.destroy();
  if (fault.kind === 'slow') await new Promise((done) => setTimeout(done, fault.ms));
  response.writeHead(answer.status, {
    'content-type': answer.headers.get('content-type') ?? 'text/plain',
    'content-length': Buffer.byteLength(text),
  });
  if (fault.kind !== 'cut') return void response.end(text);
  response.write(text.slice(0, text.length / 2), () => request.socket.destroy());
}

/** Starts a proxy in front of an EHR (`http://…/fhir`); `chooseFault` decides for each request what happens to it. */
export async function startFaultProxy(target: string, chooseFault: () => ProxyFault): Promise<FaultProxy> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    answerWithFault(request, response, chooseFault(), target).catch(() => request.socket.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`,
    countRequests: () => requests,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
