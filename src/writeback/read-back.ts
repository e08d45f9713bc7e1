import type { Ehr, Trouble } from '../ehr/ehr.ts';
import { digits } from '../fhir/json.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import type { OutboxEntry } from '../store/store.ts';
import { objectIn } from './bundle.ts';

/** What the EHR holds under the identifier, compared with what it is owed. */
export type Found =
  | { readonly kind: 'same'; readonly location: string | null }
  | { readonly kind: 'other' }
  | { readonly kind: 'trouble'; readonly trouble: Trouble };

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

function sameText(sent: string, held: string): boolean {
  if (sent === held) return true;
  // Servers rewrite the zone of an instant (`Z`, `+00:00`).
  return INSTANT.test(sent) && INSTANT.test(held) && Date.parse(sent) === Date.parse(held);
}

/** Whether all that was sent is held; an EHR may have added elements of its own. Elements' order is no content. */
export function holds(held: unknown, sent: unknown): boolean {
  if (typeof sent === 'string') return typeof held === 'string' && sameText(sent, held);
  if (digits(sent) !== null) return digits(sent) === digits(held);
  if (Array.isArray(sent)) {
    return Array.isArray(held) && sent.every((one) => held.some((other) => holds(other, one)));
  }
  if (isObject(sent)) {
    return isObject(held) && Object.entries(sent).every(([key, value]) => holds(held[key], value));
  }
  return sent === held;
}

function locationOf(resource: Resource): string | null {
  if (!resource.id) return null;
  const version = isObject(resource.meta) ? resource.meta.versionId : undefined;
  const history = typeof version === 'string' ? `/_history/${version}` : '';
  return `${resource.resourceType}/${resource.id}${history}`;
}

const SEVERAL: Trouble = {
  recovery: 'refuse',
  effect: 'none',
  status: null,
  retryAfterMs: null,
  says: 'the EHR holds more than one resource with this identifier',
};

/**
 * Asks the EHR what it holds. An EHR that refuses the search gives `other`: sending again is safe for the resource (a
 * conditional update), and at worst repeats its Provenance.
 */
export async function readBack(ehr: Ehr, entry: OutboxEntry): Promise<Found> {
  const answer = await ehr.searchByIdentifier(entry.resourceType, entry.identifier);
  if (!answer.ok) {
    return answer.trouble.recovery === 'refuse'
      ? { kind: 'other' }
      : { kind: 'trouble', trouble: { ...answer.trouble, effect: 'none' } };
  }
  const [only, second] = answer.value;
  if (second) return { kind: 'trouble', trouble: SEVERAL };
  const { meta: _profileOnly, ...sent } = objectIn(entry.resource);
  return only && holds(only, sent) ? { kind: 'same', location: locationOf(only) } : { kind: 'other' };
}
