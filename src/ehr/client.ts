import { stringifyJson } from '../fhir/lossless-json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import { createAddressPolicy, listAllowedNetworks } from './address-policy.ts';
import { buildIdentifierQuery, parseBaseUrl, resolveBelowBase } from './base-url.ts';
import type { Ehr, EhrFailure, EhrResult, EntryResponse } from './ehr.ts';
import {
  classifyHttpStatus,
  classifyNetworkError,
  createUnreadableFailure,
  parseRetryAfter,
} from './failures.ts';
import { listIssueCodes, type ResponseBody, readResponseBody } from './response-body.ts';
import { createTransport, type Transport } from './transport.ts';

export interface EhrOptions {
  readonly base: string;
  /** The access token; with `fresh` a new one, asked for once after a 401. Omitted for a server without sign-in. */
  readonly bearerToken?: (fresh: boolean) => Promise<string>;
  /** Networks inside the house, in CIDR notation, in which the EHR's name may stand for an address. */
  readonly networks?: readonly string[];
  /** Replaces HTTP by undici. */
  readonly transport?: Transport;
  /** For the whole call, answer included. */
  readonly timeoutMs?: number;
  /** For the connection alone: a dead host is known to be dead sooner than a slow one to be slow. */
  readonly connectTimeoutMs?: number;
  /** Allows http to other machines. */
  readonly plainHttp?: boolean;
  readonly now?: () => Date;
}

/** Where calls go, and over what. */
interface Connection {
  readonly base: URL;
  readonly transport: Transport;
  readonly timeoutMs: number;
}

interface EhrRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string | null;
}

interface EhrResponse {
  readonly status: number;
  readonly body: ResponseBody;
  readonly retryAfter: string | null;
}

const FHIR_JSON_TYPE = 'application/fhir+json';

