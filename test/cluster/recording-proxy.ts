import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy before an EHR, which counts what the EHR has performed, and can cut connections. */
export interface RecordingProxy {
  readonly baseUrl: string;
  /** How often the EHR has stored each Provenance, by the fullUrl that is unique to one content of one resource. */
  readonly performed: ReadonlyMap<string, number>;
  /** Cuts the next connection: before the EHR receives the request, or after it has performed it. */
  cutNext(moment: 'before' | 'after'): void;
  stop(): Promise<void>;
}

interface TransactionBundle {
  readonly entry?: readonly {
    readonly fullUrl: string;
    readonly resource: { readonly resourceType: string };
  }[];
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const listProvenances = (body: Buffer): readonly string[] =>
  ((JSON.parse(body.toString()) as TransactionBundle).entry ?? [])
    .filter(({ resource }) => resource.resourceType === 'Provenance')
    .map(({ fullUrl }) => fullUrl);

/** Passes a request on, and returns the answer. */
async function sendOn(target: string, incoming: IncomingMessage, body: Buffer) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { ...incoming.headers, host: new URL(target).host };
  const outgoing = request(`${target}${incoming.url}`, { method: incoming.method, headers }, resolve);
  outgoing.on('error', reject);
  outgoing.end(body);
  const answer = await promise;
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: await readBody(answer) };
}

/** Starts the proxy before the EHR with this base URL. */
export async function startRecordingProxy(ehrBaseUrl: string): Promise<RecordingProxy> {
  const { origin, pathname } = new URL(ehrBaseUrl);
  const performed = new Map<string, number>();
  let cut: 'before' | 'after' | null = null;

  /** Performs a request; null where the connection is to be cut. */
  async function perform(incoming: IncomingMessage) {
    const planned = cut;
    cut = null;
    const body = await readBody(incoming);
    if (planned === 'before') return null;
    const answer = await sendOn(origin, incoming, body);
    const provenances = incoming.method === 'POST' && answer.status < 300 ? listProvenances(body) : [];
    for (const url of provenances) performed.set(url, (performed.get(url) ?? 0) + 1);
    return planned === 'after' ? null : answer;
  }

  const server = createServer({ keepAliveTimeout: 120_000 }, async (incoming, response) => {
    // The adapter may have been killed while it sent: then there is nobody to answer.
    const answer = await perform(incoming).catch(() => null);
    if (answer) response.writeHead(answer.status, answer.headers).end(answer.body);
    else incoming.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}${pathname}`,
    performed,
    cutNext(moment) {
      cut = moment;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
