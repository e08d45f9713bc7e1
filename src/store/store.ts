import type { SubjectAssessment } from '../trial/assessment.ts';
import type { Fact } from '../trial/facts.ts';
import type { SubjectKey, SubjectStore } from './subject-store.ts';

/**
 * What the adapter keeps, as rows. One interface for every database: nothing above this file knows which one it is.
 * Instants are ISO 8601 in UTC. `transaction` runs its work alone: all of it is stored, or none.
 */
export interface Store {
  transaction<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  /** As transaction, on one consistent state, for work that only reads: writing in it fails. Waits for no writer. */
  read<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  /** Writes something; throws a `store/…` Failure where that fails or would not be durable. */
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

/** Small things that every process on the store must know, by name. */
export interface SharedValueStore {
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
  /** The version in force, deletions included; undefined where the resource is unknown. */
  getCurrent(key: ResourceKey): Promise<ResourceVersion | undefined>;
  /** The version with the sender's version number, whether in force or not. */
  findBySenderVersion(key: ResourceKey, senderVersion: string): Promise<ResourceVersion | undefined>;
  /** Ids of current resources of a type that carry the business identifier `system|value`. */
  findIdsByIdentifier(site: string, resourceType: string, identifier: string): Promise<readonly string[]>;
  /** Stores a version; `inForce` false keeps it as history of an older one. Returns our version number. */
  addVersion(
    row: Omit<ResourceVersion, 'version'>,
    found: { readonly identifiers: readonly string[]; readonly references: readonly string[] },
    inForce: boolean,
  ): Promise<number>;
  /** What came after the version in force and took no effect, in order of arrival. */
  listAfterCurrent(key: ResourceKey): Promise<readonly ResourceVersion[]>;
  /** Resources at the site, in force, that refer to `Type/id`, or name a patient so (`Patient/12`, `system|value`). */
  listReferrers(site: string, reference: string): Promise<readonly ResourceKey[]>;
  /** Every version of every resource of the site received before the instant, history and deletions included. */
  listReceivedBefore(site: string, instant: string): Promise<readonly ResourceVersion[]>;
  setDisposition(key: ResourceKey, disposition: ResourceVersion['disposition']): Promise<void>;
  /** Every current, not deleted version, in order of arrival; for replay. */
  listCurrent(): Promise<readonly ResourceVersion[]>;
  /** The same in pages: those that arrived after the place `after` (0: from the start), each with its own place. */
  listCurrentPage(
    after: number,
    limit: number,
  ): Promise<readonly { place: number; version: ResourceVersion }[]>;
  /** How many there are. */
  countCurrent(): Promise<number>;
}

export interface FactStore {
  /** Makes the resource state exactly these facts, and no others. */
  replaceForResource(key: ResourceKey, study: string, subject: string, facts: readonly Fact[]): Promise<void>;
  /** The subjects of whom the resource states facts. */
  listSubjects(key: ResourceKey): Promise<readonly SubjectKey[]>;
  /** The resources that state facts of the subject. */
  listResources(study: string, subject: string): Promise<readonly ResourceKey[]>;
  /** What the resource states now, for each of its subjects, in the order of the resource. */
  listForResource(key: ResourceKey): Promise<readonly { study: string; subject: string; fact: Fact }[]>;
  /** A subject's facts: statements with one key are one fact that names all its sources. Ordered by day, then key. */
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
  /** How many resources wait for it now. */
  readonly count: number;
  /** One resource that waits: `Observation/123`. */
  readonly example: string | null;
  /** What a decision would be about, as JSON; null where no map entry would settle it. */
  readonly about: unknown;
  /** What the item means for the trial's figures; null where they do not depend on it by themselves. */
  readonly concerns: 'death-without-day' | null;
  /** What a person decided; null where nobody has. */
  readonly decision: WorkDecision | null;
}

export interface WorkDecision {
  readonly verdict: 'accepted' | 'rejected';
  /** The word or unit that it was mapped to; null where rejected, or mapped to nothing. */
  readonly target: string | null;
  readonly by: string;
  readonly at: string;
  readonly why: string | null;
}

export interface WorkItemStore {
  /** Opens the item, or adds the resource to the one already open for (site, reason, group). Returns its id. */
  hold(
    need: Pick<WorkItem, 'site' | 'reason' | 'group' | 'element' | 'detail' | 'fix' | 'waitsFor'> & {
      readonly about?: unknown;
      readonly concerns?: WorkItem['concerns'];
    },
    listWaiting: ResourceKey,
    now: string,
  ): Promise<string>;
  /** The resource waits for nothing any more, but for `except`'s reasons; items for which nothing waits are resolved. */
  release(key: ResourceKey, except?: readonly string[]): Promise<void>;
  get(id: string): Promise<WorkItem | undefined>;
  /** The resources that wait for the item (null: for any), in order of site, type and id. */
  waiting(id: string | null): Promise<readonly ResourceKey[]>;
  /** What the resource waits for. */
  listNeeds(key: ResourceKey): Promise<readonly { reason: string; group: string }[]>;
  /** Keeps what was decided. An item that was rejected before is open again. */
  accept(id: string, decision: WorkDecision): Promise<void>;
  list(status: WorkItem['status'] | null): Promise<readonly WorkItem[]>;
  /** Whether a person has said that this need is to be ignored. */
  isRejected(site: string, reason: string, group: string): Promise<boolean>;
  /** A rejected item's need is ignored from then on; returns those that wait, and do so until they are stated again. */
  reject(id: string, decision: WorkDecision | null): Promise<readonly ResourceKey[]>;
  /** Nothing waits for the item any more. */
  clearWaiting(id: string): Promise<void>;
}

/** The last judgement of each subject; assessments that were withdrawn stay in it as such. */
export interface AssessmentStore {
  get(study: string, subject: string): Promise<SubjectAssessment | undefined>;
  put(study: string, subject: string, judgement: SubjectAssessment, now: string): Promise<void>;
}

export type OutboxState = 'pending' | 'delivered' | 'dead' | 'paused';

/**
 * What an EHR is owed: the latest content of one resource, known by its business identifier. A newer content replaces
 * an undelivered older one, so an EHR never receives what is no longer true.
 */
export interface OutboxEntry {
  readonly site: string;
  readonly study: string;
  readonly subject: string;
  /** `system|value`; unique per site. */
  readonly identifier: string;
  readonly resourceType: string;
  /** The resource as JSON text; `provenance` is the Provenance that goes with it, without target. */
  readonly resource: string;
  readonly provenance: string | null;
  /** Grows with every new content. */
  readonly generation: number;
  readonly state: OutboxState;
  readonly attempts: number;
  readonly nextAttemptAt: string;
  /** What the last attempt met, without patient data; null where none failed. */
  readonly lastError: string | null;
  /** `Observation/12/_history/3` as the EHR answered; null before the first delivery. */
  readonly location: string | null;
  /** The latest generation that was handed out for sending before now: the EHR may have seen it. 0: none was. */
  readonly handedOut: number;
  /** Contents that the EHR may hold from us: the last one delivered, and all that were handed out since. */
  readonly said: readonly string[];
}

export interface Outbox {
  /** Owes the EHR this content from now on; no change where it equals what is already owed or delivered. */
  enqueue(
    entry: Pick<
      OutboxEntry,
      'site' | 'study' | 'subject' | 'identifier' | 'resourceType' | 'resource' | 'provenance'
    >,
    now: string,
  ): Promise<void>;
  get(site: string, identifier: string): Promise<OutboxEntry | undefined>;
  /** Forgets what was never handed out, so that an EHR is not told to withdraw what it never heard of. */
  removeUnsent(site: string, identifier: string): Promise<boolean>;
  /** Whether nextDue would hand out anything. */
  hasDue(now: string, sites: readonly string[]): Promise<boolean>;
  /**
   * Hands out the pending entries due at `now` of the subject that has waited longest, all of one site and subject.
   * That they were handed out is kept: whoever is killed while sending leaves a trace.
   */
  takeDue(now: string, sites: readonly string[], limit: number): Promise<readonly OutboxEntry[]>;
  /** Marks delivered, unless a newer generation has come meanwhile. */
  markDelivered(entry: OutboxEntry, location: string | null, now: string): Promise<void>;
  /**
   * Keeps what an attempt met. `seen` is where the EHR holds what somebody else changed (null: nowhere any more); it
   * becomes the entry's location when a person says so (`overwrite`), and not before.
   */
  recordFailure(
    entry: OutboxEntry,
    error: string,
    next: { at: string } | 'dead',
    now: string,
    seen?: string | null,
  ): Promise<void>;
  /** Owes again what was given up because of `seen`, over what was seen there; false where nothing was. */
  overwrite(site: string, identifier: string, now: string): Promise<boolean>;
  list(filter: { state?: OutboxState; site?: string; subject?: string }): Promise<readonly OutboxEntry[]>;
  /**
   * Moves entries of a site (null: of all) from one state to another; returns how many. To `paused` holds back the
   * site and whatever it will be owed, from `paused` ends that.
   */
  changeState(from: OutboxState, to: OutboxState, site: string | null, now: string): Promise<number>;
}

/** A payload about a patient who is not enrolled (yet): unreadable without the key, destroyed when its time is over. */
export interface SealedPayload {
  readonly site: string;
  /** Keyed hashes of the patient's names at the site; never the names. */
  readonly patientHashes: readonly string[];
  /** Keyed hashes of `Type/id` and of the content, so that a repeated delivery is sealed once and a deletion finds it. */
  readonly resourceHash: string;
  readonly contentHash: string;
  readonly ciphertext: Uint8Array;
  readonly receivedAt: string;
  readonly destroyAfter: string;
}

export interface SealedPayloadStore {
  /** False where the same content of the resource is sealed already. */
  put(payload: SealedPayload): Promise<boolean>;
  /** Takes out, in order of arrival, what is sealed for any of these patient hashes. */
  take(site: string, patientHashes: readonly string[]): Promise<readonly SealedPayload[]>;
  /** What is sealed of a resource, in order of arrival; it stays sealed. */
  listForResource(site: string, resourceHash: string): Promise<readonly SealedPayload[]>;
  /** Destroys every payload of a resource; returns how many. */
  destroyForResource(site: string, resourceHash: string): Promise<number>;
  /** Destroys what is due; returns what it was, by hash. */
  destroyDue(now: string): Promise<readonly { site: string; resourceHash: string }[]>;
  count(): Promise<number>;
}
