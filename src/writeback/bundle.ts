import { createHash } from 'node:crypto';
import { identifierQuery } from '../ehr/address.ts';
import type { EntryResponse } from '../ehr/ehr.ts';
import { parseJson } from '../fhir/json.ts';
import { isObject } from '../fhir/resource.ts';
import type { OutboxEntry } from '../store/store.ts';
import type { JsonObject } from './owed.ts';

/** RFC 9562, namespace for names that are URLs. */
const URL_NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

/** UUID version 5 of a name: the same name is the same UUID, on every machine and in every run. */
export function uuidOf(name: string): string {
  const hash = createHash('sha1').update(URL_NAMESPACE).update(name, 'utf8').digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return parts.join('-');
}

/** The JSON object in an outbox column, its numbers' digits kept. */
export function objectIn(text: string): JsonObject {
  const tree = parseJson(text);
  if (!isObject(tree)) throw new Error('The outbox holds JSON that is no object.');
  return tree;
}

function entriesFor(entry: OutboxEntry): readonly JsonObject[] {
  const fullUrl = `urn:uuid:${uuidOf(entry.identifier)}`;
  const put = {
    fullUrl,
    resource: objectIn(entry.resource),
    request: { method: 'PUT', url: `${entry.resourceType}?${identifierQuery(entry.identifier)}` },
  };
  if (entry.provenance === null) return [put];
  const post = {
    fullUrl: `urn:uuid:${uuidOf(`${entry.identifier}#provenance-${entry.generation}`)}`,
    resource: { ...objectIn(entry.provenance), target: [{ reference: fullUrl }] },
    request: { method: 'POST', url: 'Provenance' },
  };
  return [put, post];
}

/**
 * A transaction that brings the EHR what it is owed: for each entry a conditional update by business identifier, which
 * creates at most one resource however often it is sent, and the Provenance of that content.
 */
export function transactionOf(entries: readonly OutboxEntry[]): JsonObject {
  return { resourceType: 'Bundle', type: 'transaction', entry: entries.flatMap(entriesFor) };
}

/** The responses that belong to each entry, in order; null where the EHR answered for another number of entries. */
export function responsesFor(
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
export function locationIn(response: EntryResponse, resourceType: string): string | null {
  const pattern = new RegExp(
    `(?:^|/)(${resourceType}/[A-Za-z0-9.-]{1,64})(?:/_history/([A-Za-z0-9.-]{1,64}))?/?$`,
  );
  const match = pattern.exec(response.location ?? '');
  if (!match) return null;
  const version = match[2] ?? /^(?:W\/)?"([A-Za-z0-9.-]{1,64})"$/.exec(response.etag ?? '')?.[1];
  return version ? `${match[1]}/_history/${version}` : (match[1] ?? null);
}
