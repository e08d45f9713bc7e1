import type { Principal } from '../../auth/principal.ts';
import type { ScopeAction } from '../../auth/scopes.ts';
import type { FhirVersion } from '../../fhir/fhir-version.ts';
import type { FhirRequest } from '../../fhir/parse-interaction.ts';
import type { SupportedProfiles } from '../../fhir/profiles/supported-profiles.ts';
import type { EventLog } from '../../observe/event-log.ts';
import type { AcceptInteractions } from '../../pipeline/ports.ts';
import type { Gate } from '../limits/gate.ts';
import type { Reply } from '../reply.ts';

/** A request as a handler receives it: authenticated, parsed, and without the socket. */
export interface HandlerRequest extends Omit<FhirRequest, 'method'> {
  readonly caller: Principal;
  /** The FHIR version of the body. */
  readonly fhirVersion: FhirVersion;
  /** Whether the caller requests an answer without body: `Prefer: return=minimal` (RFC 7240, section 4.2). */
  readonly prefersMinimal: boolean;
  /** The decompressed bytes of the body, for a route that streams. */
  readonly chunks: AsyncIterable<Uint8Array> | null;
  /** `https://host/fhir`, as the configuration says that senders address the adapter. */
  readonly base: string;
}

/** Everything that the FHIR handlers need in addition to the request. */
export interface HandlerDependencies {
  readonly accept: AcceptInteractions;
  readonly now: () => Date;
  readonly version: string;
  /** The profiles that inbound resources of a type are checked against. */
  readonly findSupportedProfiles: (type: string) => SupportedProfiles;
  /** Whether ids over 64 characters are taken from the site. */
  readonly takesLongIds: (site: string) => boolean;
  readonly limits: { readonly lineBytes: number };
  /** Aborts when the service begins to stop: what can end early does. */
  readonly stopping: AbortSignal;
  /** Where streams wait while requests do. */
  readonly gate: Pick<Gate, 'waitForRequests'>;
  /** The URL of the token endpoint; null where no client asks for tokens. */
  readonly tokenUrl: string | null;
  readonly observer: FhirObserver;
}

/** Receives the outcome of each resource and request; no event names a patient. */
type FhirObserver = Pick<
  EventLog,
  'entryAccepted' | 'requestAnswered' | 'requestFailed' | 'authenticationRefused'
>;

/** One row of the route table, from which the router, the 405 answers and the CapabilityStatement are built. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Below /fhir. */
  readonly path: string;
  /** Its entry in the CapabilityStatement: interactions of the system or of each resource type, or an operation. */
  readonly offers: {
    readonly system?: readonly ('batch' | 'transaction')[];
    readonly resource?: readonly ('create' | 'update' | 'delete')[];
    readonly conditional?: readonly ('create' | 'update')[];
    readonly operation?: string;
  };
  /**
   * The right that is checked before the body is read: an action on the type in the path, or (`write`) any right to write, as each
   * part of the body needs its own. `nothing`: it tells nothing of anybody.
   */
  readonly needs: 'nothing' | 'write' | ScopeAction;
  readonly body: 'none' | 'resource' | 'bundle' | 'stream';
  readonly handle: (request: HandlerRequest, dependencies: HandlerDependencies) => Promise<Reply>;
}
