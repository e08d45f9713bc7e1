import { stringifyJson } from '../fhir/lossless-json.ts';
import { isObject, type JsonObject, type Resource } from '../fhir/resource.ts';
import { createAddressPolicy, listAllowedNetworks } from './address-policy.ts';
import { parseBaseUrl, resolveBelowBase } from './base-url.ts';
import { CallGivenUp, limitCall } from './call-limit.ts';
import type { Ehr, EhrFailure, EhrResult, EntryResponse } from './ehr.ts';
import {
  classifyHttpStatus,
  classifyNetworkError,
  createUnreadableFailure,
  parseRetryAfter,
} from './failures.ts';
import { buildIdentifierQuery } from './identifier-query.ts';
import { listIssueCodes, type ResponseBody, readResponseBody } from './response-body.ts';
import { createTransport, type Transport } from './transport.ts';

/** The settings of the client of an EHR. */
export interface EhrOptions {
  readonly base: string;
  /** Returns the access token; if `isFresh` a new one, requested once after a 401. Absent for a server without tokens. */
  readonly bearerToken?: (isFresh: boolean) => Promise<string>;
  /** Internal networks, in CIDR notation, in which the EHR's name may resolve to an address. */
  readonly networks?: readonly string[];
  /** Replaces the HTTP transport (undici). */
  readonly transport?: Transport;
  /** The time limit of the whole call, answer included. */
  readonly timeoutMs?: number;
  /** The time limit of the connection alone, so that a host that is down is noticed before one that is slow. */
  readonly connectTimeoutMs?: number;
  /** Allows unencrypted http to a machine other than this one. */
  readonly plainHttp?: boolean;
  readonly now?: () => Date;
  /** Ends calls in progress when it is aborted. */
  readonly stop?: AbortSignal;
  /** Whether the server has R4 conditional update; by default it has. */
  readonly conditionalUpdate?: boolean;
}

/** The base URL, the transport and the time limit of calls. */
interface Connection {
  readonly base: URL;
  readonly transport: Transport;
  readonly timeoutMs: number;
  readonly stop: AbortSignal | undefined;
}

interface EhrRequest {
  readonly method: 'GET' | 'POST';
  /** Below the base URL; empty for the base itself. */
  readonly path: string;
  readonly body: string | null;
}

interface EhrResponse {
  readonly status: number;
  readonly body: ResponseBody;
  readonly retryAfter: string | null;
}

const FHIR_JSON_TYPE = 'application/fhir+json';

