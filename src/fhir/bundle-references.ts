import { Failure } from '../errors.ts';
import { toCanonicalJson } from './lossless-json.ts';
import { isObject } from './resource.ts';
import { RESOURCE_ID_PATTERN, RESOURCE_TYPES } from './resource-types.ts';

/** The resource that a fullUrl in a Bundle identifies. */
interface ReferenceTarget {
  readonly type: string;
  readonly id: string;
  /** Its first business identifier, for a reader that does not have the id; null where it has none. */
  readonly identifier: { readonly system: string; readonly value: string } | null;
  /** Whether another entry refers to it. */
  isReferenced: boolean;
}

/** The targets of a Bundle, by fullUrl. */
export type BundleReferences = ReadonlyMap<string, ReferenceTarget>;

const UUID_URN = /^urn:uuid:([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$/;

function findFirstIdentifier(resource: Record<string, unknown>): ReferenceTarget['identifier'] {
  const { identifier } = resource;
  const identifiers: unknown[] = Array.isArray(identifier) ? identifier : [identifier];
  for (const candidate of identifiers) {
    if (!isObject(candidate)) continue;
    const { system, value } = candidate;
    if (typeof system === 'string' && typeof value === 'string') return { system, value };
  }
  return null;
}

/** The constants of FNV-1a for 128 bits (draft-eastlake-fnv, section 5). */
const FNV_PRIME = 0x0000000001000000000000000000013bn;
const FNV_OFFSET_BASIS = 0x6c62272e07bb014262b821756295c58dn;

/** Hashes a text to 36 characters in the form of a UUID (FNV-1a, 128 bits). Equal texts yield equal ids. */
function hashToUuid(text: string): string {
  let hash = FNV_OFFSET_BASIS;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * FNV_PRIME);
  }
  const hex = hash.toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/**
 * Derives the id of a resource without one: from its business identifier and code, which stay the same when the sender
 * builds the Bundle again; else the UUID in its fullUrl; else from the text of the fullUrl.
 */
function deriveResourceId(resource: Record<string, unknown>, fullUrl: string): string {
  const { id, resourceType } = resource;
  if (typeof id === 'string' && RESOURCE_ID_PATTERN.test(id)) return id;
  const identifier = findFirstIdentifier(resource);
  // Laboratories assign one number to all results of a panel; the code distinguishes them.
  if (identifier) return hashToUuid(toCanonicalJson([resourceType, identifier, resource.code ?? null]));
  return UUID_URN.exec(fullUrl)?.[1]?.toLowerCase() ?? hashToUuid(fullUrl);
}

/** Reads the id in `PUT Type/id`, under which the resource is stored; undefined for any other request. */
function readRequestUrlId(entry: Record<string, unknown>): string | undefined {
  const url = isObject(entry.request) ? entry.request.url : undefined;
  const match = typeof url === 'string' ? /^\/?[A-Za-z]+\/([A-Za-z0-9\-.]{1,64})$/.exec(url) : null;
  return match?.[1];
}

function buildReferenceTarget(entry: Record<string, unknown>, fullUrl: string): ReferenceTarget | null {
  const { resource } = entry;
  if (!isObject(resource)) return null;
  const type = resource.resourceType;
  if (typeof type !== 'string' || !RESOURCE_TYPES.has(type)) return null;
  return {
    type,
    id: readRequestUrlId(entry) ?? deriveResourceId(resource, fullUrl),
    identifier: findFirstIdentifier(resource),
    isReferenced: false,
  };
}

function readVersionId(entry: Record<string, unknown>): unknown {
  const meta = isObject(entry.resource) ? entry.resource.meta : undefined;
  return isObject(meta) ? meta.versionId : undefined;
}

/**
 * Collects the targets of a Bundle's fullUrls, each with whether an entry refers to it. Throws `fhir/invalid` where two
 * entries have the same fullUrl and version (FHIR R4 bundle, bdl-7).
 */
export function collectBundleReferences(entries: readonly Record<string, unknown>[]): BundleReferences {
  const targets = new Map<string, ReferenceTarget>();
  const seen = new Set<string>();
  entries.forEach((entry, index) => {
    const { fullUrl } = entry;
    if (typeof fullUrl !== 'string') return;
    const key = JSON.stringify([fullUrl, readVersionId(entry) ?? null]);
    if (seen.has(key)) {
      throw new Failure('fhir/invalid', 'Two entries have the same fullUrl.', {
        at: `Bundle.entry[${index}].fullUrl`,
        spec: 'bdl-7',
        fix: 'Send a different fullUrl in each entry.',
      });
    }
    seen.add(key);
    const target = buildReferenceTarget(entry, fullUrl);
    if (target) targets.set(fullUrl, target);
  });
  if (targets.size > 0) for (const entry of entries) markReferenced(entry.resource, targets);
  return targets;
}

function markReferenced(value: unknown, targets: ReadonlyMap<string, ReferenceTarget>): void {
  if (Array.isArray(value)) for (const item of value) markReferenced(item, targets);
  else if (isObject(value)) {
    const target = typeof value.reference === 'string' ? targets.get(value.reference) : undefined;
    if (target) target.isReferenced = true;
    for (const key in value) markReferenced(value[key], targets);
  }
}

/**
 * Rewrites every reference to another entry as `Type/id`, with the entry's business identifier where the reference has
 * none. Returns the same object for a resource without such references.
 */
export function rewriteReferences(
  resource: Record<string, unknown>,
  references: BundleReferences,
): Record<string, unknown> {
  if (references.size === 0) return resource;
  const rewritten = rewriteValue(resource, references);
  return isObject(rewritten) ? rewritten : resource;
}

function rewriteValue(value: unknown, references: BundleReferences): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => rewriteValue(item, references));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isObject(value)) return value;
  let copy: Record<string, unknown> | null = null;
  for (const key in value) {
    const rewritten = rewriteValue(value[key], references);
    if (rewritten === value[key]) continue;
    copy ??= { ...value };
    copy[key] = rewritten;
  }
  return rewriteReferenceElement(copy ?? value, references);
}

function rewriteReferenceElement(
  value: Record<string, unknown>,
  references: BundleReferences,
): Record<string, unknown> {
  const target = typeof value.reference === 'string' ? references.get(value.reference) : undefined;
  if (!target) return value;
  const identifier =
    target.identifier && value.identifier === undefined ? { identifier: target.identifier } : {};
  return { ...value, reference: `${target.type}/${target.id}`, ...identifier };
}
