import type { EhrFailure, EhrFailureCode } from '../ehr/ehr.ts';

/** The reason why an outbox entry was not delivered: a failed call to the EHR, or a reason not to send it. */
export type DeliveryFailureCode =
  | EhrFailureCode
  /** Somebody changed the resource in the EHR; it is not overwritten unless an operator decides so. */
  | 'changed-in-ehr'
  /** Somebody deleted the resource in the EHR; it is not created again unless an operator decides so. */
  | 'deleted-in-ehr'
  /** The resource changed between the read and the write of the adapter; the next attempt reads it again. */
  | 'version-conflict'
  /** The EHR has more than one resource with the identifier. */
  | 'duplicate-in-ehr'
  /** The subject withdrew from the study: nothing more is written about them. */
  | 'subject-withdrawn'
  /** The adapter failed while it prepared the call or read the answer: an error in this software. */
  | 'internal-error';

/** The failure of one attempt to deliver an entry. */
export interface DeliveryFailure extends Omit<EhrFailure, 'code'> {
  readonly code: DeliveryFailureCode;
}

/** Creates a failure that no retry can resolve, so that an operator must act. Nothing was sent. */
export function createRefusal(code: DeliveryFailureCode, message: string): DeliveryFailure {
  return { code, recovery: 'refuse', effect: 'none', status: null, retryAfterMs: null, message };
}

/** Creates the failure of an attempt that ended with an error in this software. Its message is not repeated: it may quote data. */
export function createInternalFailure(error: unknown): DeliveryFailure {
  const name = error instanceof Error && /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : 'unknown error';
  return {
    code: 'internal-error',
    recovery: 'retry',
    effect: 'unknown',
    status: null,
    retryAfterMs: null,
    message: `an error in the adapter (${name}): please report it`,
  };
}
