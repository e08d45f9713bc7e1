import { canonicalJson, isWireNumber, parseJson } from '../fhir/json.ts';
import { isObject } from '../fhir/resource.ts';
import type { JsonObject, LastOwed } from './owed.ts';

/** How the resource stands by itself, before it is known what the EHR was told earlier. */
export type Standing = 'preliminary' | 'final' | 'active';

/** What differs between the three kinds of resource in how a change is told. */
interface Habit {
  /** The element that says when this content was made. */
  readonly stamp: string;
  /** Whether the stamp keeps the instant of the first content (identified, authored) or follows each (issued). */
  readonly keepsFirstStamp: boolean;
  /** The status that says: this no longer holds. */
  readonly withdrawn: string;
}

/**
 * A withdrawn Observation keeps its value: R4 says of `entered-in-error` that decisions may have been based on it, and a
 * reader must see on what. A proposal is `revoked`: it was rightly made and must not be followed any more.
 */
const HABITS: Readonly<Record<string, Habit>> = {
  Observation: { stamp: 'issued', keepsFirstStamp: false, withdrawn: 'entered-in-error' },
  DetectedIssue: { stamp: 'identifiedDateTime', keepsFirstStamp: true, withdrawn: 'entered-in-error' },
  ServiceRequest: { stamp: 'authoredOn', keepsFirstStamp: true, withdrawn: 'revoked' },
};

export function habitOf(resourceType: string): Habit {
  const habit = HABITS[resourceType];
  if (!habit) throw new Error(`No write-back is defined for ${resourceType}.`);
  return habit;
}

/** What the EHR was last told, or was to be told, under an identifier. */
export interface Told {
  readonly resource: JsonObject;
  readonly status: string;
  /** Whether the EHR may have seen it or a forerunner; false only where that is certain. */
  readonly maybeSeen: boolean;
}

export function toldBefore(last: LastOwed | undefined): Told | null {
  if (!last) return null;
  const resource = parseJson(last.resource);
  if (!isObject(resource)) throw new Error('The outbox holds a resource that is no JSON object.');
  const status = typeof resource.status === 'string' ? resource.status : '';
  return { resource, status, maybeSeen: last.handedOut > 0 };
}

/** Without the names that stand beside a code, a reference or an identifier: they are wording, these are the content. */
function withoutNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNames);
  if (!isObject(value) || isWireNumber(value)) return value;
  const named = 'code' in value || 'reference' in value || 'identifier' in value;
  const kept = Object.entries(value).filter(([key]) => !(named && key === 'display'));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNames(inner)]));
}

/**
 * The content that matters to a clinician, as text: everything but status, stamp, the profile that is claimed, the
 * software's version and the wording of notes and names, which a new release may change for all subjects at once, and by which of his names the
 * patient is referred to.
 */
export function clinicalContent(resource: JsonObject): string {
  const { stamp } = habitOf(String(resource.resourceType));
  const apart = new Set([
    'meta',
    'status',
    'note',
    'device',
    'author',
    'requester',
    'subject',
    'patient',
    stamp,
  ]);
  const kept = Object.entries(resource).filter(([key]) => !apart.has(key));
  return canonicalJson(withoutNames(Object.fromEntries(kept)));
}

/**
 * The status to tell. `amended` once a final content changed, and when withdrawn content holds again. Content that was
 * final and waits for a confirming count again is `preliminary`: nobody may read it as confirmed.
 */
export function nextStatus(standing: Standing, told: Told | null, changed: boolean): string {
  if (standing !== 'final' || !told?.maybeSeen) return standing;
  if (told.status === 'final') return changed ? 'amended' : 'final';
  return told.status === 'preliminary' ? 'final' : 'amended';
}
