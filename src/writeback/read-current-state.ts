import type { Ehr, EhrResult } from '../ehr/ehr.ts';
import type { Resource } from '../fhir/resource.ts';
import type { OutboxEntry } from '../store/store.ts';
import { containsContent, isOwnContent } from './content.ts';
import { createRefusal, type DeliveryFailure } from './delivery-failure.ts';
import { parseOutboxJson } from './outbox-json.ts';
import { isVersioned, parseVersionLocation, readVersionLocation } from './version-location.ts';

/** What the EHR holds under an entry's identifier, and therefore how the entry may be written. */
export type CurrentState =
  /** The EHR holds the content already: there is nothing to send. */
  | { readonly kind: 'delivered'; readonly location: string | null }
  /** The EHR holds nothing, counts no versions or refuses the search: a conditional update by identifier. */
  | { readonly kind: 'unversioned' }
  /** The EHR holds content of ours: it may be replaced at this version and no other. */
  | { readonly kind: 'own'; readonly location: string }
  /** Nothing may be written now, or not without a decision by an operator. */
  | {
      readonly kind: 'blocked';
      readonly failure: DeliveryFailure;
      /** Where the EHR holds content that somebody else changed; null where ours was deleted. Absent otherwise. */
      readonly conflictLocation?: string | null;
    };

/**
 * Finds what carries the entry's identifier. An EHR's search index may lag behind a write, so a resource that was
 * delivered is also read by its id.
 */
async function findWithIdentifier(ehr: Ehr, entry: OutboxEntry): Promise<EhrResult<readonly Resource[]>> {
  const found = await ehr.searchByIdentifier(entry.resourceType, entry.identifier);
  if (!found.ok || found.value.length > 0 || entry.location === null) return found;
  const id = parseVersionLocation(entry.location)?.id ?? '';
  const read = await ehr.read(entry.resourceType, id);
  return read.ok ? { ok: true, value: read.value ? [read.value] : [] } : read;
}

function classifyAbsence({ location }: OutboxEntry): CurrentState {
  if (location === null) return { kind: 'unversioned' };
  const message = `${location} was deleted in the EHR: "outbox overwrite" creates it again`;
  return { kind: 'blocked', failure: createRefusal('deleted-in-ehr', message), conflictLocation: null };
}

function classifyPresence(entry: OutboxEntry, found: Resource): CurrentState {
  const { location: lastLocation, said, resourceType } = entry;
  const location = readVersionLocation(found);
  const { meta: _profileOnly, ...pending } = parseOutboxJson(entry.resource);
  if (containsContent(found, pending)) return { kind: 'delivered', location };
  if (!isVersioned(location)) return { kind: 'unversioned' };
  // Where no version of ours was ever confirmed, the content can only stem from an attempt of ours without an answer.
  const isOurs =
    !isVersioned(lastLocation) ||
    location === lastLocation ||
    isOwnContent(found, said.map(parseOutboxJson), pending);
  if (isOurs) return { kind: 'own', location };
  const message =
    `the ${resourceType} was changed in the EHR (${lastLocation}, now ${location}): ` +
    'read the change there; "outbox overwrite" replaces it with ours';
  return { kind: 'blocked', failure: createRefusal('changed-in-ehr', message), conflictLocation: location };
}

/**
 * Reads what the EHR holds before it is replaced. What somebody else changed or deleted there is not overwritten: it may
 * express a clinician's disagreement, which a person has to settle. An EHR that refuses the search is written to at the
 * version that was last delivered.
 */
export async function readCurrentState(ehr: Ehr, entry: OutboxEntry): Promise<CurrentState> {
  const found = await findWithIdentifier(ehr, entry);
  if (!found.ok) {
    const { failure } = found;
    // The search wrote nothing, so an unknown effect is no reason to wait.
    if (failure.recovery === 'retry') return { kind: 'blocked', failure: { ...failure, effect: 'none' } };
    return isVersioned(entry.location) ? { kind: 'own', location: entry.location } : { kind: 'unversioned' };
  }
  const [resource, duplicate] = found.value;
  if (!resource) return classifyAbsence(entry);
  if (!duplicate) return classifyPresence(entry, resource);
  const message =
    `the EHR holds more than one ${entry.resourceType} with this identifier: ` +
    'delete all but one there, then run "outbox retry"';
  return { kind: 'blocked', failure: createRefusal('duplicate-in-ehr', message) };
}
