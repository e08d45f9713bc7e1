import type { JsonObject } from '../fhir/resource.ts';
import type { Source } from '../trial/facts.ts';

/** A resource to be sent to an EHR, which must hold this content under this identifier from now on. */
export interface OutgoingResource {
  /** `system|value`. */
  readonly identifier: string;
  readonly resourceType: string;
  readonly resource: JsonObject;
  /** The Provenance of the resource, without target: the target is known only when it is sent. */
  readonly provenance: JsonObject;
}

/** What composing resources needs to know of the EHR that is written to, the study and this run. */
export interface WritebackContext {
  readonly study: {
    /** `system|value` of the study. */
    readonly identifier: string;
    readonly title: string;
  };
  /** The patient in this EHR: `Patient/id`, or `system|value`. */
  readonly patient: string;
  /** Canonicals of the rules other than the criteria set (protocol, mapping library), for Provenance.policy. */
  readonly policies?: readonly string[];
  /** Version of this software, for Provenance. */
  readonly softwareVersion: string;
  /** The present instant, ISO 8601 in UTC. */
  readonly now: string;
  /** Whether this EHR can resolve the source as `Type/id`: false for what other sites or other systems sent. */
  isResolvable(source: Source): boolean;
}

/** The entry that the outbox holds under an identifier. */
export interface LastOutboxEntry {
  readonly resource: string;
  /** 0: nothing under the identifier was ever sent to the EHR. */
  readonly handedOut: number;
}
