import { createHash } from 'node:crypto';
import { buildIdentifierQuery } from '../ehr/base-url.ts';
import type { EntryResponse } from '../ehr/ehr.ts';
import { parseJson } from '../fhir/lossless-json.ts';
import { isObject } from '../fhir/resource.ts';
import type { OutboxEntry } from '../store/store.ts';
import type { JsonObject } from './outgoing-resource.ts';

/** RFC 9562, namespace for names that are URLs. */
const UUID_URL_NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

/** UUID version 5 of a name: the same name is the same UUID, on every machine and in every run. */
export function deriveUuid(name: string): string {
  const hash = createHash('sha1').update(UUID_URL_NAMESPACE).update(name, 'utf8').digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return parts.join('-');
}

/** The JSON object in an outbox column, its numbers' digits kept. */
export function parseJsonObject(text: string): JsonObject {
  const tree = parseJson(text);
  if (!isObject(tree)) throw new Error('The outbox holds JSON that is no object.');
  return tree;
}

/** An entry, and the version in the EHR that it is written over: `Type/id/_history/v`; null to find by identifier. */
export interface PendingWrite {
  readonly entry: OutboxEntry;
  readonly replaces: string | null;
}

/** Without an aim the EHR finds, or makes, the one resource with the identifier (R4 conditional update). */
function buildPutEntry({ entry, replaces: onto }: PendingWrite, fullUrl: string): JsonObject {
  const resource = parseJsonObject(entry.resource);
  const [type, id, , version] = onto?.split('/') ?? [];
  if (onto === null) {
    const url = `${entry.resourceType}?${buildIdentifierQuery(entry.identifier)}`;
    return { fullUrl, resource, request: { method: 'PUT', url } };
  }
  const request = { method: 'PUT', url: `${type}/${id}`, ifMatch: `W/"${version}"` };
  return { fullUrl, resource: { ...resource, id }, request };
}

function buildBundleEntries(aimed: PendingWrite): readonly JsonObject[] {
  const { entry, replaces: onto } = aimed;
  const fullUrl = `urn:uuid:${deriveUuid(entry.identifier)}`;
  const put = buildPutEntry(aimed, fullUrl);
  if (entry.provenance === null) return [put];
  const target = [{ reference: onto?.split('/_history/')[0] ?? fullUrl }];
  const post = {
    fullUrl: `urn:uuid:${deriveUuid(`${entry.identifier}#provenance-${entry.generation}`)}`,
    resource: { ...parseJsonObject(entry.provenance), target },
    request: { method: 'POST', url: 'Provenance' },
  };
  return [put, post];
}

/**
 * A transaction that brings the EHR what it is owed: for each entry an update, over the version that was seen or else by
 * business identifier, which creates at most one resource however often it is sent; and the Provenance of that content.
 * The condition on the identifier carries no `ifMatch`: R4 leaves open what the two together mean, and servers differ.
 */
export function buildTransaction(entries: readonly PendingWrite[]): JsonObject {
  return { resourceType: 'Bundle', type: 'transaction', entry: entries.flatMap(buildBundleEntries) };
}

/** The responses that belong to each entry, in order; null where the EHR answered for another number of entries. */
export function matchResponses(
  entries: readonly OutboxEntry[],
  responses: readonly EntryResponse[],
): readonly (readonly EntryResponse[])[] | null {
  let next = 0;
  const own = entries.map((entry) => {
    const start = next;
    next += entry.provenance === null ? 1 : 2;
    return responses.slice(start, next);
  });
  return next === responses.length ? own : null;
}

/** `Type/id/_history/v` from Location (relative or absolute) and ETag; null where they do not name the type. */
export function parseLocation(response: EntryResponse, resourceType: string): string | null {
  const pattern = new RegExp(
    `(?:^|/)(${resourceType}/[A-Za-z0-9.-]{1,64})(?:/_history/([A-Za-z0-9.-]{1,64}))?/?$`,
  );
  const match = pattern.exec(response.location ?? '');
  if (!match) return null;
  const version = match[2] ?? /^(?:W\/)?"([A-Za-z0-9.-]{1,64})"$/.exec(response.etag ?? '')?.[1];
  return version ? `${match[1]}/_history/${version}` : (match[1] ?? null);
}
