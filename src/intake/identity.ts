import { createHash } from 'node:crypto';
import { canonicalJson, parseJson } from '../fhir/json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import type { Inbox } from '../store/store.ts';

/**
 * What a resource is known by (contract, section 2): its id at the site; without one its business identifier and code;
 * without that its content. The last two give an id of ours, so that the resource has an address.
 */
export function derivedId(site: string, resource: Resource): string {
  const identifiers = businessIdentifiers(resource);
  // Laboratories put one accession number on every result of a panel: the code tells its members apart.
  const known = identifiers.length > 0 ? [identifiers[0], resource.code] : [contentDigest(resource)];
  return uuidFrom(
    canonicalJson([site, resource.resourceType, ...known.filter((part) => part !== undefined)]),
  );
}

/** The id under which a resource that comes without one is known already, by business identifier and code; else null. */
export async function knownId(inbox: Inbox, site: string, resource: Resource): Promise<string | null> {
  const code = canonicalJson(resource.code ?? null);
  for (const identifier of businessIdentifiers(resource)) {
    for (const id of await inbox.idsByIdentifier(site, resource.resourceType, identifier)) {
      const version = await inbox.current({ site, resourceType: resource.resourceType, id });
      const known = version?.body ? (parseJson(version.body) as Resource) : null;
      if (known && canonicalJson(known.code ?? null) === code) return id;
    }
  }
  return null;
}

/** Whether the id is one that derivedId gave: the site's EHR does not know it. */
export function isDerivedId(id: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/.test(id);
}

/** A stable UUID (version 8, RFC 9562: custom) from any text. */
function uuidFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Every `system|value` in `identifier`, in order; empty where there is none with a value. */
export function businessIdentifiers(resource: Resource): readonly string[] {
  const list = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier];
  return list.flatMap((identifier) => {
    const token = identifierToken(identifier);
    return token ? [token] : [];
  });
}

/** An Identifier as `system|value` (`|value` without a system); null where it has no value. */
export function identifierToken(identifier: unknown): string | null {
  if (!isObject(identifier) || typeof identifier.value !== 'string' || identifier.value === '') return null;
  return `${typeof identifier.system === 'string' ? identifier.system : ''}|${identifier.value}`;
}

/** Equal for equal content, whatever the order of properties; `meta` is about the version, not the content. */
export function contentDigest(resource: Resource): string {
  const { meta: _version, ...content } = resource;
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

/** How the sender calls this version; null for what it does not say. */
export function senderVersionOf(resource: Resource): { version: string | null; updated: string | null } {
  const meta = isObject(resource.meta) ? resource.meta : {};
  return {
    version: typeof meta.versionId === 'string' ? meta.versionId : null,
    updated: typeof meta.lastUpdated === 'string' ? meta.lastUpdated : null,
  };
}
