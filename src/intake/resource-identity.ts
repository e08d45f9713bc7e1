import { createHash } from 'node:crypto';
import { parseJson, toCanonicalJson } from '../fhir/lossless-json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import type { Inbox, ResourceVersion, Retention } from '../store/store.ts';
import type { VersionStamp } from './compare-versions.ts';

/**
 * What a resource without an id is known by (contract, section 2): its business identifiers, else its content. With the
 * identifier goes what it is about: laboratories put one accession number on every result of a panel, and one order
 * number on every draw of a series.
 */
export function deriveStableId(site: string, resource: Resource): string {
  const identifiers = listQualifiedIdentifiers(resource);
  const known = identifiers.length > 0 ? [identifiers, buildMatchKey(resource)] : [digestContent(resource)];
  return toUuid(toCanonicalJson([site, resource.resourceType, ...known]));
}

/** The id under which a resource that comes without one is known already; null where it is new, or may be another's. */
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

/** Identifiers that tell things apart: a value without a system may be anybody's. */
function listQualifiedIdentifiers(resource: Resource): readonly string[] {
  return listBusinessIdentifiers(resource).filter((identifier) => !identifier.startsWith('|'));
}

/** What makes two resources with one identifier the same thing, as canonical JSON. */
function buildMatchKey(resource: Resource): string {
  const { code, subject, effectiveDateTime, effectivePeriod, effectiveInstant } = resource;
  return toCanonicalJson({ code, subject, effectiveDateTime, effectivePeriod, effectiveInstant });
}

/** Two Patients are one person where no system gives them two values (a family shares its insurance number). */
function isSameEntity(known: Resource, arriving: Resource): boolean {
  if (known.resourceType !== 'Patient') return buildMatchKey(known) === buildMatchKey(arriving);
  const mine = new Map(listQualifiedIdentifiers(known).map((token) => [parseTokenSystem(token), token]));
  return listQualifiedIdentifiers(arriving).every(
    (token) => (mine.get(parseTokenSystem(token)) ?? token) === token,
  );
}

const parseTokenSystem = (token: string): string => token.slice(0, token.lastIndexOf('|'));

/** Whether the id is one that derivedId gave: the site's EHR does not know it. */
export function isDerivedId(id: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/.test(id);
}

/** A stable UUID (version 8, RFC 9562: custom) from any text. */
function toUuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Every `system|value` in `identifier`, in order; empty where there is none with a value. */
export function listBusinessIdentifiers(resource: Resource): readonly string[] {
  const list = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier];
  return list.flatMap((identifier) => {
    const token = toIdentifierToken(identifier);
    return token ? [token] : [];
  });
}

/** An Identifier as `system|value` (`|value` without a system); null where it has no value. */
export function toIdentifierToken(identifier: unknown): string | null {
  if (!isObject(identifier) || typeof identifier.value !== 'string' || identifier.value === '') return null;
  return `${typeof identifier.system === 'string' ? identifier.system : ''}|${identifier.value}`;
}

/** Equal for equal content, whatever the order of properties; `meta` is about the version, not the content. */
export function digestContent(resource: Resource): string {
  const { meta: _version, ...content } = resource;
  return createHash('sha256').update(toCanonicalJson(content)).digest('hex');
}

/** How the sender calls this version; null for what it does not say. */
export function readSenderVersion(resource: Resource): { version: string | null; updated: string | null } {
  const meta = isObject(resource.meta) ? resource.meta : {};
  return {
    version: typeof meta.versionId === 'string' ? meta.versionId : null,
    updated: typeof meta.lastUpdated === 'string' ? meta.lastUpdated : null,
  };
}

/** What orders the version of a resource that has arrived. */
export function readVersionStamp(resource: Resource): VersionStamp {
  const { version, updated } = readSenderVersion(resource);
  return {
    senderVersion: version,
    senderUpdated: updated,
    digest: digestContent(resource),
    isDeletion: false,
  };
}

/** Whether the row only records that a version or a deletion came while consent was withdrawn; it was never in force. */
export const isVersionMarker = ({ retention }: Pick<ResourceVersion, 'retention'>): boolean =>
  retention === 'marker' || retention === 'deletion-marker';

/** Versions whose content was not kept; deletions have none. */
const RETENTIONS_WITHOUT_CONTENT: readonly Retention[] = ['not-enrolled', 'withheld', 'marker'];

/** Returns what orders a stored version. */
export function toVersionStamp(stored: ResourceVersion): VersionStamp {
  const isContentMissing = RETENTIONS_WITHOUT_CONTENT.includes(stored.retention);
  return { ...stored, isDeletion: stored.body === null, isContentMissing };
}
