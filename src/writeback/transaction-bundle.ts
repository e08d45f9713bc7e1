import type { EntryResponse } from '../ehr/ehr.ts';
import { buildIdentifierQuery } from '../ehr/identifier-query.ts';
import type { JsonObject } from '../fhir/resource.ts';
import { deriveUuid } from '../fhir/uuid.ts';
import type { OutboxEntry } from '../store/store.ts';
import { parseOutboxJson } from './outbox-json.ts';
import { parseVersionLocation, type VersionLocation } from './version-location.ts';

/** An outbox entry on its way into a transaction. */
export interface PendingWrite {
  readonly entry: OutboxEntry;
  /** The version in the EHR that the write replaces, as `Type/id/_history/version`; null to find it by identifier. */
  readonly replaces: string | null;
}

function parseReplacedVersion(text: string): VersionLocation {
  const location = parseVersionLocation(text);
  if (!location) throw new Error('A write replaces something that is not a location in an EHR.');
  return location;
}

/**
 * Builds the PUT of a resource. Without a version to replace, the EHR finds or creates the one resource that carries the
 * identifier (R4 conditional update).
 */
function buildPutEntry(entry: OutboxEntry, replaced: VersionLocation | null, fullUrl: string): JsonObject {
  const resource = parseOutboxJson(entry.resource);
  if (replaced === null) {
    const url = `${entry.resourceType}?${buildIdentifierQuery(entry.identifier)}`;
    return { fullUrl, resource, request: { method: 'PUT', url } };
  }
  const { resourceType, id, version } = replaced;
  const request = { method: 'PUT', url: `${resourceType}/${id}`, ifMatch: `W/"${version}"` };
  return { fullUrl, resource: { ...resource, id }, request };
}

function buildBundleEntries({ entry, replaces }: PendingWrite): readonly JsonObject[] {
  const fullUrl = `urn:uuid:${deriveUuid(entry.identifier)}`;
  const replaced = replaces === null ? null : parseReplacedVersion(replaces);
  const put = buildPutEntry(entry, replaced, fullUrl);
  if (entry.provenance === null) return [put];
  const target = [{ reference: replaced ? `${replaced.resourceType}/${replaced.id}` : fullUrl }];
  const post = {
    fullUrl: `urn:uuid:${deriveUuid(`${entry.identifier}#provenance-${entry.generation}`)}`,
    resource: { ...parseOutboxJson(entry.provenance), target },
    request: { method: 'POST', url: 'Provenance' },
  };
  return [put, post];
}

/**
 * Builds the transaction Bundle that delivers outbox entries. Each entry is an update of the version that was read, or
 * else of the resource with the business identifier, of which at most one is created however often it is sent; its
 * Provenance follows. An update by identifier carries no `ifMatch`: R4 does not define what the two mean together, and
 * servers differ.
 */
export function buildTransaction(writes: readonly PendingWrite[]): JsonObject {
  return { resourceType: 'Bundle', type: 'transaction', entry: writes.flatMap(buildBundleEntries) };
}

/** The responses that belong to each entry, in order; null where the EHR answered for another number of entries. */
export function matchResponses(
  entries: readonly OutboxEntry[],
  responses: readonly EntryResponse[],
): readonly (readonly EntryResponse[])[] | null {
  let end = 0;
  const byEntry = entries.map((entry) => {
    const start = end;
    end += entry.provenance === null ? 1 : 2;
    return responses.slice(start, end);
  });
  return end === responses.length ? byEntry : null;
}
