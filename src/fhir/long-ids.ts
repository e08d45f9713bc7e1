import { createHash } from 'node:crypto';
import { toCanonicalJson } from './canonical-json.ts';
import { CANONICAL_BASE } from './canonical-urls.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { FhirRequest } from './parse-interaction.ts';
import { isObject } from './resource.ts';
import { LONG_ID_PATTERN } from './resource-types.ts';
import { copySentText } from './sent-text.ts';
import { findResourceShape } from './validate/type-shapes.ts';

/**
 * Ids over 64 characters, as some EHRs have them against R4 (datatypes, id). For a site whose configuration takes them,
 * such an id is replaced by one that is derived from it, and is kept as a business identifier: system
 * LONG_ID_SYSTEM, value `Type/id` as the EHR writes it. References and URLs are rewritten in the same way.
 */
export const LONG_ID_SYSTEM = `${CANONICAL_BASE}/sid/long-id`;

/** A reference or address that ends with a long id: what is before it, type, id and version. */
const LONG_REFERENCE =
  /^((?:https?:\/\/[^\s?#]{1,1024}\/|\/)?)([A-Z][A-Za-z]{0,63})\/([A-Za-z0-9\-.]{65,256})((?:\/_history\/[A-Za-z0-9\-.]{1,64})?)$/;

/** Whether the value is an id that is too long for R4 and otherwise well formed. */
export const isLongId = (id: unknown): id is string => typeof id === 'string' && LONG_ID_PATTERN.test(id);

/**
 * Derives the id that replaces a long one: a UUID (version 8, custom: RFC 9562, section 5.8) that is the same in every
 * delivery, and by whose form write-back sees that the EHR has no such id.
 */
export function deriveShortId(type: string, longId: string): string {
  const hex = createHash('sha256')
    .update(toCanonicalJson(['long-id', type, longId]))
    .digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const buildLongIdIdentifier = (type: string, longId: string) => ({
  system: LONG_ID_SYSTEM,
  value: `${type}/${longId}`,
});

/** Parses `Type/id` with a long id at the end of a reference or address; null for any other text. */
function parseLongReference(text: unknown) {
  const [, before = '', type = '', id = '', after = ''] =
    typeof text === 'string' ? (LONG_REFERENCE.exec(text) ?? []) : [];
  return id === '' ? null : { before, type, id, after };
}

/** Rewrites an address (a reference, fullUrl or request URL) that ends with a long id; returns any other value as it is. */
function replaceIdInAddress(text: unknown): unknown {
  const parsed = parseLongReference(text);
  if (!parsed) return text;
  return `${parsed.before}${parsed.type}/${deriveShortId(parsed.type, parsed.id)}${parsed.after}`;
}

/** Rewrites what is inside a value; returns the same value where nothing in it has a long id. */
function replaceIdsInside(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(replaceIdsInside);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isObject(value)) return value;
  const changed: Record<string, unknown> = {};
  for (const key in value) {
    const rewritten = replaceIdsInside(value[key]);
    if (rewritten !== value[key]) changed[key] = rewritten;
  }
  const parsed = parseLongReference(value.reference);
  if (parsed) {
    changed.reference = replaceIdInAddress(value.reference);
    if (value.identifier === undefined) changed.identifier = buildLongIdIdentifier(parsed.type, parsed.id);
  }
  return Object.keys(changed).length > 0 ? { ...value, ...changed } : value;
}

/** Types that are stored, have a list of identifiers, and of which not every element is checked. */
const OTHER_TYPES_WITH_IDENTIFIERS: ReadonlySet<string> = new Set(['Specimen', 'Substance']);

/**
 * Adds the identifier with the long id. Where the type has one identifier at most (AdverseEvent in R4) and the sender uses
 * it, theirs stays alone.
 */
function addIdentifier(
  resource: Record<string, unknown>,
  type: string,
  longId: string,
  version: FhirVersion,
): Record<string, unknown> {
  const identifier = buildLongIdIdentifier(type, longId);
  const element = findResourceShape(type, version)?.elements.find(({ name }) => name === 'identifier');
  const isList = element?.isList ?? OTHER_TYPES_WITH_IDENTIFIERS.has(type);
  const sent = resource.identifier;
  if (isList && (sent === undefined || Array.isArray(sent)))
    return { ...resource, identifier: [...(sent ?? []), identifier] };
  return element && sent === undefined ? { ...resource, identifier } : resource;
}

function replaceIdsOfResource(
  resource: Record<string, unknown>,
  version: FhirVersion,
): Record<string, unknown> {
  const { resourceType, id } = resource;
  const rewritten = replaceIdsInside(resource);
  if (!isObject(rewritten)) return resource;
  if (typeof resourceType !== 'string' || !isLongId(id)) return copySentText(resource, rewritten);
  const withShortId = { ...rewritten, id: deriveShortId(resourceType, id) };
  return copySentText(resource, addIdentifier(withShortId, resourceType, id, version));
}

function replaceIdsOfEntry(entry: unknown, version: FhirVersion): unknown {
  if (!isObject(entry)) return entry;
  const { resource, request, fullUrl } = entry;
  return {
    ...entry,
    ...(fullUrl === undefined ? {} : { fullUrl: replaceIdInAddress(fullUrl) }),
    ...(isObject(resource) ? { resource: replaceIdsOfResource(resource, version) } : {}),
    ...(isObject(request) ? { request: { ...request, url: replaceIdInAddress(request.url) } } : {}),
  };
}

/**
 * Replaces the long ids of a resource, or of a Bundle's resources, fullUrls and requests, and the references to them.
 * Returns any other value, and what has no long id, as it is. Contained resources keep their ids, which mean nothing
 * outside.
 */
export function replaceLongIds(tree: unknown, version: FhirVersion = '4.0'): unknown {
  if (!isObject(tree)) return tree;
  if (tree.resourceType !== 'Bundle') return replaceIdsOfResource(tree, version);
  const { entry } = tree;
  return Array.isArray(entry)
    ? { ...tree, entry: entry.map((item) => replaceIdsOfEntry(item, version)) }
    : tree;
}

/** Replaces a long id in the URL of a request, and those in its body. */
export function replaceLongIdsOfRequest(request: FhirRequest): FhirRequest {
  const { type, id, body, fhirVersion } = request;
  return {
    ...request,
    id: isLongId(id) ? deriveShortId(type, id) : id,
    body: replaceLongIds(body, fhirVersion),
  };
}

/**
 * Lists the identifiers that `Patient/id` or `system|value` means: for a long id the derived id, as resources are stored,
 * and the identifier that carries the long one; any other text alone.
 */
export function listIdentifiersOfPatient(patient: string): readonly [string, ...string[]] {
  const parsed = parseLongReference(patient);
  if (parsed?.type !== 'Patient' || parsed.before !== '' || parsed.after !== '') return [patient];
  const { system, value } = buildLongIdIdentifier('Patient', parsed.id);
  return [`Patient/${deriveShortId('Patient', parsed.id)}`, `${system}|${value}`];
}

/** Finds the EHR's own `Patient/id` among a patient's identifiers, by the id derived from it; null where none has it. */
export function findLongPatientReference(reference: string, identifiers: readonly string[]): string | null {
  const prefix = `${LONG_ID_SYSTEM}|`;
  const longReferences = identifiers
    .filter((identifier) => identifier.startsWith(prefix))
    .map((identifier) => identifier.slice(prefix.length));
  return longReferences.find((long) => replaceIdInAddress(long) === reference) ?? null;
}
