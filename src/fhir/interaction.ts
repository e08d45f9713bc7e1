import type { FhirVersion } from './fhir-version.ts';
import type { Disposition, OutcomeIssue } from './operation-outcome.ts';
import type { Resource } from './resource.ts';

/** One thing that a sender asks for, whichever door it came through. */
export interface Interaction {
  readonly method: 'create' | 'update' | 'delete';
  readonly resourceType: string;
  /** The id in the URL (update, delete) or in the resource; null for a create without one. */
  readonly id: string | null;
  /** null for a delete. */
  readonly resource: Resource | null;
  /** Search parameters of If-None-Exist, such as `identifier=sys|value`; null where not asked. */
  readonly ifNoneExist: string | null;
  /** The version in If-Match, without `W/""`; null where not asked. */
  readonly ifMatch: string | null;
  /** The version that the resource is written in; R4 where it is not said. */
  readonly fhirVersion?: FhirVersion;
}

/** What became of one interaction. `status` is the HTTP status of a lone request or of a Bundle's response entry. */
export interface InteractionResult {
  readonly status: number;
  readonly resourceType: string;
  /** Our id and version of the stored resource; null where nothing was stored (dropped, invalid). */
  readonly id: string | null;
  readonly version: string | null;
  readonly lastModified: string | null;
  readonly disposition: Disposition;
  /** How many facts it states. */
  readonly facts: number;
  readonly issues: readonly OutcomeIssue[];
}

/** How several interactions belong together: each for itself, or all or nothing. */
export type Grouping = 'each' | 'all-or-nothing';
