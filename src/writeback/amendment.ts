import { isWireNumber, parseJson, toCanonicalJson } from '../fhir/lossless-json.ts';
import { isObject } from '../fhir/resource.ts';
import type { JsonObject, LastOutboxEntry } from './outgoing-resource.ts';

/** How the resource stands by itself, before it is known what the EHR was told earlier. */
export type BaseStatus = 'preliminary' | 'final' | 'active';

/** What differs between the three kinds of resource in how a change is told. */
interface StatusRules {
  /** The element that says when this content was made. */
  readonly timestampElement: string;
  /** Whether the stamp keeps the instant of the first content (identified, authored) or follows each (issued). */
  readonly keepsFirstTimestamp: boolean;
  /** The status that says: this no longer holds. */
  readonly withdrawnStatus: string;
}

/**
 * A withdrawn Observation keeps its value: R4 says of `entered-in-error` that decisions may have been based on it, and a
 * reader must see on what. A proposal is `revoked`: it was rightly made and must not be followed any more.
 */
const STATUS_RULES: Readonly<Record<string, StatusRules>> = {
  Observation: {
    timestampElement: 'issued',
    keepsFirstTimestamp: false,
    withdrawnStatus: 'entered-in-error',
  },
  DetectedIssue: {
    timestampElement: 'identifiedDateTime',
    keepsFirstTimestamp: true,
    withdrawnStatus: 'entered-in-error',
  },
  ServiceRequest: { timestampElement: 'authoredOn', keepsFirstTimestamp: true, withdrawnStatus: 'revoked' },
};

export function getStatusRules(resourceType: string): StatusRules {
  const habit = STATUS_RULES[resourceType];
  if (!habit) throw new Error(`No write-back is defined for ${resourceType}.`);
  return habit;
}

/** What the EHR was last told, or was to be told, under an identifier. */
export interface LastSent {
  readonly resource: JsonObject;
  readonly status: string;
  /** Whether the EHR may have seen it or a forerunner; false only where that is certain. */
  readonly mayHaveBeenSeen: boolean;
}

export function readLastSent(last: LastOutboxEntry | undefined): LastSent | null {
  if (!last) return null;
  const resource = parseJson(last.resource);
  if (!isObject(resource)) throw new Error('The outbox holds a resource that is no JSON object.');
  const status = typeof resource.status === 'string' ? resource.status : '';
  return { resource, status, mayHaveBeenSeen: last.handedOut > 0 };
}

/** Without the names that stand beside a code, a reference or an identifier: they are wording, these are the content. */
function omitDisplays(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(omitDisplays);
  if (!isObject(value) || isWireNumber(value)) return value;
  const named = 'code' in value || 'reference' in value || 'identifier' in value;
  const kept = Object.entries(value).filter(([key]) => !(named && key === 'display'));
  return Object.fromEntries(kept.map(([key, inner]) => [key, omitDisplays(inner)]));
}

/**
 * The content that matters to a clinician, as text: everything but status, stamp, the profile that is claimed, the
 * software's version and the wording of notes and names, which a new release may change for all subjects at once, and by which of his names the
 * patient is referred to.
 */
export function extractClinicalContent(resource: JsonObject): string {
  const { timestampElement: stamp } = getStatusRules(String(resource.resourceType));
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
  return toCanonicalJson(omitDisplays(Object.fromEntries(kept)));
}

/**
 * The status to tell. `amended` once a final content changed, and when withdrawn content holds again. Content that was
 * final and waits for a confirming count again is `preliminary`: nobody may read it as confirmed.
 */
export function deriveStatus(standing: BaseStatus, told: LastSent | null, changed: boolean): string {
  if (standing !== 'final' || !told?.mayHaveBeenSeen) return standing;
  if (told.status === 'final') return changed ? 'amended' : 'final';
  return told.status === 'preliminary' ? 'final' : 'amended';
}
