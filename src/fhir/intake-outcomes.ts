import type { FailureCode } from '../errors.ts';

/**
 * The codes of OperationOutcome.issue.details for the outcome of a payload, in the order of the published CodeSystem
 * `intake-outcome` (profiles/fsh/intake-codes.fsh). The CodeSystem also contains the codes of failures.
 */
export const OUTCOME_CODES = [
  'done',
  'mapped',
  'ignored',
  'dropped',
  'unchanged',
  'older-version',
  'withdrawn',
  'merge',
  'replaced',
  'version-gap',
  'clock-ahead',
  'enrolment',
  'if-none-exist',
  'precondition',
  'nothing-stored',
  'summary',
  'fhir-invalid',
  'internal',
  'unmapped-code',
  'unmapped-unit',
  'unit-property-conflict',
  'implausible-value',
  'unknown-patient',
  'ambiguous-patient',
  'contested-identifier',
  'too-many-links',
  'missing-weight',
  'dose-out-of-range',
  'version-conflict',
  'version-not-kept',
  'unparseable-value',
  'not-understood',
  'cannot-be-mapped',
  'code-not-needed',
  'type-not-needed',
  'resource-type-not-needed',
  'not-needed',
  'kept-for-references',
  'no-contained-results',
  'not-a-laboratory-result',
  'panel',
  'no-value',
  'not-given',
  'not-completed',
  'potential-adverse-event',
  'absent-adverse-event',
  'entered-in-error',
  'refuted',
  'status-registered',
  'status-preliminary',
  'status-cancelled',
  'status-unknown',
  'status-on-hold',
  'status-preparation',
  'verification-unconfirmed',
  'verification-provisional',
  'verification-differential',
  'unusual-value',
] as const;

type FailureOutcome<Code extends string> = Code extends `${infer Subject}/${infer Kind}`
  ? `${Subject}-${Kind}`
  : never;

/** The outcome of a payload, or the failure that refused it (`fhir/malformed` as `fhir-malformed`). */
export type OutcomeCode = (typeof OUTCOME_CODES)[number] | FailureOutcome<FailureCode>;

const OUTCOMES: ReadonlySet<string> = new Set(OUTCOME_CODES);

/** Converts a reason of mapping to an outcome code; `ignored` for a reason that is not published. */
export function toOutcomeCode(reason: string): OutcomeCode {
  return OUTCOMES.has(reason) ? (reason as OutcomeCode) : 'ignored';
}

/** Converts the code of a failure to an outcome code. */
export function toFailureOutcome(code: FailureCode): OutcomeCode {
  // As in FailureOutcome: the one slash becomes a hyphen.
  return code.replace('/', '-') as FailureOutcome<FailureCode>;
}
