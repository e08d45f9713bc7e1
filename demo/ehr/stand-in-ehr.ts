import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { badRequest, getStatus, normalizeOperationOutcome, OperationOutcomeError } from '@medplum/core';
import { FhirRouter, type HttpMethod } from '@medplum/fhir-router';
import type { Bundle, OperationOutcome, Patient, Resource } from '@medplum/fhirtypes';
import { checkWrite } from './check-write.ts';
import { addVersionLocations, resolveConditions } from './conditional-updates.ts';
import { EhrRepository } from './ehr-repository.ts';
import { indexDefinitions } from './index-definitions.ts';

export interface StandInEhr {
  readonly baseUrl: string;
  stop(): Promise<void>;
  /** Returns all resources of the type that match `name=value&…`. */
  search(type: string, query?: string): Promise<readonly Resource[]>;
  /** Answers the next requests with this status instead of performing them. */
  failNext(count: number, status: number, headers?: Record<string, string>): void;
  /** The number of requests answered so far, by status. */
  readonly answeredByStatus: ReadonlyMap<number, number>;
}

interface StandInEhrOptions {
  readonly port?: number;
  readonly token: string;
  /** The patients in the EHR at the start. */
  readonly patients?: readonly unknown[];
}

interface EhrReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

/** Starts a FHIR R4 server on loopback, with Medplum's router and memory store. It receives a hospital's write-backs. */
export async function startStandInEhr(options: StandInEhrOptions): Promise<StandInEhr> {
  indexDefinitions();
  const repo = new EhrRepository();
  for (const patient of options.patients ?? []) await repo.updateResource(patient as Patient);
  const ehr = new EhrRequestHandler(repo, options.token);
  // Longer than any client keeps a connection, so that a request never crosses with the close.
  const server = createServer(
    { keepAliveTimeout: 120_000, requestTimeout: 0 },
    (request, response) => void ehr.handle(request, response),
  );
  const port = await listenOnLoopback(server, options.port ?? 0);
  return {
    baseUrl: `http://127.0.0.1:${port}/fhir`,
    stop: () => closeServer(server),
    search: (type, query = '') => ehr.search(type, query),
    failNext: (count, status, headers = {}) => ehr.failNext(count, status, headers),
    answeredByStatus: ehr.answeredByStatus,
  };
}

/** Handles one request at a time: checks the token, checks writes, and passes the request to the router. */
class EhrRequestHandler {
  readonly answeredByStatus = new Map<number, number>();
  private readonly repo: EhrRepository;
  private readonly token: string;
  private readonly router = new FhirRouter();
  private failures: EhrReply[] = [];
  private queue: Promise<unknown> = Promise.resolve();

  constructor(repo: EhrRepository, token: string) {
    this.repo = repo;
    this.token = token;
  }

  failNext(count: number, status: number, headers: Record<string, string>): void {
    const reply = { status, headers, body: buildOutcome(status) };
    this.failures.push(...Array.from({ length: count }, () => reply));
  }

  async search(type: string, query: string): Promise<readonly Resource[]> {
    const [, bundle] = await this.routeRequest('GET', `/${type}?${query}&_count=1000`, {}, undefined);
    return ((bundle as Bundle | undefined)?.entry ?? []).flatMap(({ resource }) =>
      resource ? [resource] : [],
    );
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const turn = this.queue.then(() => this.reply(request, body));
    this.queue = turn.catch(() => undefined);
    const reply = await turn.catch((error: unknown) => {
      const outcome = normalizeOperationOutcome(error);
      return { status: getStatus(outcome), body: outcome };
    });
    this.answeredByStatus.set(reply.status, (this.answeredByStatus.get(reply.status) ?? 0) + 1);
    sendReply(response, reply);
  }

  private async reply(request: IncomingMessage, text: string): Promise<EhrReply> {
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return { status: 401, body: buildOutcome(401) };
    const failure = this.failures.shift();
    if (failure) return failure;
    const url = request.url ?? '/';
    if (url !== '/fhir' && !url.startsWith('/fhir/') && !url.startsWith('/fhir?')) {
      return { status: 404, body: buildOutcome(404) };
    }
    const method = (request.method ?? 'GET') as HttpMethod;
    const path = url.slice('/fhir'.length) || '/';
    return this.performInteraction(method, path, request.headers, text === '' ? undefined : parseBody(text));
  }

  private async performInteraction(
    method: HttpMethod,
    path: string,
    headers: IncomingMessage['headers'],
    body: unknown,
  ): Promise<EhrReply> {
    if (method === 'POST' || method === 'PUT') await checkWrite(body, this.repo);
    const isBundle = method === 'POST' && path === '/';
    const resolved = isBundle ? await resolveConditions(body as Bundle, this.repo) : body;
    const [outcome, resource] = await this.routeRequest(method, path, headers, resolved);
    const status = getStatus(outcome);
    if (isBundle && resource) return { status, body: addVersionLocations(resource as Bundle) };
    return { status, body: resource ?? outcome, headers: resource ? buildVersionHeaders(resource) : {} };
  }

  private routeRequest(method: HttpMethod, url: string, headers: IncomingMessage['headers'], body: unknown) {
    const request = { method, url, pathname: '', body, params: {}, query: {}, headers };
    return this.router.handleRequest({ ...request, config: { transactions: true } }, this.repo);
  }
}

function buildVersionHeaders(resource: Resource): Record<string, string> {
  const { versionId } = resource.meta ?? {};
  if (!versionId) return {};
  const path = `/fhir/${resource.resourceType}/${resource.id}/_history/${versionId}`;
  return { etag: `W/"${versionId}"`, location: path };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new OperationOutcomeError(badRequest('The body is not JSON'));
  }
}

function buildOutcome(status: number): OperationOutcome {
  const code = status === 401 ? 'login' : status === 404 ? 'not-found' : 'transient';
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code }] };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function sendReply(response: ServerResponse, reply: EhrReply): void {
  response.writeHead(reply.status, {
    'content-type': 'application/fhir+json; charset=utf-8',
    ...reply.headers,
  });
  response.end(JSON.stringify(reply.body));
}

function listenOnLoopback(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
