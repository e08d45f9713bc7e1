import type { JsonObject } from '../fhir/resource.ts';
import type { Source } from '../trial/facts.ts';

/** A resource to be sent to an EHR, as the current content under its identifier. */
export interface OutgoingResource {
  /** `system|value`. */
  readonly identifier: string;
  readonly resourceType: string;
  readonly resource: JsonObject;
  /** The Provenance of the resource, without target, which is known only when it is sent. */
  readonly provenance: JsonObject;
}

/** The study, the patient and the software version for which resources are composed. */
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
  /** Whether the EHR can resolve the source as `Type/id`: false for sources from other sites or systems. */
  isResolvable(source: Source): boolean;
}

/** The outbox entry under an identifier. */
export interface LastOutboxEntry {
  readonly resource: string;
  /** 0: nothing was ever sent to the EHR under the identifier. */
  readonly handedOut: number;
}
