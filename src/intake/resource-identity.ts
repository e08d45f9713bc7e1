import { createHash } from 'node:crypto';
import { parseJson, toCanonicalJson } from '../fhir/lossless-json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import type { Inbox, ResourceVersion, Retention } from '../store/store.ts';
import type { VersionStamp } from './compare-versions.ts';

/**
 * Derives the id of a resource that is sent without one (contract, section 2): from its business identifiers with code,
 * subject and time, else from its content. The identifiers alone do not suffice: laboratories put one accession number on
 * every result of a panel, and one order number on every draw of a series.
 */
export function deriveStableId(site: string, resource: Resource): string {
  const identifiers = listQualifiedIdentifiers(resource);
  const identity =
    identifiers.length > 0 ? [identifiers, buildMatchKey(resource)] : [digestContent(resource)];
  return toUuid(toCanonicalJson([site, resource.resourceType, ...identity]));
}

/** Finds the id of the stored resource that is certainly the same as one sent without an id; null without such a match. */
export async function findKnownId(inbox: Inbox, site: string, resource: Resource): Promise<string | null> {
  for (const identifier of listQualifiedIdentifiers(resource)) {
    for (const id of await inbox.findIdsByIdentifier(site, resource.resourceType, identifier)) {
      const version = await inbox.getCurrent({ site, resourceType: resource.resourceType, id });
      const known = version?.body ? (parseJson(version.body) as Resource) : null;
      if (known && isSameEntity(known, resource)) return id;
    }
  }
  return null;
}

/** Lists the identifiers with a system; a value without a system may identify anything. */
function listQualifiedIdentifiers(resource: Resource): readonly string[] {
  return listBusinessIdentifiers(resource).filter((identifier) => !identifier.startsWith('|'));
}

/** Builds the key, as canonical JSON, in which two resources with one identifier must agree to be the same. */
function buildMatchKey(resource: Resource): string {
  const { code, subject, effectiveDateTime, effectivePeriod, effectiveInstant } = resource;
  return toCanonicalJson({ code, subject, effectiveDateTime, effectivePeriod, effectiveInstant });
}

/**
 * Whether two resources with a common identifier are the same. Two Patients are the same unless a system has two values
 * (families share insurance numbers).
 */
function isSameEntity(known: Resource, incoming: Resource): boolean {
  if (known.resourceType !== 'Patient') return buildMatchKey(known) === buildMatchKey(incoming);
  const knownTokens = new Map(
    listQualifiedIdentifiers(known).map((token) => [parseTokenSystem(token), token]),
  );
  return listQualifiedIdentifiers(incoming).every(
    (token) => (knownTokens.get(parseTokenSystem(token)) ?? token) === token,
  );
}

const parseTokenSystem = (token: string): string => token.slice(0, token.lastIndexOf('|'));

/** Whether the id was derived by `deriveStableId`, so that the site's EHR has no resource with it. */
export function isDerivedId(id: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/.test(id);
}

/** Returns a stable UUID for a text (version 8, custom: RFC 9562, section 5.8). */
function toUuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Lists every `system|value` of `identifier`, in order; empty where none has a value. */
export function listBusinessIdentifiers(resource: Resource): readonly string[] {
  const list = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier];
  return list.flatMap((identifier) => {
    const token = toIdentifierToken(identifier);
    return token ? [token] : [];
  });
}

/** Formats an Identifier as `system|value` (`|value` without a system); null where it has no value. */
export function toIdentifierToken(identifier: unknown): string | null {
  if (!isObject(identifier) || typeof identifier.value !== 'string' || identifier.value === '') return null;
  return `${typeof identifier.system === 'string' ? identifier.system : ''}|${identifier.value}`;
}

/** Returns the SHA-256 of the canonical JSON without `meta`, which describes the version and not the content. */
export function digestContent(resource: Resource): string {
  const { meta: _version, ...content } = resource;
  return createHash('sha256').update(toCanonicalJson(content)).digest('hex');
}

/** Reads the sender's version: `meta.versionId` and `meta.lastUpdated`; null where absent. */
export function readSenderVersion(resource: Resource): { version: string | null; updated: string | null } {
  const meta = isObject(resource.meta) ? resource.meta : {};
  return {
    version: typeof meta.versionId === 'string' ? meta.versionId : null,
    updated: typeof meta.lastUpdated === 'string' ? meta.lastUpdated : null,
  };
}

/** Reads the data by which an incoming version is ordered. */
export function readVersionStamp(resource: Resource): VersionStamp {
  const { version, updated } = readSenderVersion(resource);
  return {
    senderVersion: version,
    senderUpdated: updated,
    digest: digestContent(resource),
    isDeletion: false,
  };
}

/** Whether the row only records that a version or a deletion arrived while consent was withdrawn; it was never current. */
export const isVersionMarker = ({ retention }: Pick<ResourceVersion, 'retention'>): boolean =>
  retention === 'marker' || retention === 'deletion-marker';

/** The retentions of versions that were sent with content which was not kept. */
const RETENTIONS_WITHOUT_CONTENT: readonly Retention[] = ['not-enrolled', 'withheld', 'marker'];

/** Converts a stored version to the data by which it is ordered. */
export function toVersionStamp(stored: ResourceVersion): VersionStamp {
  const isContentMissing = RETENTIONS_WITHOUT_CONTENT.includes(stored.retention);
  return { ...stored, isDeletion: stored.body === null, isContentMissing };
}
