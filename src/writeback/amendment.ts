import type { JsonObject } from '../fhir/resource.ts';
import { parseOutboxJson } from './outbox-json.ts';
import type { LastOutboxEntry } from './outgoing-resource.ts';

/** The status of a resource by itself, before the comparison with the content that the EHR was sent earlier. */
export type BaseStatus = 'preliminary' | 'final' | 'active';

/** The rules for changing or withdrawing a resource, which differ by resource type. */
interface StatusRules {
  /** The element with the instant of the content. */
  readonly timestampElement: string;
  /** Whether the timestamp stays at the first content (identified, authored) or changes with each content (issued). */
  readonly isTimestampFixed: boolean;
  /** The status of a resource that is no longer true. */
  readonly withdrawnStatus: string;
}

/**
 * A withdrawn Observation keeps its value: by R4, decisions may have been based on an `entered-in-error` resource, and a
 * reader must see the value. A proposal is `revoked`: it was correct when it was made, and must no longer be followed.
 */
const STATUS_RULES: Readonly<Record<string, StatusRules>> = {
  Observation: {
    timestampElement: 'issued',
    isTimestampFixed: false,
    withdrawnStatus: 'entered-in-error',
  },
  DetectedIssue: {
    timestampElement: 'identifiedDateTime',
    isTimestampFixed: true,
    withdrawnStatus: 'entered-in-error',
  },
  ServiceRequest: { timestampElement: 'authoredOn', isTimestampFixed: true, withdrawnStatus: 'revoked' },
};

/** Returns the rules of a resource type. Throws for a type that the adapter does not write. */
export function getStatusRules(resourceType: string): StatusRules {
  const rules = STATUS_RULES[resourceType];
  if (!rules) throw new Error(`No write-back is defined for ${resourceType}.`);
  return rules;
}

/** The content that the EHR was sent last, or was to be sent, under an identifier. */
export interface LastSent {
  readonly resource: JsonObject;
  /** The status; empty where the resource has none. */
  readonly status: string;
  /** Whether the EHR may have received this or an earlier content; false only if it certainly received none. */
  readonly canHaveBeenSeen: boolean;
}

/** Reads the last content from the outbox; null where the outbox has no entry. */
export function readLastSent(entry: LastOutboxEntry | undefined): LastSent | null {
  if (!entry) return null;
  const resource = parseOutboxJson(entry.resource);
  const status = typeof resource.status === 'string' ? resource.status : '';
  return { resource, status, canHaveBeenSeen: entry.handedOut > 0 };
}

/**
 * Derives the status to send: `amended` once final content has changed, and for withdrawn content that is true again.
 * Content that was final and again needs a confirming count is `preliminary`, so that it is not read as confirmed.
 */
export function deriveStatus(baseStatus: BaseStatus, lastSent: LastSent | null, hasChanged: boolean): string {
  if (baseStatus !== 'final' || !lastSent?.canHaveBeenSeen) return baseStatus;
  if (lastSent.status === 'final') return hasChanged ? 'amended' : 'final';
  return lastSent.status === 'preliminary' ? 'final' : 'amended';
}