function buildHeaders(call: EhrRequest, token: string | undefined): Record<string, string> {
  return {
    accept: FHIR_JSON_TYPE,
    // Without it any coding may come (RFC 9110, section 12.5.3), and a small answer may unpack to a large one.
    'accept-encoding': 'identity',
    ...(call.body === null ? {} : { 'content-type': FHIR_JSON_TYPE, prefer: 'return=minimal' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

/** A token that cannot be had is a reason to wait: nothing was sent. */
const NO_TOKEN_FAILURE: EhrFailure = {
  recovery: 'retry',
  effect: 'none',
  status: null,
  retryAfterMs: null,
  message: 'no access token could be had',
};

async function sendOnce(
  wire: Connection,
  call: EhrRequest,
  token: string | undefined,
): Promise<EhrResult<EhrResponse>> {
  const signal = AbortSignal.timeout(wire.timeoutMs);
  try {
    const { method, body: sent } = call;
    const headers = buildHeaders(call, token);
    const response = await wire.transport(resolveBelowBase(wire.base, call.path), {
      method,
      headers,
      body: sent,
      signal,
    });
    const body = await readResponseBody(response);
    return {
      ok: true,
      value: { status: response.status, body, retryAfter: response.headers.get('retry-after') },
    };
  } catch (error) {
    return { ok: false, failure: classifyNetworkError(error, signal.aborted) };
  }
}

/** One call, and one more where the first was answered 401 and there is another token now. */
async function sendWithToken(
  wire: Connection,
  options: EhrOptions,
  call: EhrRequest,
): Promise<EhrResult<EhrResponse>> {
  const { bearerToken } = options;
  if (!bearerToken) return sendOnce(wire, call, undefined);
  let reply: EhrResult<EhrResponse> = { ok: false, failure: NO_TOKEN_FAILURE };
  try {
    const token = await bearerToken(false);
    reply = await sendOnce(wire, call, token);
    if (!reply.ok || reply.value.status !== 401) return reply;
    const fresh = await bearerToken(true);
    return fresh === token ? reply : await sendOnce(wire, call, fresh);
  } catch {
    return reply;
  }
}

/** One call. Retries, but for a new token, are the outbox's. */
async function sendRequest(
  wire: Connection,
  options: EhrOptions,
  call: EhrRequest,
): Promise<EhrResult<ResponseBody>> {
  const reply = await sendWithToken(wire, options, call);
  if (!reply.ok) return reply;
  const { status, body, retryAfter } = reply.value;
  if (status < 200 || status > 299) {
    const wait = parseRetryAfter(retryAfter, options.now?.() ?? new Date());
    return { ok: false, failure: classifyHttpStatus(status, wait, listIssueCodes(body)) };
  }
  if (body.kind === 'unreadable') return { ok: false, failure: createUnreadableFailure(status, body.why) };
  return { ok: true, value: body };
}

/** The entries of a Bundle; null for anything that is no Bundle. */
function readResponseEntries(body: ResponseBody): readonly Record<string, unknown>[] | null {
  if (body.kind !== 'json' || !isObject(body.tree) || body.tree.resourceType !== 'Bundle') return null;
  return Array.isArray(body.tree.entry) ? body.tree.entry.map((e: unknown) => (isObject(e) ? e : {})) : [];
}

function readEntryResponse(entry: Record<string, unknown>): EntryResponse {
  const response = isObject(entry.response) ? entry.response : {};
  const status = /^\d{3}/.exec(String(response.status ?? ''))?.[0];
  return {
    status: status ? Number(status) : 0,
    location: typeof response.location === 'string' ? response.location : null,
    etag: typeof response.etag === 'string' ? response.etag : null,
  };
}

function carriesIdentifier(resource: Record<string, unknown>, identifier: string): boolean {
  const all: unknown[] = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier];
  return all.some((one) => isObject(one) && `${one.system ?? ''}|${one.value}` === identifier);
}

/** Servers that ignore a parameter they do not know answer with everything: what does not match is left out. */
function filterByIdentifier(
  entries: readonly Record<string, unknown>[],
  resourceType: string,
  identifier: string,
): readonly Resource[] {
  return entries
    .map((entry) => entry.resource)
    .filter(isObject)
    .filter((r) => r.resourceType === resourceType && carriesIdentifier(r, identifier))
    .map((r) => ({ ...r, resourceType }));
}

function createConnection(options: EhrOptions): Connection {
  const base = parseBaseUrl(options.base, options.plainHttp ?? false);
  const isAllowed = createAddressPolicy(listAllowedNetworks(base, options.networks ?? []));
  const connectTimeoutMs = options.connectTimeoutMs ?? 5_000;
  const transport = options.transport ?? createTransport({ isAllowed, connectTimeoutMs });
  return { base, transport, timeoutMs: options.timeoutMs ?? 30_000 };
}

/**
 * A FHIR R4 server by its base URL. Answers are treated as hostile: no redirects, capped, parsed by the same parser as
 * deliveries, and never quoted. Throws a `config/invalid` Failure for a base URL that cannot be trusted.
 */
export function createEhr(options: EhrOptions): Ehr {
  const wire = createConnection(options);
  return {
    async sendTransaction(bundle) {
      const call: EhrRequest = { method: 'POST', path: '', body: stringifyJson(bundle) };
      const answer = await sendRequest(wire, options, call);
      if (!answer.ok) return answer;
      if (answer.value.kind === 'empty') return { ok: true, value: { entries: [] } };
      const entries = readResponseEntries(answer.value);
      if (!entries) return { ok: false, failure: createUnreadableFailure(200, 'the answer is no Bundle') };
      return { ok: true, value: { entries: entries.map(readEntryResponse) } };
    },
    async searchByIdentifier(resourceType, identifier) {
      const path = `${resourceType}?${buildIdentifierQuery(identifier)}`;
      const answer = await sendRequest(wire, options, { method: 'GET', path, body: null });
      if (!answer.ok) return answer;
      const entries = readResponseEntries(answer.value);
      if (!entries) return { ok: false, failure: createUnreadableFailure(200, 'the answer is no Bundle') };
      return { ok: true, value: filterByIdentifier(entries, resourceType, identifier) };
    },
    async read(resourceType, id) {
      const answer = await sendRequest(wire, options, {
        method: 'GET',
        path: `${resourceType}/${id}`,
        body: null,
      });
      if (!answer.ok) {
        const { status } = answer.failure;
        return status === 404 || status === 410 ? { ok: true, value: null } : answer;
      }
      const { value } = answer;
      if (value.kind !== 'json' || !isObject(value.tree) || value.tree.resourceType !== resourceType) {
        return { ok: false, failure: createUnreadableFailure(200, `the answer is no ${resourceType}`) };
      }
      return { ok: true, value: { ...value.tree, resourceType } };
    },
  };
}
