import { stringifyJson } from '../fhir/json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import { below, identifierQuery, parseBase } from './address.ts';
import { type Body, issueCodes, readBody } from './body.ts';
import type { Ehr, EhrAnswer, EntryResponse, Trouble } from './ehr.ts';
import { retryAfterMs, troubleOfError, troubleOfStatus, unreadable } from './trouble.ts';

export interface EhrOptions {
  readonly base: string;
  /** The access token; with `fresh` a new one, asked for once after a 401. Omitted for a server without sign-in. */
  readonly bearerToken?: (fresh: boolean) => Promise<string>;
  readonly fetch?: typeof fetch;
  /** For the whole call, answer included. */
  readonly timeoutMs?: number;
  /** Allows http to other machines. */
  readonly plainHttp?: boolean;
  readonly now?: () => Date;
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

async function headersOf(options: EhrOptions, call: Call, fresh: boolean): Promise<Record<string, string>> {
  const token = await options.bearerToken?.(fresh);
  return {
    accept: FHIR_JSON,
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

async function once(base: URL, options: EhrOptions, call: Call, fresh: boolean): Promise<EhrAnswer<Reply>> {
  let headers: Record<string, string>;
  try {
    headers = await headersOf(options, call, fresh);
  } catch {
    return { ok: false, trouble: NO_TOKEN };
  }
  const signal = AbortSignal.timeout(options.timeoutMs ?? 30_000);
  try {
    const response = await (options.fetch ?? fetch)(below(base, call.path), {
      method: call.method,
      headers,
      body: call.body,
      redirect: 'manual',
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

/** One call, and one more with a new token where the first was answered 401. Other retries are the outbox's. */
async function send(base: URL, options: EhrOptions, call: Call): Promise<EhrAnswer<Body>> {
  let reply = await once(base, options, call, false);
  if (reply.ok && reply.value.status === 401 && options.bearerToken) {
    reply = await once(base, options, call, true);
  }
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

/**
 * A FHIR R4 server by its base URL. Answers are treated as hostile: no redirects, capped, parsed by the same parser as
 * deliveries, and never quoted. Throws a `config/invalid` Failure for a base URL that cannot be trusted.
 */
export function createEhr(options: EhrOptions): Ehr {
  const base = parseBase(options.base, options.plainHttp ?? false);
  return {
    async transaction(bundle) {
      const call: Call = { method: 'POST', path: '', body: stringifyJson(bundle) };
      const answer = await send(base, options, call);
      if (!answer.ok) return answer;
      if (answer.value.kind === 'empty') return { ok: true, value: { entries: [] } };
      const entries = entriesOf(answer.value);
      if (!entries) return { ok: false, trouble: unreadable(200, 'the answer is no Bundle') };
      return { ok: true, value: { entries: entries.map(entryResponse) } };
    },
    async searchByIdentifier(resourceType, identifier) {
      const path = `${resourceType}?${identifierQuery(identifier)}`;
      const answer = await send(base, options, { method: 'GET', path, body: null });
      if (!answer.ok) return answer;
      const entries = entriesOf(answer.value);
      if (!entries) return { ok: false, trouble: unreadable(200, 'the answer is no Bundle') };
      return { ok: true, value: matches(entries, resourceType, identifier) };
    },
    async read(resourceType, id) {
      const answer = await send(base, options, { method: 'GET', path: `${resourceType}/${id}`, body: null });
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
