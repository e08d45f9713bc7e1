import type { EntryResponse } from '../ehr/ehr.ts';
import { buildIdentifierQuery } from '../ehr/identifier-query.ts';
import type { JsonObject } from '../fhir/resource.ts';
import { deriveUuid } from '../fhir/uuid.ts';
import type { OutboxEntry } from '../store/outbox.ts';
import { parseOutboxJson } from './outbox-json.ts';
import { parseVersionLocation, type VersionLocation } from './version-location.ts';

/** An outbox entry to be sent in a transaction. */
export interface PendingWrite {
  readonly entry: OutboxEntry;
  /** The version in the EHR to replace, as `Type/id/_history/version`; null: the EHR finds the resource by identifier, or creates it. */
  readonly replaces: string | null;
  /** `create` where the EHR has no conditional update, and no resource with the identifier. */
  readonly way: 'update' | 'create';
}

function parseReplacedVersion(text: string): VersionLocation {
  const location = parseVersionLocation(text);
  if (!location) throw new Error('A write replaces a version without a valid location.');
  return location;
}

/**
 * Builds the write of a resource: a PUT, or a POST where it is to be created. Without a version to replace, the EHR finds or creates the one resource with the identifier
 * (R4 conditional update).
 */
function buildWriteEntry(
  { entry, way }: PendingWrite,
  replaced: VersionLocation | null,
  fullUrl: string,
): JsonObject {
  const resource = parseOutboxJson(entry.resource);
  if (way === 'create') return { fullUrl, resource, request: { method: 'POST', url: entry.resourceType } };
  if (replaced === null) {
    const url = `${entry.resourceType}?${buildIdentifierQuery(entry.identifier)}`;
    return { fullUrl, resource, request: { method: 'PUT', url } };
  }
  const { resourceType, id, version } = replaced;
  const ifMatch = version === null ? {} : { ifMatch: `W/"${version}"` };
  const request = { method: 'PUT', url: `${resourceType}/${id}`, ...ifMatch };
  return { fullUrl, resource: { ...resource, id }, request };
}

function buildBundleEntries(write: PendingWrite): readonly JsonObject[] {
  const { entry, replaces } = write;
  const fullUrl = `urn:uuid:${deriveUuid(entry.identifier)}`;
  const replaced = replaces === null ? null : parseReplacedVersion(replaces);
  const put = buildWriteEntry(write, replaced, fullUrl);
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
 * Builds the transaction Bundle that delivers outbox entries. Each entry updates the version that was read, or else the
 * resource with the business identifier, of which at most one is created, even if it is sent repeatedly; its Provenance
 * follows. An update by identifier has no `ifMatch`: R4 does not define the combination, and servers differ.
 */
export function buildTransaction(writes: readonly PendingWrite[]): JsonObject {
  return { resourceType: 'Bundle', type: 'transaction', entry: writes.flatMap(buildBundleEntries) };
}

/** Assigns the responses to the entries, in order; null where the EHR answered for another number of entries. */
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
