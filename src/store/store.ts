import type { SubjectAssessment } from '../trial/assessment.ts';
import type { Fact } from '../trial/facts.ts';
import type { SubjectKey, SubjectStore } from './subject-store.ts';

/**
 * What the adapter stores. One interface for every database: no other folder depends on which one it is. Instants are
 * ISO 8601 in UTC.
 */
export interface Store {
  /** Runs the work while no other transaction runs; all of it is stored, or nothing. */
  transaction<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  /** Runs work that only reads, on one consistent state. It does not wait for writers; writing in it fails. */
  read<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  /** Writes a row; throws a `store/…` Failure where that fails or would not be durable. */
  verifyWritable(): Promise<void>;
  close(): Promise<void>;
}

export interface StoreTransaction {
  readonly inbox: Inbox;
  readonly facts: FactStore;
  readonly workItems: WorkItemStore;
  readonly subjects: SubjectStore;
  readonly assessments: AssessmentStore;
  readonly outbox: Outbox;
  readonly sealedPayloads: SealedPayloadStore;
  readonly sharedValues: SharedValueStore;
}

/** Small values that every process on the store shares, by name. */
export interface SharedValueStore {
  /** null where there is no such value. */
  get(name: string): Promise<string | null>;
  put(name: string, value: string): Promise<void>;
}

/** The key of a resource at a site. */
export interface ResourceKey {
  readonly site: string;
  readonly resourceType: string;
  readonly id: string;
}

/** One accepted version of a resource; its body with every number's digits as sent. null body: a deletion. */
export interface ResourceVersion extends ResourceKey {
  /** Counts from 1 within the resource: our ETag. */
  readonly version: number;
  /** What the sender calls it, from meta.versionId and meta.lastUpdated. */
  readonly senderVersion: string | null;
  readonly senderUpdated: string | null;
  readonly receivedAt: string;
  readonly door: string;
  /** The FHIR version that the body is written in. */
  readonly fhirVersion: '4.0' | '5.0';
  readonly body: string | null;
  /** SHA-256 over the canonical JSON without meta; null where the content was not kept. */
  readonly digest: string | null;
  readonly retention: Retention;
  readonly disposition: 'mapped' | 'held' | 'ignored' | 'withdrawn' | 'superseded';
}

/**
 * How much of a version is kept. `kept`: all of it (a deletion has no content). `not-enrolled`: only its number, because
 * it is about nobody enrolled. `withheld`: only its number, because its subject had withdrawn consent. `marker` and
 * `deletion-marker`: only that a version or a deletion came while consent was withdrawn; these rows were never in force.
 */
export type Retention = 'kept' | 'not-enrolled' | 'withheld' | 'marker' | 'deletion-marker';

export interface Inbox {
  /** The current version, which may be a deletion; undefined where the resource is unknown. */
  getCurrent(key: ResourceKey): Promise<ResourceVersion | undefined>;
  /** The version with the sender's version number, current or not. */
  findBySenderVersion(key: ResourceKey, senderVersion: string): Promise<ResourceVersion | undefined>;
  /** Ids of current resources of a type that carry the business identifier `system|value`. */
  findIdsByIdentifier(site: string, resourceType: string, identifier: string): Promise<readonly string[]>;
  /** Stores a version, as the current one or (`inForce` false) as history. Returns our version number. */
  addVersion(
    row: Omit<ResourceVersion, 'version'>,
    found: { readonly identifiers: readonly string[]; readonly references: readonly string[] },
    inForce: boolean,
  ): Promise<number>;
  /** The versions that arrived after the current one without replacing it, in order of arrival. */
  listAfterCurrent(key: ResourceKey): Promise<readonly ResourceVersion[]>;
  /** The site's current resources that refer to `Type/id` or to a patient identifier (`Patient/12`, `system|value`). */
  listReferrers(site: string, reference: string): Promise<readonly ResourceKey[]>;
  /** Every version of every resource that the site sent before the instant, history and deletions included. */
  listReceivedBefore(site: string, instant: string): Promise<readonly ResourceVersion[]>;
  setDisposition(key: ResourceKey, disposition: ResourceVersion['disposition']): Promise<void>;
  /** Every current version that is not a deletion, in order of arrival; for replay. */
  listCurrent(): Promise<readonly ResourceVersion[]>;
  /** The same in pages: the versions after position `after` (0: from the start), each with its position. */
  listCurrentPage(
    after: number,
    limit: number,
  ): Promise<readonly { place: number; version: ResourceVersion }[]>;
  /** The number of versions that listCurrent returns. */
  countCurrent(): Promise<number>;
}

