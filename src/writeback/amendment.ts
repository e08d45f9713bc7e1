import type { JsonObject } from '../fhir/resource.ts';
import { parseOutboxJson } from './outbox-json.ts';
import type { LastOutboxEntry } from './outgoing-resource.ts';

/** The status of a resource by itself, before it is compared with what the EHR was sent earlier. */
export type BaseStatus = 'preliminary' | 'final' | 'active';

/** How the three kinds of resource differ when they are changed or withdrawn. */
interface StatusRules {
  /** The element that holds the instant of this content. */
  readonly timestampElement: string;
  /** Whether the timestamp keeps the instant of the first content (identified, authored) or follows each (issued). */
  readonly keepsFirstTimestamp: boolean;
  /** The status of a resource that no longer holds. */
  readonly withdrawnStatus: string;
}

/**
 * A withdrawn Observation keeps its value: R4 defines `entered-in-error` so that decisions may have been based on it, and
 * a reader must see on what. A proposal is `revoked`: it was made correctly and must not be followed any more.
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

/** Returns the rules of a resource type. Throws where the adapter does not write resources of that type. */
export function getStatusRules(resourceType: string): StatusRules {
  const rules = STATUS_RULES[resourceType];
  if (!rules) throw new Error(`No write-back is defined for ${resourceType}.`);
  return rules;
}

/** The content that the EHR was sent last, or was to be sent, under an identifier. */
export interface LastSent {
  readonly resource: JsonObject;
  /** Empty where the resource has none. */
  readonly status: string;
  /** Whether the EHR may have received it or an earlier content; false only where that is certain. */
  readonly mayHaveBeenSeen: boolean;
}

export function readLastSent(entry: LastOutboxEntry | undefined): LastSent | null {
  if (!entry) return null;
  const resource = parseOutboxJson(entry.resource);
  const status = typeof resource.status === 'string' ? resource.status : '';
  return { resource, status, mayHaveBeenSeen: entry.handedOut > 0 };
}

/**
 * Derives the status to send: `amended` once a final content has changed, and when withdrawn content holds again.
 * Content that was final and waits for a confirming count again is `preliminary`: nobody may read it as confirmed.
 */
export function deriveStatus(baseStatus: BaseStatus, lastSent: LastSent | null, hasChanged: boolean): string {
  if (baseStatus !== 'final' || !lastSent?.mayHaveBeenSeen) return baseStatus;
  if (lastSent.status === 'final') return hasChanged ? 'amended' : 'final';
  return lastSent.status === 'preliminary' ? 'final' : 'amended';
}
