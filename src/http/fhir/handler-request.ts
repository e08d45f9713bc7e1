import type { Readable } from 'node:stream';
import type { FhirVersion } from '../../fhir/fhir-version.ts';
import type { SupportedProfiles } from '../../fhir/profiles/supported-profiles.ts';
import type { EventLog } from '../../observe/event-log.ts';
import type { AcceptInteractions, Caller } from '../../pipeline/ports.ts';

/** A request as a handler sees it: parsed, admitted, and without the socket. */
export interface HandlerRequest {
  readonly caller: Caller;
  /** The parts of the path, such as `{type: 'Observation', id: '1'}`. */
  readonly params: Readonly<Record<string, string>>;
  /** The query as it was sent, without `?`; empty where there is none. */
  readonly query: string;
  getHeader(name: string): string | null;
  /** The version that the body is written in. */
  readonly fhirVersion: FhirVersion;
  /** The parsed JSON body; undefined where the route has none. */
  readonly body: unknown;
  /** The decompressed bytes of the body, for a route that streams. */
  readonly stream: Readable | null;
  /** `http://host/fhir`, as the caller addresses us. */
  readonly base: string;
}

/** What the FHIR handlers need of the world. */
export interface HandlerDependencies {
  readonly accept: AcceptInteractions;
  readonly now: () => Date;
  readonly version: string;
  /** The profiles that the doors hold a sender to. */
  readonly findSupportedProfiles: (type: string) => SupportedProfiles;
  readonly limits: { readonly lineBytes: number };
  readonly observer: FhirObserver;
}

/** Told what became of each resource; nothing in it names a patient. */
export type FhirObserver = Pick<EventLog, 'entryAccepted' | 'requestAnswered' | 'requestFailed'>;