export interface FactStore {
  /** Stores the facts that the resource states about the subject; what it stated before is removed. */
  replaceForResource(key: ResourceKey, study: string, subject: string, facts: readonly Fact[]): Promise<void>;
  /** The subjects about whom the resource states facts. */
  listSubjects(key: ResourceKey): Promise<readonly SubjectKey[]>;
  /** The resources that state facts about the subject. */
  listResources(study: string, subject: string): Promise<readonly ResourceKey[]>;
  /** The facts that the resource states, for each of its subjects, in the order of the resource. */
  listForResource(key: ResourceKey): Promise<readonly { study: string; subject: string; fact: Fact }[]>;
  /**
   * Every fact that a resource states about the subject, ordered by day, then key. Resources that state the same fact are
   * listed each (see mergeStatements in trial).
   */
  listForSubject(study: string, subject: string): Promise<readonly Fact[]>;
}

export interface WorkItem {
  readonly id: string;
  readonly site: string;
  readonly reason: string;
  readonly group: string;
  readonly element: string;
  readonly detail: string;
  readonly fix: string;
  readonly waitsFor: string | null;
  readonly status: 'open' | 'resolved' | 'rejected';
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** The number of resources that wait for the item. */
  readonly count: number;
  /** One resource that waits, such as `Observation/123`; null where none does. */
  readonly example: string | null;
  /** What a decision would map, as JSON; null where no map entry would resolve the item. */
  readonly about: unknown;
  /** What the item means for the trial's figures; null where they do not depend on it by themselves. */
  readonly concerns: 'death-without-day' | null;
  /** null where nobody has decided. */
  readonly decision: WorkDecision | null;
}

export interface WorkDecision {
  readonly verdict: 'accepted' | 'rejected';
  /** The term or unit that it was mapped to; null where rejected, or mapped to nothing. */
  readonly target: string | null;
  readonly by: string;
  readonly at: string;
  readonly why: string | null;
}

export interface WorkItemStore {
  /** Opens a work item for (site, reason, group), or adds the resource to the existing one. Returns its id. */
  hold(
    need: Pick<WorkItem, 'site' | 'reason' | 'group' | 'element' | 'detail' | 'fix' | 'waitsFor'> & {
      readonly about?: unknown;
      readonly concerns?: WorkItem['concerns'];
    },
    waiting: ResourceKey,
    now: string,
  ): Promise<string>;
  /** Ends the resource's waiting, except for the reasons in `except`. Items for which nothing waits are resolved. */
  release(key: ResourceKey, except?: readonly string[]): Promise<void>;
  get(id: string): Promise<WorkItem | undefined>;
  /** The resources that wait for the item (null: for any item), in order of site, type and id. */
  waiting(id: string | null): Promise<readonly ResourceKey[]>;
  /** The needs for which the resource waits. */
  listNeeds(key: ResourceKey): Promise<readonly { reason: string; group: string }[]>;
  /** Stores the decision. An item that was rejected before is open again. */
  accept(id: string, decision: WorkDecision): Promise<void>;
  list(status: WorkItem['status'] | null): Promise<readonly WorkItem[]>;
  /** Whether a person has decided that this need is to be ignored. */
  isRejected(site: string, reason: string, group: string): Promise<boolean>;
  /** Rejects the item: its need is ignored from now on. Returns the resources that wait; they wait until restated. */
  reject(id: string, decision: WorkDecision | null): Promise<readonly ResourceKey[]>;
  /** Ends the waiting of all resources for the item. */
  clearWaiting(id: string): Promise<void>;
}

/** The last assessment of each subject. */
export interface AssessmentStore {
  get(study: string, subject: string): Promise<SubjectAssessment | undefined>;
  put(study: string, subject: string, assessment: SubjectAssessment, now: string): Promise<void>;
}

export type OutboxState = 'pending' | 'delivered' | 'dead' | 'paused';

