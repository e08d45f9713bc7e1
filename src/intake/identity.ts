import { createHash } from 'node:crypto';
import { canonicalJson, parseJson } from '../fhir/json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import type { Inbox, InboxVersion } from '../store/store.ts';
import type { VersionFacts } from './version.ts';

/**
 * What a resource without an id is known by (contract, section 2): its business identifiers, else its content. With the
 * identifier goes what it is about: laboratories put one accession number on every result of a panel, and one order
 * number on every draw of a series.
 */
export function derivedId(site: string, resource: Resource): string {
  const identifiers = telling(resource);
  const known = identifiers.length > 0 ? [identifiers, aboutWhat(resource)] : [contentDigest(resource)];
  return uuidFrom(canonicalJson([site, resource.resourceType, ...known]));
}

/** The id under which a resource that comes without one is known already; null where it is new, or may be another's. */
export async function knownId(inbox: Inbox, site: string, resource: Resource): Promise<string | null> {
  for (const identifier of telling(resource)) {
    for (const id of await inbox.idsByIdentifier(site, resource.resourceType, identifier)) {
      const version = await inbox.current({ site, resourceType: resource.resourceType, id });
      const known = version?.body ? (parseJson(version.body) as Resource) : null;
      if (known && sameThing(known, resource)) return id;
    }
  }
  return null;
}

/** Identifiers that tell things apart: a value without a system may be anybody's. */
function telling(resource: Resource): readonly string[] {
  return businessIdentifiers(resource).filter((identifier) => !identifier.startsWith('|'));
}

/** What makes two resources with one identifier the same thing, as canonical JSON. */
function aboutWhat(resource: Resource): string {
  const { code, subject, effectiveDateTime, effectivePeriod, effectiveInstant } = resource;
  return canonicalJson({ code, subject, effectiveDateTime, effectivePeriod, effectiveInstant });
}

/** Two Patients are one person where no system gives them two values (a family shares its insurance number). */
function sameThing(known: Resource, arriving: Resource): boolean {
  if (known.resourceType !== 'Patient') return aboutWhat(known) === aboutWhat(arriving);
  const mine = new Map(telling(known).map((token) => [systemOf(token), token]));
  return telling(arriving).every((token) => (mine.get(systemOf(token)) ?? token) === token);
}

const systemOf = (token: string): string => token.slice(0, token.lastIndexOf('|'));

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

/** What orders the version of a resource that has arrived. */
export function versionFacts(resource: Resource): VersionFacts {
  const { version, updated } = senderVersionOf(resource);
  return { senderVersion: version, senderUpdated: updated, digest: contentDigest(resource), deleted: false };
}

/** The digest of a version that was taken out because it is about nobody enrolled: none of its content is kept. */
export const AWAY = 'away';

/**
 * The digest of a version that came while its subject had withdrawn: none of its content is kept. `NOTED` and
 * `NOTED_DELETION` have no effect as long as he has; when he is back the newest of them is in force, as `WITHHELD` or as
 * a deletion.
 */
export const WITHHELD = 'withheld';
export const NOTED = 'noted';
export const NOTED_DELETION = 'noted-deletion';

/** Whether the row says only that something came, and never was in force. */
export const isNote = ({ digest }: Pick<InboxVersion, 'digest'>): boolean =>
  digest === NOTED || digest === NOTED_DELETION;

/** What orders a stored version. */
export function versionFactsOf(stored: InboxVersion): VersionFacts {
  const away = [AWAY, WITHHELD, NOTED].includes(stored.digest);
  return { ...stored, deleted: stored.body === null, away };
}
