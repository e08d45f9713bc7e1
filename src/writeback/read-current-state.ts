import type { Ehr, EhrResult } from '../ehr/ehr.ts';
import type { Resource } from '../fhir/resource.ts';
import type { OutboxEntry } from '../store/outbox.ts';
import { hasPendingContent, isOwnContent } from './content.ts';
import { createRefusal, type DeliveryFailure } from './delivery-failure.ts';
import { parseOutboxJson } from './outbox-json.ts';
import { isVersioned, parseVersionLocation, readVersionLocation } from './version-location.ts';

/** The state of the EHR under an entry's identifier, which determines how the entry may be written. */
export type CurrentState =
  /** The EHR already has the content: nothing is to be sent. */
  | { readonly kind: 'delivered'; readonly location: string | null }
  /** The EHR has no resource: sent as a conditional update by identifier, or created where the EHR has none. */
  | { readonly kind: 'absent' }
  /** The EHR counts no versions: sent as a conditional update by identifier, or to the id where the EHR has none. */
  | { readonly kind: 'unversioned'; readonly location: string | null }
  /** The EHR refuses the search and no version is known: sent as a conditional update, or not at all where the EHR has none. */
  | { readonly kind: 'unsearchable'; readonly failure: DeliveryFailure }
  /** The EHR has content from the adapter, which may be replaced at this version only. */
  | { readonly kind: 'own'; readonly location: string }
  /** Nothing may be written now, or not without a decision by an operator. */
  | {
      readonly kind: 'blocked';
      readonly failure: DeliveryFailure;
      /** The version that somebody else changed in the EHR; null where it was deleted there. Absent otherwise. */
      readonly conflictLocation?: string | null;
    };

/**
 * Finds the resources with the entry's identifier. An EHR's search index may lag behind a write, so a resource that was
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
  if (location === null) return { kind: 'absent' };
  const message = `${location} was deleted in the EHR: "outbox overwrite" creates it again`;
  return { kind: 'blocked', failure: createRefusal('deleted-in-ehr', message), conflictLocation: null };
}

function classifyPresence(entry: OutboxEntry, found: Resource): CurrentState {
  const { location: lastLocation, resourceType } = entry;
  const location = readVersionLocation(found);
  const { meta: _meta, ...pending } = parseOutboxJson(entry.resource);
  const earlier = entry.said.map(parseOutboxJson);
  if (hasPendingContent(found, pending, earlier)) return { kind: 'delivered', location };
  if (!isVersioned(location)) return { kind: 'unversioned', location };
  // Where no delivery was ever confirmed, the content can only be from an attempt that was not answered.
  const isOwn =
    !isVersioned(lastLocation) || location === lastLocation || isOwnContent(found, earlier, pending);
  if (isOwn) return { kind: 'own', location };
  const message =
    `the ${resourceType} was changed in the EHR (${lastLocation}, now ${location}): ` +
    'check the change there; "outbox overwrite" replaces it';
  return { kind: 'blocked', failure: createRefusal('changed-in-ehr', message), conflictLocation: location };
}

/**
 * Reads the state of the EHR before a resource is replaced. A resource that somebody else changed or deleted there is not
 * overwritten: the change may express a clinician's disagreement, which a person must settle. If the EHR refuses the
 * search, the version that was last delivered is replaced.
 */
export async function readCurrentState(ehr: Ehr, entry: OutboxEntry): Promise<CurrentState> {
  const found = await findWithIdentifier(ehr, entry);
  if (!found.ok) {
    const { failure } = found;
    // The search writes nothing, so its unknown effect is not a reason to wait.
    if (failure.recovery === 'retry') return { kind: 'blocked', failure: { ...failure, effect: 'none' } };
    return isVersioned(entry.location)
      ? { kind: 'own', location: entry.location }
      : { kind: 'unsearchable', failure };
  }
  const [resource, duplicate] = found.value;
  if (!resource) return classifyAbsence(entry);
  if (!duplicate) return classifyPresence(entry, resource);
  const message =
    `the EHR has more than one ${entry.resourceType} with this identifier: ` +
    'delete all but one there, then run "outbox retry"';
  return { kind: 'blocked', failure: createRefusal('duplicate-in-ehr', message) };
}
