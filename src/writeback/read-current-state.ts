import type { Ehr, EhrFailure, EhrResult } from '../ehr/ehr.ts';
import { readDigits } from '../fhir/lossless-json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import type { OutboxEntry } from '../store/store.ts';
import { parseJsonObject } from './transaction-bundle.ts';

/** What stands in the EHR under the identifier, and so how what is owed may be written. */
export type CurrentState =
  /** It is held as owed: nothing is to be sent. */
  | { readonly kind: 'same'; readonly location: string | null }
  /** Nothing is held, or the EHR counts no versions or cannot be asked: by conditional update. */
  | { readonly kind: 'open' }
  /** What stands there is our own: over this version and no other. */
  | { readonly kind: 'own'; readonly location: string }
  /** Not now, or not without a person. `seen`: where somebody else's content is; null where ours was deleted. */
  | { readonly kind: 'trouble'; readonly failure: EhrFailure; readonly conflictLocation?: string | null };

const INSTANT_PATTERN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

function isSameText(sent: string, held: string): boolean {
  if (sent === held) return true;
  // Servers rewrite the zone of an instant (`Z`, `+00:00`).
  return INSTANT_PATTERN.test(sent) && INSTANT_PATTERN.test(held) && Date.parse(sent) === Date.parse(held);
}

/** Whether all that was sent is held; an EHR may have added elements of its own. Elements' order is no content. */
export function containsContent(held: unknown, sent: unknown): boolean {
  if (typeof sent === 'string') return typeof held === 'string' && isSameText(sent, held);
  if (readDigits(sent) !== null) return readDigits(sent) === readDigits(held);
  if (Array.isArray(sent)) {
    return Array.isArray(held) && sent.every((one) => held.some((other) => containsContent(other, one)));
  }
  if (isObject(sent)) {
    return isObject(held) && Object.entries(sent).every(([key, value]) => containsContent(held[key], value));
  }
  return sent === held;
}

/** What an EHR may change of its own accord, without changing what we said. */
const SERVER_ELEMENTS = new Set(['id', 'meta', 'text']);

function stripServerElements(resource: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(resource).filter(([key]) => !SERVER_ELEMENTS.has(key)));
}

/** Where a resource says whom it is about. */
const SUBJECT_ELEMENTS = ['subject', 'patient'];

/** The content, about whomever another resource is about. */
function withSubjectOf(content: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>) {
  const kept = Object.entries(content).map(([key, value]) => [
    key,
    SUBJECT_ELEMENTS.includes(key) ? other[key] : value,
  ]);
  return Object.fromEntries(kept) as Record<string, unknown>;
}

/**
 * Whether the EHR still holds one of the contents that we may have left there, with nothing put in or taken out. An EHR
 * that merges two Patients moves what it holds to the one that stays: to whom we are about to refer, if we know of it.
 */
function isOwnContent(
  held: Resource,
  said: readonly string[],
  owed: Readonly<Record<string, unknown>>,
): boolean {
  const now = stripServerElements(held);
  const left = said.map((text) => stripServerElements(parseJsonObject(text)));
  return [...left, ...left.map((one) => withSubjectOf(one, owed))].some(
    (one) => containsContent(now, one) && containsContent(one, now),
  );
}

/** R4 id: what an EHR answers otherwise stands in no address of ours. */
const FHIR_ID_PATTERN = /^[A-Za-z0-9.-]{1,64}$/;

const toFhirId = (value: unknown): string | null =>
  typeof value === 'string' && FHIR_ID_PATTERN.test(value) ? value : null;

/** `Type/id/_history/v`, without the last part where the EHR counts no versions. */
function formatLocation(resource: Resource): string | null {
  const id = toFhirId(resource.id);
  if (id === null) return null;
  const version = toFhirId(isObject(resource.meta) ? resource.meta.versionId : null);
  return `${resource.resourceType}/${id}${version === null ? '' : `/_history/${version}`}`;
}

function createRefusal(says: string): EhrFailure {
  return { recovery: 'refuse', effect: 'none', status: null, retryAfterMs: null, message: says };
}

const isVersioned = (location: string | null): location is string =>
  location?.includes('/_history/') ?? false;

const parseLocationId = (location: string): string => location.split('/')[1] ?? '';

/** What carries the identifier. A search may lag behind a write: what was delivered is also asked for by its id. */
async function findWithIdentifier(ehr: Ehr, entry: OutboxEntry): Promise<EhrResult<readonly Resource[]>> {
  const found = await ehr.searchByIdentifier(entry.resourceType, entry.identifier);
  if (!found.ok || found.value.length > 0 || entry.location === null) return found;
  const read = await ehr.read(entry.resourceType, parseLocationId(entry.location));
  return read.ok ? { ok: true, value: read.value ? [read.value] : [] } : read;
}

function classifyCurrentState(entry: OutboxEntry, found: Resource | undefined): CurrentState {
  const { location: left, said, resourceType } = entry;
  if (!found) {
    if (left === null) return { kind: 'open' };
    const says = `${left} was deleted in the EHR: outbox overwrite makes it anew`;
    return { kind: 'trouble', failure: createRefusal(says), conflictLocation: null };
  }
  const location = formatLocation(found);
  const { meta: _profileOnly, ...owed } = parseJsonObject(entry.resource);
  if (containsContent(found, owed)) return { kind: 'same', location };
  if (!isVersioned(location)) return { kind: 'open' };
  // Without a version that we know we left, what stands there can only stem from a sending of ours without an answer.
  if (!isVersioned(left) || location === left || isOwnContent(found, said, owed))
    return { kind: 'own', location };
  const says = `somebody changed the ${resourceType} in the EHR (${left}, now ${location}): read it there; outbox overwrite puts ours over it`;
  return { kind: 'trouble', failure: createRefusal(says), conflictLocation: location };
}

/**
 * Looks at what the EHR holds before it is written over. What somebody else changed or deleted there is not written
 * over: it may be a clinician's disagreement, which a person has to settle. An EHR that refuses the search is written to
 * as it was left.
 */
export async function readCurrentState(ehr: Ehr, entry: OutboxEntry): Promise<CurrentState> {
  const answer = await findWithIdentifier(ehr, entry);
  if (!answer.ok) {
    const { failure: trouble } = answer;
    if (trouble.recovery === 'retry') return { kind: 'trouble', failure: { ...trouble, effect: 'none' } };
    return isVersioned(entry.location) ? { kind: 'own', location: entry.location } : { kind: 'open' };
  }
  const [only, second] = answer.value;
  if (!second) return classifyCurrentState(entry, only);
  const says = `the EHR holds more than one ${entry.resourceType} with this identifier: delete all but one there, then outbox retry`;
  return { kind: 'trouble', failure: createRefusal(says) };
}
