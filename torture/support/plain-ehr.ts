import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A resource as the EHR keeps it. */
export interface KeptResource {
  readonly resourceType: string;
  readonly id: string;
  readonly meta: { readonly versionId: string };
  readonly identifier?: readonly { readonly system?: string; readonly value?: string }[];
  readonly [element: string]: unknown;
}

interface BundleEntry {
  readonly fullUrl?: string;
  readonly resource: Record<string, unknown>;
  readonly request: { readonly method: string; readonly url: string; readonly ifMatch?: string };
}

/** A FHIR server that keeps what it is sent, in order, and does no more than what R4 says. */
export interface PlainEhr {
  readonly url: string;
  /** Every version that was written, in order of time. */
  readonly written: readonly KeptResource[];
  listCurrent(resourceType: string): readonly KeptResource[];
  stop(): Promise<void>;
}

/** Where a request is refused, with its status. */
class Refused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(String(status));
    this.status = status;
  }
}

const listTokens = ({ resourceType, identifier = [] }: KeptResource): readonly string[] =>
  identifier.map(({ system = '', value = '' }) => `${resourceType} ${system}|${value}`);

function readTokenOfQuery(url: string): string {
  return new URL(url, 'http://ehr.invalid/').searchParams.get('identifier') ?? '';
}

/** The resources of a server, with and without conditional update. */
class Shelf {
  readonly current = new Map<string, KeptResource>();
  readonly written: KeptResource[] = [];
  private readonly keysByToken = new Map<string, Set<string>>();
  private lastId = 0;
  private readonly hasConditionalUpdate: boolean;

  constructor(hasConditionalUpdate: boolean) {
    this.hasConditionalUpdate = hasConditionalUpdate;
  }

  find(resourceType: string, token: string): readonly KeptResource[] {
    const keys = [...(this.keysByToken.get(`${resourceType} ${token}`) ?? [])];
    return keys.flatMap((key) => this.current.get(key) ?? []);
  }

  /** Performs all entries of a transaction, or none. */
  performTransaction(entries: readonly BundleEntry[]): readonly object[] {
    const planned = entries.map((entry) => this.plan(entry));
    return planned.map(({ resourceType, id, resource }) => {
      const key = `${resourceType}/${id}`;
      const version = Number(this.current.get(key)?.meta.versionId ?? '0') + 1;
      const kept: KeptResource = { ...resource, resourceType, id, meta: { versionId: String(version) } };
      for (const token of listTokens(kept))
        this.keysByToken.set(token, (this.keysByToken.get(token) ?? new Set()).add(key));
      this.current.set(key, kept);
      this.written.push(kept);
      return { response: { status: version === 1 ? '201' : '200', location: `${key}/_history/${version}` } };
    });
  }

  private plan({ request, resource }: BundleEntry) {
    const [target = '', query] = request.url.split('?');
    const [resourceType = '', id] = target.split('/');
    const create = { resourceType, id: String(++this.lastId), resource };
    if (request.method === 'POST') return create;
    if (query !== undefined) {
      if (!this.hasConditionalUpdate) throw new Refused(400);
      const [match, second] = this.find(resourceType, readTokenOfQuery(request.url));
      if (second) throw new Refused(412);
      return match ? { resourceType, id: match.id, resource } : create;
    }
    const kept = this.current.get(target);
    if (!kept || id === undefined) throw new Refused(404);
    if (request.ifMatch !== undefined && request.ifMatch !== `W/"${kept.meta.versionId}"`)
      throw new Refused(412);
    return { resourceType, id, resource };
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function answer(shelf: Shelf, method: string, url: string, text: string): object {
  if (method === 'POST') {
    const { entry } = JSON.parse(text) as { entry: readonly BundleEntry[] };
    return { resourceType: 'Bundle', type: 'transaction-response', entry: shelf.performTransaction(entry) };
  }
  const path = url.replace(/^\/fhir\//, '');
  if (path.includes('?')) {
    const found = shelf.find(path.split('?')[0] ?? '', readTokenOfQuery(path));
    return { resourceType: 'Bundle', type: 'searchset', entry: found.map((resource) => ({ resource })) };
  }
  const kept = shelf.current.get(path);
  if (!kept) throw new Refused(404);
  return kept;
}

/** Starts the server on this machine. Without conditional update it refuses an update by identifier, as Oracle Health does. */
export async function startPlainEhr(hasConditionalUpdate: boolean): Promise<PlainEhr> {
  const shelf = new Shelf(hasConditionalUpdate);
  const server = createServer(async (request, response) => {
    const text = await readText(request);
    try {
      const body = answer(shelf, request.method ?? '', request.url ?? '', text);
      response.writeHead(200, { 'content-type': 'application/fhir+json' }).end(JSON.stringify(body));
    } catch (error) {
      response.writeHead(error instanceof Refused ? error.status : 500).end();
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`,
    written: shelf.written,
    listCurrent: (resourceType) =>
      [...shelf.current.values()].filter((kept) => kept.resourceType === resourceType),
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
