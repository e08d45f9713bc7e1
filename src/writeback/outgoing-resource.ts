import type { Source } from '../trial/facts.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A resource that an EHR is owed: what it must hold from now on under this identifier. */
export interface OutgoingResource {
  /** `system|value`. */
  readonly identifier: string;
  readonly resourceType: string;
  readonly resource: JsonObject;
  /** The Provenance that goes with it, without target: the target is known when it is sent. */
  readonly provenance: JsonObject;
}

/** What composing needs to know of the one EHR that is written to, and of this run. */
export interface WritebackContext {
  readonly site: string;
  readonly study: {
    /** `system|value` by which the study is known. */
    readonly identifier: string;
    readonly title: string;
  };
  /** The patient as this EHR knows him: `Patient/id`, or `system|value`. */
  readonly patient: string;
  /** Canonicals of the rules beside the criteria set (protocol, mapping library), for Provenance.policy. */
  readonly policies?: readonly string[];
  /** Version of this software, for Provenance. */
  readonly softwareVersion: string;
  /** This instant, ISO 8601 in UTC. */
  readonly now: string;
  /** Whether this EHR can be asked for the source as `Type/id`: false for what other sites or other systems sent. */
  isResolvable(source: Source): boolean;
}

/** What was owed last under an identifier, as the outbox keeps it. */
export interface LastOutboxEntry {
  readonly resource: string;
  /** 0: the EHR never saw anything under the identifier. */
  readonly handedOut: number;
}
