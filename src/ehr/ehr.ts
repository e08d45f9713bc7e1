import type { Resource } from '../fhir/resource.ts';

/** Why a call to an EHR did not do what was asked; a value, since the other side's answers are data. */
export interface EhrFailure {
  /** Whether the same call may work later, or is wrong and stays wrong. */
  readonly recovery: 'retry' | 'refuse';
  /** `unknown`: the EHR may have done what was asked. */
  readonly effect: 'none' | 'unknown';
  /** HTTP status; null where no answer came. */
  readonly status: number | null;
  /** Milliseconds that the EHR asks to wait (Retry-After); null where it does not say. */
  readonly retryAfterMs: number | null;
  /** One line for an operator. Never quotes the EHR's answer, which may carry patient data. */
  readonly message: string;
}

export type EhrResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: EhrFailure };

/** One entry of a transaction-response. */
export interface EntryResponse {
  /** HTTP status; 0 where the entry names none. */
  readonly status: number;
  readonly location: string | null;
  readonly etag: string | null;
}

/** One hospital's FHIR server, as far as the adapter calls it. */
export interface Ehr {
  /** Sends a transaction Bundle once, without retry. `entries` is empty where the EHR accepted it and said no more. */
  sendTransaction(bundle: unknown): Promise<EhrResult<{ readonly entries: readonly EntryResponse[] }>>;
  /** The resources that carry the business identifier `system|value`, at most one page. */
  searchByIdentifier(resourceType: string, identifier: string): Promise<EhrResult<readonly Resource[]>>;
  /** The resource by its id; null where the EHR says that there is none, or none any more. */
  read(resourceType: string, id: string): Promise<EhrResult<Resource | null>>;
}
