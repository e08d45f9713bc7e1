import type { FhirVersion } from './fhir-version.ts';
import type { Disposition, OutcomeIssue } from './operation-outcome.ts';
import type { Resource } from './resource.ts';

/** The entries of one Bundle, to which its entries can refer. */
export interface BundleEntries {
  /** By fullUrl. Of several versions of a resource (bdl-7) the last in the Bundle. */
  readonly byUrl: ReadonlyMap<string, Interaction>;
}

/** The place of an interaction in the Bundle that contains it. */
export interface BundlePlace {
  /** null where the entry has none; no other entry can then refer to it. */
  readonly fullUrl: string | null;
  readonly entries: BundleEntries;
}

/** One request of a sender to create, update or delete a resource, from any interface. */
export interface Interaction {
  readonly method: 'create' | 'update' | 'delete';
  readonly resourceType: string;
  /** The id in the URL (update, delete) or in the resource; null for a create without one. */
  readonly id: string | null;
  /** null for a delete. */
  readonly resource: Resource | null;
  /** Search parameters of If-None-Exist, such as `identifier=sys|value`; null where it was not sent. */
  readonly ifNoneExist: string | null;
  /** The version in If-Match, without `W/""`; null where it was not sent. */
  readonly ifMatch: string | null;
  /**
   * For a delete that a history states: the sender's version of the deletion, or null, and its time, or null. Such a delete
   * has no effect on a newer version. Absent for a delete that is requested now.
   */
  readonly deletion?: { readonly version: string | null; readonly updated: string | null };
  /** The FHIR version of the resource; R4 where it is not stated. */
  readonly fhirVersion?: FhirVersion;
  /** The text of the resource as it was sent; absent where it is not known. */
  readonly sentText?: string;
  /** The Bundle in which it was sent; absent for a resource that was sent alone. */
  readonly place?: BundlePlace;
}

/** The result of one interaction. `status` is the HTTP status of a single request or of a Bundle's response entry. */
export interface InteractionResult {
  readonly status: number;
  readonly resourceType: string;
  /** The adapter's id and version of the stored resource; null where nothing was stored (dropped, invalid). */
  readonly id: string | null;
  readonly version: string | null;
  readonly lastModified: string | null;
  readonly disposition: Disposition;
  /** The number of facts that the resource states. */
  readonly facts: number;
  readonly issues: readonly OutcomeIssue[];
}

/** Whether each interaction succeeds or fails by itself, or all together. */
export type Grouping = 'each' | 'all-or-nothing';
