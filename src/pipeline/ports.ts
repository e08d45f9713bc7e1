import type { Grouping, Interaction, InteractionResult } from '../fhir/interaction.ts';

/** An authenticated client, and the only site from which it may send patient data. */
export interface Caller {
  readonly client: string;
  readonly site: string;
}

/**
 * Accepts interactions of one site; every interface (HTTP, Bundle, NDJSON, command line) calls it. `door` names the
 * interface and is stored. Returns one result for each interaction, in order.
 */
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
  /** The place of the row, such as `enrolment.csv:2`, for a refusal; absent: its number. */
  readonly at?: string;
}

/**
 * Enrols the subjects of the rows and accepts the payloads that were sealed for them. Returns the outcome of each row, in
 * order; `opened` counts the payloads that were unsealed.
 */
export type EnrolSubjects = (
  study: string,
  rows: readonly EnrolmentRequest[],
) => Promise<readonly { subject: string; result: 'enrolled' | 'unchanged'; opened: number }[]>;
