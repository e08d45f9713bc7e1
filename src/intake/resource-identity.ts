import { hash } from 'node:crypto';
import { toCanonicalJson } from '../fhir/canonical-json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import type { ResourceVersion, Retention } from '../store/inbox-store.ts';
import type { VersionStamp } from './compare-versions.ts';

/** Lists the identifiers with a system; a value without a system may identify anything. */
export function listQualifiedIdentifiers(resource: Resource): readonly string[] {
  return listBusinessIdentifiers(resource).filter((identifier) => !identifier.startsWith('|'));
}

/** Whether the id was derived by `deriveStatementId`, so that the site's EHR has no resource with it. */
export function isDerivedId(id: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/.test(id);
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

/** The digests of resources that were asked for: a version is compared several times while it is received. */
const contentDigests = new WeakMap<Resource, string>();

/** Returns the SHA-256 of the canonical JSON without `meta`, which describes the version and not the content. */
export function digestContent(resource: Resource): string {
  const known = contentDigests.get(resource);
  if (known !== undefined) return known;
  const { meta: _version, ...content } = resource;
  const digest = hash('sha256', toCanonicalJson(content));
  contentDigests.set(resource, digest);
  return digest;
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