function buildHeaders(request: EhrRequest, token: string | undefined): Record<string, string> {
  return {
    accept: FHIR_JSON_TYPE,
    // Else any content coding is allowed (RFC 9110, section 12.5.3), and a small answer may decompress to a large one.
    'accept-encoding': 'identity',
    ...(request.body === null ? {} : { 'content-type': FHIR_JSON_TYPE, prefer: 'return=minimal' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

/** The failure where no token can be obtained: nothing was sent, and a retry may succeed. */
const NO_TOKEN_FAILURE: EhrFailure = {
  code: 'unauthorized',
  recovery: 'retry',
  effect: 'none',
  status: null,
  retryAfterMs: null,
  message: 'no access token could be obtained',
};

async function callEhr(
  connection: Connection,
  request: EhrRequest,
  token: string | undefined,
  signal: AbortSignal,
): Promise<EhrResponse> {
  const response = await connection.transport(resolveBelowBase(connection.base, request.path), {
    method: request.method,
    headers: buildHeaders(request, token),
    body: request.body,
    signal,
  });
  const body = await readResponseBody(response);
  return { status: response.status, body, retryAfter: response.headers.get('retry-after') };
}

async function sendOnce(
  connection: Connection,
  request: EhrRequest,
  token: string | undefined,
): Promise<EhrResult<EhrResponse>> {
  try {
    const call = (signal: AbortSignal) => callEhr(connection, request, token, signal);
    const value = await limitCall(connection.timeoutMs, call, connection.stop);
    return { ok: true, value };
  } catch (error) {
    return { ok: false, failure: classifyNetworkError(error, error instanceof CallGivenUp) };
  }
}

/** Sends a request, and once more after a 401 where a different token is available by then. */
async function sendWithToken(
  connection: Connection,
  { bearerToken }: EhrOptions,
  request: EhrRequest,
): Promise<EhrResult<EhrResponse>> {
  if (!bearerToken) return sendOnce(connection, request, undefined);
  let result: EhrResult<EhrResponse> = { ok: false, failure: NO_TOKEN_FAILURE };
  try {
    const token = await limitCall(connection.timeoutMs, () => bearerToken(false), connection.stop);
    result = await sendOnce(connection, request, token);
    if (!result.ok || result.value.status !== 401) return result;
    const freshToken = await limitCall(connection.timeoutMs, () => bearerToken(true), connection.stop);
    return freshToken === token ? result : await sendOnce(connection, request, freshToken);
  } catch {
    return result;
  }
}

/** Sends a request and returns the body of a success. It retries once with a new token; other retries are the outbox's. */
async function sendRequest(
  connection: Connection,
  options: EhrOptions,
  request: EhrRequest,
): Promise<EhrResult<ResponseBody>> {
  const result = await sendWithToken(connection, options, request);
  if (!result.ok) return result;
  const { status, body, retryAfter } = result.value;
  if (status < 200 || status > 299) {
    const retryAfterMs = parseRetryAfter(retryAfter, options.now?.() ?? new Date());
    return { ok: false, failure: classifyHttpStatus(status, retryAfterMs, listIssueCodes(body)) };
  }
  if (body.kind === 'unreadable') return { ok: false, failure: createUnreadableFailure(status, body.reason) };
  return { ok: true, value: body };
}

/** Reads the entries of a Bundle; any other body is an unreadable answer. */
function readBundleEntries(body: ResponseBody): EhrResult<readonly JsonObject[]> {
  if (body.kind !== 'json' || !isObject(body.tree) || body.tree.resourceType !== 'Bundle')
    return { ok: false, failure: createUnreadableFailure(200, 'the answer is not a Bundle') };
  const entries: readonly unknown[] = Array.isArray(body.tree.entry) ? body.tree.entry : [];
  return { ok: true, value: entries.map((entry) => (isObject(entry) ? entry : {})) };
}

function readEntryResponse(entry: JsonObject): EntryResponse {
  const response = isObject(entry.response) ? entry.response : {};
  const status = /^\d{3}/.exec(String(response.status ?? ''))?.[0];
  return {
    status: status ? Number(status) : 0,
    location: typeof response.location === 'string' ? response.location : null,
    etag: typeof response.etag === 'string' ? response.etag : null,
  };
}

function hasIdentifier(resource: JsonObject, token: string): boolean {
  const identifiers: unknown[] = Array.isArray(resource.identifier)
    ? resource.identifier
    : [resource.identifier];
  return identifiers.some(
    (identifier) => isObject(identifier) && `${identifier.system ?? ''}|${identifier.value}` === token,
  );
}

/** Selects the resources with the identifier: servers that ignore an unsupported parameter return every resource. */
function filterByIdentifier(
  entries: readonly JsonObject[],
  resourceType: string,
  identifier: string,
): readonly Resource[] {
  return entries
    .map((entry) => entry.resource)
    .filter(isObject)
    .filter((resource) => resource.resourceType === resourceType && hasIdentifier(resource, identifier))
    .map((resource) => ({ ...resource, resourceType }));
}

function openConnection(options: EhrOptions): Connection {
  const base = parseBaseUrl(options.base, options.plainHttp ?? false);
  const isAllowed = createAddressPolicy(listAllowedNetworks(base, options.networks ?? []));
  const connectTimeoutMs = options.connectTimeoutMs ?? 5_000;
  const transport = options.transport ?? createTransport({ isAllowed, connectTimeoutMs });
  return { base, transport, timeoutMs: options.timeoutMs ?? 30_000, stop: options.stop };
}

async function sendTransaction(
  connection: Connection,
  options: EhrOptions,
  bundle: unknown,
): Promise<EhrResult<{ readonly entries: readonly EntryResponse[] }>> {
  const request: EhrRequest = { method: 'POST', path: '', body: stringifyJson(bundle) };
  const result = await sendRequest(connection, options, request);
  if (!result.ok) return result;
  if (result.value.kind === 'empty') return { ok: true, value: { entries: [] } };
  const entries = readBundleEntries(result.value);
  return entries.ok ? { ok: true, value: { entries: entries.value.map(readEntryResponse) } } : entries;
}

async function searchByIdentifier(
  connection: Connection,
  options: EhrOptions,
  resourceType: string,
  identifier: string,
): Promise<EhrResult<readonly Resource[]>> {
  const path = `${resourceType}?${buildIdentifierQuery(identifier)}`;
  const result = await sendRequest(connection, options, { method: 'GET', path, body: null });
  if (!result.ok) return result;
  const entries = readBundleEntries(result.value);
  return entries.ok
    ? { ok: true, value: filterByIdentifier(entries.value, resourceType, identifier) }
    : entries;
}

async function readById(
  connection: Connection,
  options: EhrOptions,
  resourceType: string,
  id: string,
): Promise<EhrResult<Resource | null>> {
  const path = `${resourceType}/${id}`;
  const result = await sendRequest(connection, options, { method: 'GET', path, body: null });
  if (!result.ok) {
    const { status } = result.failure;
    return status === 404 || status === 410 ? { ok: true, value: null } : result;
  }
  const body = result.value;
  if (body.kind !== 'json' || !isObject(body.tree) || body.tree.resourceType !== resourceType) {
    return { ok: false, failure: createUnreadableFailure(200, `the answer is not a ${resourceType}`) };
  }
  return { ok: true, value: { ...body.tree, resourceType } };
}

/**
 * Creates the client of a FHIR R4 server. Answers are not trusted: redirects are not followed, the size is limited, the
 * parser is that for payloads of sites, and text is never quoted. Throws a `config/invalid` Failure for a base URL that must not be
 * called.
 */
export function createEhr(options: EhrOptions): Ehr {
  const connection = openConnection(options);
  return {
    updatesByIdentifier: options.conditionalUpdate ?? true,
    sendTransaction: (bundle) => sendTransaction(connection, options, bundle),
    searchByIdentifier: (resourceType, identifier) =>
      searchByIdentifier(connection, options, resourceType, identifier),
    read: (resourceType, id) => readById(connection, options, resourceType, id),
  };
}
