import type { Grouping, Interaction, InteractionResult } from '../fhir/interaction.ts';

/** An authenticated client, and the one site for whose patients it may send data. */
export interface Caller {
  readonly client: string;
  readonly site: string;
}

/** The only way in: every door (HTTP, Bundle, NDJSON, command line) calls it. Returns one result for each interaction. */
export type AcceptInteractions = (
  site: string,
  interactions: readonly Interaction[],
  grouping: Grouping,
  door: string,
) => Promise<readonly InteractionResult[]>;

/** One row of an enrolment file. */
export interface EnrolmentRequest {
  readonly subject: string;
  readonly site: string;
  /** `system|value` or `Patient/id`, as the site's EHR identifies the patient. */
  readonly patient: string;
  /** Calendar days, `YYYY-MM-DD`. */
  readonly enrolledOn: string;
  readonly consentedOn: string;
}

/**
 * Enrols the rows and accepts what was sealed for them. Returns the outcome of each row, in order; `opened` counts the
 * payloads that were unsealed.
 */
export type EnrolSubjects = (
  study: string,
  rows: readonly EnrolmentRequest[],
) => Promise<readonly { subject: string; result: 'enrolled' | 'unchanged'; opened: number }[]>;
