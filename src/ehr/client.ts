import { stringifyJson } from '../fhir/json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import { createAddressPolicy, listAllowedNetworks } from './address-policy.ts';
import { below, identifierQuery, parseBase } from './base-url.ts';
import { type Body, issueCodes, readBody } from './body.ts';
import type { Ehr, EhrAnswer, EntryResponse, Trouble } from './ehr.ts';
import { retryAfterMs, troubleOfError, troubleOfStatus, unreadable } from './failures.ts';
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
interface Wire {
  readonly base: URL;
  readonly transport: Transport;
  readonly timeoutMs: number;
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string | null;
}

interface Reply {
  readonly status: number;
  readonly body: Body;
  readonly retryAfter: string | null;
}

const FHIR_JSON = 'application/fhir+json';

function headersOf(call: Call, token: string | undefined): Record<string, string> {
  return {
    accept: FHIR_JSON,
    // Without it any coding may come (RFC 9110, section 12.5.3), and a small answer may unpack to a large one.
    'accept-encoding': 'identity',
    ...(call.body === null ? {} : { 'content-type': FHIR_JSON, prefer: 'return=minimal' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

/** A token that cannot be had is a reason to wait: nothing was sent. */
const NO_TOKEN: Trouble = {
  recovery: 'retry',
  effect: 'none',
  status: null,
  retryAfterMs: null,
  says: 'no access token could be had',
};

async function once(wire: Wire, call: Call, token: string | undefined): Promise<EhrAnswer<Reply>> {
  const signal = AbortSignal.timeout(wire.timeoutMs);
  try {
    const { method, body: sent } = call;
    const headers = headersOf(call, token);
    const response = await wire.transport(below(wire.base, call.path), {
      method,
      headers,
      body: sent,
      signal,
    });
    const body = await readBody(response);
    return {
      ok: true,
      value: { status: response.status, body, retryAfter: response.headers.get('retry-after') },
    };
  } catch (error) {
    return { ok: false, trouble: troubleOfError(error, signal.aborted) };
  }
}

/** One call, and one more where the first was answered 401 and there is another token now. */
async function withToken(wire: Wire, options: EhrOptions, call: Call): Promise<EhrAnswer<Reply>> {
  const { bearerToken } = options;
  if (!bearerToken) return once(wire, call, undefined);
  let reply: EhrAnswer<Reply> = { ok: false, trouble: NO_TOKEN };
  try {
    const token = await bearerToken(false);
    reply = await once(wire, call, token);
    if (!reply.ok || reply.value.status !== 401) return reply;
    const fresh = await bearerToken(true);
    return fresh === token ? reply : await once(wire, call, fresh);
  } catch {
    return reply;
  }
}

/** One call. Retries, but for a new token, are the outbox's. */
async function send(wire: Wire, options: EhrOptions, call: Call): Promise<EhrAnswer<Body>> {
  const reply = await withToken(wire, options, call);
  if (!reply.ok) return reply;
  const { status, body, retryAfter } = reply.value;
  if (status < 200 || status > 299) {
    const wait = retryAfterMs(retryAfter, options.now?.() ?? new Date());
    return { ok: false, trouble: troubleOfStatus(status, wait, issueCodes(body)) };
  }
  if (body.kind === 'unreadable') return { ok: false, trouble: unreadable(status, body.why) };
  return { ok: true, value: body };
}

/** The entries of a Bundle; null for anything that is no Bundle. */
function entriesOf(body: Body): readonly Record<string, unknown>[] | null {
  if (body.kind !== 'json' || !isObject(body.tree) || body.tree.resourceType !== 'Bundle') return null;
  return Array.isArray(body.tree.entry) ? body.tree.entry.map((e: unknown) => (isObject(e) ? e : {})) : [];
}

function entryResponse(entry: Record<string, unknown>): EntryResponse {
  const response = isObject(entry.response) ? entry.response : {};
  const status = /^\d{3}/.exec(String(response.status ?? ''))?.[0];
  return {
    status: status ? Number(status) : 0,
    location: typeof response.location === 'string' ? response.location : null,
    etag: typeof response.etag === 'string' ? response.etag : null,
  };
}

function carries(resource: Record<string, unknown>, identifier: string): boolean {
  const all: unknown[] = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier];
  return all.some((one) => isObject(one) && `${one.system ?? ''}|${one.value}` === identifier);
}

/** Servers that ignore a parameter they do not know answer with everything: what does not match is left out. */
function matches(
  entries: readonly Record<string, unknown>[],
  resourceType: string,
  identifier: string,
): readonly Resource[] {
  return entries
    .map((entry) => entry.resource)
    .filter(isObject)
    .filter((r) => r.resourceType === resourceType && carries(r, identifier))
    .map((r) => ({ ...r, resourceType }));
}

function wireOf(options: EhrOptions): Wire {
  const base = parseBase(options.base, options.plainHttp ?? false);
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
  const wire = wireOf(options);
  return {
    async transaction(bundle) {
      const call: Call = { method: 'POST', path: '', body: stringifyJson(bundle) };
      const answer = await send(wire, options, call);
      if (!answer.ok) return answer;
      if (answer.value.kind === 'empty') return { ok: true, value: { entries: [] } };
      const entries = entriesOf(answer.value);
      if (!entries) return { ok: false, trouble: unreadable(200, 'the answer is no Bundle') };
      return { ok: true, value: { entries: entries.map(entryResponse) } };
    },
    async searchByIdentifier(resourceType, identifier) {
      const path = `${resourceType}?${identifierQuery(identifier)}`;
      const answer = await send(wire, options, { method: 'GET', path, body: null });
      if (!answer.ok) return answer;
      const entries = entriesOf(answer.value);
      if (!entries) return { ok: false, trouble: unreadable(200, 'the answer is no Bundle') };
      return { ok: true, value: matches(entries, resourceType, identifier) };
    },
    async read(resourceType, id) {
      const answer = await send(wire, options, { method: 'GET', path: `${resourceType}/${id}`, body: null });
      if (!answer.ok) {
        const { status } = answer.trouble;
        return status === 404 || status === 410 ? { ok: true, value: null } : answer;
      }
      const { value } = answer;
      if (value.kind !== 'json' || !isObject(value.tree) || value.tree.resourceType !== resourceType) {
        return { ok: false, trouble: unreadable(200, `the answer is no ${resourceType}`) };
      }
      return { ok: true, value: { ...value.tree, resourceType } };
    },
  };
}
