import type { Resource } from '../fhir/resource.ts';

/** The reason why a call to an EHR failed. */
export type EhrFailureCode =
  /** No connection or no complete answer within the time limit. */
  | 'timeout'
  /** The EHR's machine refuses connections. */
  | 'connection-refused'
  /** The EHR's name has no address, or its network cannot be reached. */
  | 'unreachable'
  /** The EHR's name resolves to an address that the adapter must not call. */
  | 'address-refused'
  /** The EHR's TLS certificate cannot be trusted. */
  | 'untrusted-certificate'
  /** The connection failed after the request may have been sent. */
  | 'connection-lost'
  /** No access token could be obtained, or the EHR does not accept it. */
  | 'unauthorized'
  /** The EHR answers with a redirect; redirects are never followed. */
  | 'redirected'
  /** The EHR cannot process the request now (429, 503 and the like). */
  | 'unavailable'
  /** The EHR refuses the request: the same request will be refused again. */
  | 'refused'
  /** The EHR reports success, and its answer cannot be read. */
  | 'unreadable-answer';

/** The failure of a call to an EHR: a value and not an exception, since the answer of another system is data. */
export interface EhrFailure {
  readonly code: EhrFailureCode;
  /** Whether the same call may succeed later (`retry`) or will fail again (`refuse`). */
  readonly recovery: 'retry' | 'refuse';
  /** `none`: the EHR did nothing. `unknown`: it may have done what was requested. */
  readonly effect: 'none' | 'unknown';
  /** HTTP status; null where no answer arrived. */
  readonly status: number | null;
  /** Milliseconds to wait that the EHR requests (Retry-After); null where it requests none. */
  readonly retryAfterMs: number | null;
  /** One line for an operator. Never quotes the EHR's answer, which may contain patient data. */
  readonly message: string;
}

export type EhrResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: EhrFailure };

/** One entry of a transaction response. */
export interface EntryResponse {
  /** HTTP status; 0 where the entry has none. */
  readonly status: number;
  readonly location: string | null;
  readonly etag: string | null;
}

/** One hospital's FHIR server, with the calls that the adapter makes. */
export interface Ehr {
  /**
   * Whether it creates and updates by identifier (R4 conditional update), so that the same write twice is one resource. Without,
   * as at Oracle Health, it must be searched before anything is created.
   */
  readonly updatesByIdentifier: boolean;
  /**
   * Sends a transaction Bundle once, without retry. `entries` is empty if the EHR accepted the Bundle with an answer that
   * lists no entries.
   */
  sendTransaction(bundle: unknown): Promise<EhrResult<{ readonly entries: readonly EntryResponse[] }>>;
  /** Searches for the resources with the business identifier `system|value`; at most one page. */
  searchByIdentifier(resourceType: string, identifier: string): Promise<EhrResult<readonly Resource[]>>;
  /** Reads a resource by its id; null where the EHR answers that it does not or no longer exist. */
  read(resourceType: string, id: string): Promise<EhrResult<Resource | null>>;
}
