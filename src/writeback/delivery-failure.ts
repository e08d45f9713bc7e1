import type { EhrFailure, EhrFailureCode } from '../ehr/ehr.ts';

/** Why an outbox entry was not delivered, in one word: what the EHR answered, or why nothing was sent to it. */
export type DeliveryFailureCode =
  | EhrFailureCode
  /** Somebody changed our resource in the EHR; it is not overwritten unless an operator decides so. */
  | 'changed-in-ehr'
  /** Somebody deleted our resource in the EHR; it is not created again unless an operator decides so. */
  | 'deleted-in-ehr'
  /** Our resource changed between our read and our write; the next attempt reads it again. */
  | 'version-conflict'
  /** The EHR holds more than one resource with our identifier. */
  | 'duplicate-in-ehr'
  /** The subject withdrew from the study: nothing more is written about them. */
  | 'subject-withdrawn';

export interface DeliveryFailure extends Omit<EhrFailure, 'code'> {
  readonly code: DeliveryFailureCode;
}

/** A failure that no retry can resolve: an operator has to look. Nothing was sent. */
export function createRefusal(code: DeliveryFailureCode, message: string): DeliveryFailure {
  return { code, recovery: 'refuse', effect: 'none', status: null, retryAfterMs: null, message };
}
