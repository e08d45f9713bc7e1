import type { Grouping, Interaction, InteractionResult } from '../fhir/interaction.ts';

/** A caller who has been admitted: who he is, and the one site for whose patients he may speak. */
export interface Caller {
  readonly client: string;
  readonly site: string;
}

/** The one way in: every door (HTTP, Bundle, NDJSON, command line) calls this and nothing else. */
export type AcceptInteractions = (
  site: string,
  interactions: readonly Interaction[],
  grouping: Grouping,
  door: string,
) => Promise<readonly InteractionResult[]>;

export interface EnrolmentRequest {
  readonly subject: string;
  readonly site: string;
  /** `system|value` or `Patient/id`, as the site's EHR names him. */
  readonly patient: string;
  readonly enrolledOn: string;
  readonly consentedOn: string;
}

/** Enrols the rows, opens what was sealed for them, and says what became of each row (in order). */
export type EnrolSubjects = (
  study: string,
  rows: readonly EnrolmentRequest[],
) => Promise<readonly { subject: string; result: 'enrolled' | 'unchanged'; opened: number }[]>;
