import type { SubjectKey } from './subject-store.ts';

/** `dead`: given up after a refusal or a week of failures. `paused`: pending at a site that an operator has paused. */
export type OutboxState = 'pending' | 'delivered' | 'dead' | 'paused';

/**
 * The latest content of one resource for an EHR, under its business identifier. Newer content replaces older content that
 * was not delivered, so that an EHR never receives outdated content. Printed as JSON.
 */
export interface OutboxEntry {
  readonly site: string;
  readonly study: string;
  readonly subject: string;
  /** `system|value`; unique per site. */
  readonly identifier: string;
  readonly resourceType: string;
  /** The resource as JSON text. */
  readonly resource: string;
  /** The Provenance of the resource as JSON text, without target; null for a resource without Provenance. */
  readonly provenance: string | null;
  /** The number of the content, counted from 1. */
  readonly generation: number;
  readonly state: OutboxState;
  /** The number of failures since this content was enqueued, or since an operator requested a new attempt. */
  readonly attempts: number;
  readonly nextAttemptAt: string;
  /** The message of the last failure, without patient data; null where no attempt failed. */
  readonly lastError: string | null;
  /** The code of the last failure (see OutboxFailure); null where no attempt failed, or before codes were stored. */
  readonly failureCode: string | null;
  /** The instant of the first failure that `attempts` counts; null where no attempt failed. */
  readonly failingSince: string | null;
  /** Where the EHR stored it, such as `Observation/12/_history/3`; null before the first delivery. */
  readonly location: string | null;
  /** The latest generation that was handed out for sending, and that the EHR may have received; 0 for none. */
  readonly handedOut: number;
  /** The contents that the EHR may have from the adapter: the last one delivered, and all handed out since. */
  readonly said: readonly string[];
}

/** The record of a failed attempt. */
export interface OutboxFailure {
  /** The kind of failure in one word, such as `timeout` or `changed-in-ehr`: a DeliveryFailureCode of writeback. */
  readonly code: string;
  /** One line for an operator, without patient data. */
  readonly message: string;
  /** The instant of the first of the failures in a row. */
  readonly failingSince: string;
  /** When the next attempt is due; `dead`: the entry is given up until an operator requests a new attempt. */
  readonly next: { readonly at: string } | 'dead';
}

/** The latest content under an identifier, as far as composing newer content needs it. */
export interface LastContent extends Pick<OutboxEntry, 'identifier' | 'resource' | 'handedOut'> {}

/** The resources to be written back to EHRs. */
export interface Outbox {
  /** Makes the content pending; nothing changes where the entry already has the same resource. */
  enqueue(
    entry: Pick<
      OutboxEntry,
      'site' | 'study' | 'subject' | 'identifier' | 'resourceType' | 'resource' | 'provenance'
    >,
    now: string,
  ): Promise<void>;
  get(site: string, identifier: string): Promise<OutboxEntry | undefined>;
  /** Removes an entry that was never handed out; false for any other, which an EHR may have received. */
  removeUnsent(site: string, identifier: string): Promise<boolean>;
  /** Whether takeDue would hand out any entry. */
  hasDue(now: string, sites: readonly string[]): Promise<boolean>;
  /**
   * Hands out the pending entries due at `now` of the subject that has waited longest, all of one site and study. The outbox
   * records that they were handed out, so that a process that is killed while sending leaves a record.
   */
  takeDue(now: string, sites: readonly string[], limit: number): Promise<readonly OutboxEntry[]>;
  /** Marks the entry as delivered, unless it has newer content by now. */
  markDelivered(entry: OutboxEntry, location: string | null): Promise<void>;
  /**
   * Records a failed attempt. `conflictLocation` is the version that somebody else changed in the EHR (null: deleted there);
   * it becomes the entry's location only when an operator decides to overwrite it.
   */
  recordFailure(entry: OutboxEntry, failure: OutboxFailure, conflictLocation?: string | null): Promise<void>;
  /** Makes an entry that was given up for a conflict pending again, to replace the version in the EHR; else false. */
  overwrite(site: string, identifier: string, now: string): Promise<boolean>;
  /**
   * Lists the latest contents about one subject, in order of identifier. It reads the rows of that subject and no others,
   * however many the outbox has.
   */
  listLastContents(subject: SubjectKey & { readonly site: string }): Promise<readonly LastContent[]>;
  /** Lists the entries that the filter names, all without one, in order of site and identifier. */
  list(filter: { state?: OutboxState; site?: string; subject?: string }): Promise<readonly OutboxEntry[]>;
  /**
   * Moves the entries of a site (null: of all sites) from one state to another; returns their number. A site that is moved
   * to `paused` stays paused for later entries too, until it is moved back.
   */
  changeState(from: OutboxState, to: OutboxState, site: string | null, now: string): Promise<number>;
}
