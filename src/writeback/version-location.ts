import type { EntryResponse } from '../ehr/ehr.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import { RESOURCE_ID_PATTERN } from '../fhir/resource-types.ts';

/**
 * The location and version of a resource in an EHR. As text it is `Type/id/_history/version`, or `Type/id` for an EHR
 * that does not count versions; the outbox stores the text.
 */
export interface VersionLocation {
  readonly resourceType: string;
  readonly id: string;
  /** null where the EHR does not count versions, or did not state the version. */
  readonly version: string | null;
}

const ID = '[A-Za-z0-9.-]{1,64}';
const LOCATION_PATTERN = new RegExp(`(?:^|/)([A-Za-z]+)/(${ID})(?:/_history/(${ID}))?/?$`);
const ETAG_PATTERN = new RegExp(`^(?:W/)?"(${ID})"$`);

/** Parses `Type/id` or `Type/id/_history/version`, relative or at the end of a URL. Null for anything else. */
export function parseVersionLocation(text: string): VersionLocation | null {
  const [, resourceType, id, version = null] = LOCATION_PATTERN.exec(text) ?? [];
  return resourceType === undefined || id === undefined ? null : { resourceType, id, version };
}

/** Formats the location as text. */
export function formatVersionLocation({ resourceType, id, version }: VersionLocation): string {
  return version === null ? `${resourceType}/${id}` : `${resourceType}/${id}/_history/${version}`;
}

/** Whether the location names a version, so that a write can be made conditional on it. */
export function isVersioned(location: string | null): location is string {
  return location !== null && (parseVersionLocation(location)?.version ?? null) !== null;
}

const toResourceId = (value: unknown): string | null =>
  typeof value === 'string' && RESOURCE_ID_PATTERN.test(value) ? value : null;

/**
 * Reads the location of a resource that an EHR returned. Null where its id is not an R4 id, which must not become part of a
 * URL that the adapter calls.
 */
export function readVersionLocation(resource: Resource): string | null {
  const id = toResourceId(resource.id);
  if (id === null) return null;
  const version = toResourceId(isObject(resource.meta) ? resource.meta.versionId : null);
  return formatVersionLocation({ resourceType: resource.resourceType, id, version });
}

/**
 * Reads the location that a transaction response states in Location (relative or absolute) and ETag; null where they do not
 * name the resource type.
 */
export function readResponseLocation(response: EntryResponse, resourceType: string): string | null {
  const location = parseVersionLocation(response.location ?? '');
  if (location?.resourceType !== resourceType) return null;
  const version = location.version ?? ETAG_PATTERN.exec(response.etag ?? '')?.[1] ?? null;
  return formatVersionLocation({ ...location, version });
}