/**
 * The latest content of one resource for an EHR, under its business identifier. Newer content replaces older content
 * that was not delivered, so that an EHR never receives what is no longer true.
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
  /** The Provenance of the resource as JSON text, without target; null where there is none. */
  readonly provenance: string | null;
  /** Counts the contents from 1. */
  readonly generation: number;
  readonly state: OutboxState;
  /** Failures since this content was enqueued or an operator asked for a new attempt. */
  readonly attempts: number;
  readonly nextAttemptAt: string;
  /** The message of the last failure, without patient data; null where none failed. */
  readonly lastError: string | null;
  /** The code of the last failure (see OutboxFailure); null where none failed, or before codes were stored. */
  readonly failureCode: string | null;
  /** The instant of the first of the failures that `attempts` counts; null where there is none. */
  readonly failingSince: string | null;
  /** `Observation/12/_history/3` as the EHR answered; null before the first delivery. */
  readonly location: string | null;
  /** The latest generation that was handed out for sending: the EHR may have received it. 0: none was. */
  readonly handedOut: number;
  /** The contents of ours that the EHR may hold: the last one delivered, and all that were handed out since. */
  readonly said: readonly string[];
}

/** What the outbox records of a failed attempt. */
export interface OutboxFailure {
  /** The kind of failure in one word, such as `timeout` or `changed-in-ehr`: a DeliveryFailureCode of writeback. */
  readonly code: string;
  /** One line for an operator, without patient data. */
  readonly message: string;
  /** The instant of the first of the failures in a row. */
  readonly failingSince: string;
  /** When the next attempt is due; `dead`: the entry is given up until an operator asks for a new attempt. */
  readonly next: { readonly at: string } | 'dead';
}

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
  /** Removes an entry that was never handed out. False where there is none: an EHR may have received the others. */
  removeUnsent(site: string, identifier: string): Promise<boolean>;
  /** Whether takeDue would hand out anything. */
  hasDue(now: string, sites: readonly string[]): Promise<boolean>;
  /**
   * Hands out the pending entries due at `now` of the subject that has waited longest, all of one site and subject. The
   * outbox records that they were handed out, so that a process that is killed while sending leaves a trace.
   */
  takeDue(now: string, sites: readonly string[], limit: number): Promise<readonly OutboxEntry[]>;
  /** Marks the entry as delivered, unless it has newer content by now. */
  markDelivered(entry: OutboxEntry, location: string | null): Promise<void>;
  /**
   * Records a failed attempt. `conflictLocation` is where the EHR holds what somebody else changed (null: it was deleted);
   * it becomes the entry's location when an operator decides so (`overwrite`), and not before.
   */
  recordFailure(entry: OutboxEntry, failure: OutboxFailure, conflictLocation?: string | null): Promise<void>;
  /** Makes an entry pending that was given up because of a conflict, to replace what was found in the EHR. False for others. */
  overwrite(site: string, identifier: string, now: string): Promise<boolean>;
  list(filter: { state?: OutboxState; site?: string; subject?: string }): Promise<readonly OutboxEntry[]>;
  /**
   * Moves the entries of a site (null: of all sites) from one state to another; returns their number. To `paused` also
   * holds back what the site is to be sent later; from `paused` ends that.
   */
  changeState(from: OutboxState, to: OutboxState, site: string | null, now: string): Promise<number>;
}

/** What was received about a patient who is not enrolled (yet): unreadable without the key, destroyed in time. */
export interface SealedPayload {
  readonly site: string;
  /** Keyed hashes of the patient's identifiers at the site; never the identifiers. */
  readonly patientHashes: readonly string[];
  /** Keyed hash of `Type/id`, by which a deletion finds the payload. */
  readonly resourceHash: string;
  /** Keyed hash of the content, so that content that is sent again is sealed once. */
  readonly contentHash: string;
  readonly ciphertext: Uint8Array;
  readonly receivedAt: string;
  readonly destroyAfter: string;
}

export interface SealedPayloadStore {
  /** False where the same content of the resource is sealed already. */
  put(payload: SealedPayload): Promise<boolean>;
  /** Removes and returns, in order of arrival, what is sealed for any of these patient hashes. */
  take(site: string, patientHashes: readonly string[]): Promise<readonly SealedPayload[]>;
  /** The sealed payloads of a resource, in order of arrival; they stay sealed. */
  listForResource(site: string, resourceHash: string): Promise<readonly SealedPayload[]>;
  /** Destroys every payload of a resource; returns their number. */
  destroyForResource(site: string, resourceHash: string): Promise<number>;
  /** Destroys the payloads whose time has come; returns their resources, by hash. */
  destroyDue(now: string): Promise<readonly { site: string; resourceHash: string }[]>;
  count(): Promise<number>;
}
