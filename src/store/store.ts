import type { SignedDecision } from '../signatures/decision-manifest.ts';
import type { SubjectAssessment } from '../trial/assessment.ts';
import type { Fact } from '../trial/facts.ts';
import type { AuditLog } from './audit-log.ts';
import type { DecisionLog } from './decision-log.ts';
import type { ErasureStore } from './erasure-store.ts';
import type { Outbox } from './outbox.ts';
import type { PersonSessionStore } from './person-sessions.ts';
import type { SubjectKey, SubjectStore } from './subject-store.ts';
import type { UsedAssertionStore } from './used-assertions.ts';

/**
 * The storage of the adapter. The interface is the same for every database, and no other folder depends on the kind of
 * database. Instants are ISO 8601 in UTC.
 */
export interface Store {
  /**
   * Runs the work while no other transaction runs that could affect it: with a scope, none of the site (see
   * TransactionScope), else none at all. Stores all of it, or nothing if it throws. The work may be run again where other
   * processes prevented it.
   */
  transaction<T>(work: (tx: StoreTransaction) => Promise<T>, scope?: TransactionScope): Promise<T>;
  /** Runs work that only reads, on one consistent state. It does not wait for writers; a write in it throws. */
  read<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  /** Writes a row; throws a `store/…` Failure where that fails or would not be durable. */
  verifyWritable(): Promise<void>;
  /**
   * Claims the store for this process as one that serves it, or (`alone`) for work beside which none may serve it; null
   * where another process holds a claim that excludes this one. How many processes may serve it depends on the database.
   */
  claimService(use: 'serve' | 'alone'): Promise<StoreClaim | null>;
  /**
   * Claims the sending to the EHR of a site; null where another process is sending to it, or may be: one that ended without
   * releasing its claim may have sent a request that the EHR still performs.
   */
  claimDelivery(site: string): Promise<DeliveryClaim | null>;
  /**
   * Waits until there may be work: until some process has committed some, at the latest after a time that the store chooses;
   * work that became due by the clock alone is found then. Ends early with the signal.
   */
  waitForWork(topic: WorkTopic, signal: AbortSignal): Promise<void>;
  /**
   * Removes what was deleted or overwritten from the files of the store; its log, above all. False where others use former states
   * of it at the moment, or where this is the work of the database's administrator (VACUUM).
   */
  purgeDeleted(): Promise<boolean>;
  close(): Promise<void>;
}

/** Work in the background: subjects to assess, or entries for the EHR of a site. */
export type WorkTopic = 'assessment' | { readonly deliveryTo: string };

/** Something that this process may do and no other, until it releases the claim or ends, however it ends. */
export interface StoreClaim {
  release(): Promise<void>;
}

/** The claim of the sending to one site. */
export interface DeliveryClaim extends StoreClaim {
  /** Whether nobody else sends to the site as yet: what is sent after that may be sent twice. */
  isHeld(): boolean;
}

/**
 * What a transaction uses: data of one site, and shared values. `site-subject`: only what belongs to one subject whom it has
 * claimed (`claimForAssessment`), beside other such transactions of the site. It can wait: it runs after what waits already, as
 * far as the store can tell.
 */
export interface TransactionScope {
  readonly site: string;
  readonly part: 'site' | 'site-subject';
  /** Lets the store read at once what the waiting transactions need; without it the result is the same. */
  readonly expected?: ExpectedReads;
}

/** The parts of the store, within one transaction. */
export interface StoreTransaction {
  readonly inbox: Inbox;
  readonly facts: FactStore;
  readonly workItems: WorkItemStore;
  readonly subjects: SubjectStore;
  readonly assessments: AssessmentStore;
  readonly outbox: Outbox;
  readonly sealedPayloads: SealedPayloadStore;
  readonly sharedValues: SharedValueStore;
  readonly usedAssertions: UsedAssertionStore;
  readonly postponed: PostponedStore;
  readonly erasures: ErasureStore;
  readonly audit: AuditLog;
  readonly decisions: DecisionLog;
  readonly personSessions: PersonSessionStore;
}

/** What a transaction at a site will probably look up. A hint: what is left out is looked up when it is needed. */
export interface ExpectedReads {
  readonly site: string;
  /** Resources whose versions, facts and work items are looked up. */
  readonly resources: readonly ResourceKey[];
  /** Arguments of `Inbox.listReferrers`. */
  readonly references: readonly string[];
  /** Arguments of `Inbox.findIdsByIdentifier`. */
  readonly identifiers: readonly { readonly resourceType: string; readonly identifier: string }[];
}

/**
 * Resources whose facts are to be derived again, and payloads to be unsealed, after the commit that made it necessary: what one
 * change concerns is not done in one piece. `resourceType` and `id` may also name other things of the site.
 */
export interface PostponedStore {
  /** Adds keys at the end; a key that waits already keeps its place. */
  add(keys: readonly ResourceKey[]): Promise<void>;
  /** Lists the keys that have waited longest. */
  listNext(site: string, limit: number): Promise<readonly ResourceKey[]>;
  remove(keys: readonly ResourceKey[]): Promise<void>;
  /** Lists the sites at which something waits. */
  listSites(): Promise<readonly string[]>;
}

/** Small values that every process on the store shares, by name. */
export interface SharedValueStore {
  /** null where there is no such value. */
  get(name: string): Promise<string | null>;
  put(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** The key of a resource at a site. */
export interface ResourceKey {
  readonly site: string;
  readonly resourceType: string;
  readonly id: string;
}

/** One accepted version of a resource. */
export interface ResourceVersion extends ResourceKey {
  /** Counts from 1 within the resource; the ETag of the adapter. */
  readonly version: number;
  /** The sender's `meta.versionId` and `meta.lastUpdated`; null where absent. */
  readonly senderVersion: string | null;
  readonly senderUpdated: string | null;
  readonly receivedAt: string;
  /** The interface through which it arrived (`rest`, `ndjson`, …). */
  readonly door: string;
  /** The FHIR version of the body. */
  readonly fhirVersion: '4.0' | '5.0';
  /** JSON text, with the digits of every number as sent; null for a deletion, or where the content was not kept. */
  readonly body: string | null;
  /** The text as it was sent, where it is not `body`; absent where it is, or where it is not known. */
  readonly sentText?: string;
  /** SHA-256 over the canonical JSON without meta; null where the content was not kept. */
  readonly digest: string | null;
  readonly retention: Retention;
  readonly disposition: 'mapped' | 'held' | 'ignored' | 'withdrawn' | 'superseded';
}

/**
 * How much of a version is kept. `kept`: all of it (a deletion has no content). `not-enrolled`: only its number, because
 * its patient is not enrolled. `withheld`: only its number, because its subject had withdrawn consent. `marker` and
 * `deletion-marker`: only the fact that a version or a deletion arrived while consent was withdrawn; these rows were never
 * current.
 */
export type Retention = 'kept' | 'not-enrolled' | 'withheld' | 'marker' | 'deletion-marker';

/**
 * The newest stamps of a resource's versions with content; null where none has one. `number`: the highest `meta.versionId` of
 * up to 20 digits. The latest `meta.lastUpdated` of versions with such a number, and of the others.
 */
export interface NewestStamps {
  readonly number: string | null;
  readonly updatedOfNumbered: string | null;
  readonly updatedOfOthers: string | null;
}

/** How often a stored version arrived again without effect, and when last. */
export interface RepeatedVersion {
  readonly version: number;
  readonly repeats: number;
  readonly lastAt: string;
}

/** The received versions of resources. */
export interface Inbox {
  /** Returns the current version, which may be a deletion; undefined where the resource is unknown. */
  getCurrent(key: ResourceKey): Promise<ResourceVersion | undefined>;
  /** Finds the version with the sender's version number, current or not. */
  findBySenderVersion(key: ResourceKey, senderVersion: string): Promise<ResourceVersion | undefined>;
  /**
   * Finds the number of the first version, current or not, with the same digest and sender's number; of versions without such a
   * number, with the same digest and time. Null where there is none.
   */
  findRepeated(
    key: ResourceKey,
    version: Pick<ResourceVersion, 'digest' | 'senderVersion' | 'senderUpdated'>,
  ): Promise<number | null>;
  /** Lists every version of the resource, or (`newest`) the last so many of them, in order of arrival. */
  listVersions(key: ResourceKey, newest?: number): Promise<readonly ResourceVersion[]>;
  /** Finds the newest numbers and times that the sender gave to versions with content. */
  findNewestStamps(key: ResourceKey): Promise<NewestStamps>;
  /** Counts, for a stored version, that it arrived once more and had no effect. */
  countRepeat(key: ResourceKey, version: number, at: string): Promise<void>;
  /** Lists the versions that arrived again, with the number of times and the last instant, in order of version. */
  listRepeats(key: ResourceKey): Promise<readonly RepeatedVersion[]>;
  /**
   * Finds the ids of current resources of a type that have the business identifier `system|value`, in order; at most `limit`
   * where it is stated.
   */
  findIdsByIdentifier(
    site: string,
    resourceType: string,
    identifier: string,
    limit?: number,
  ): Promise<readonly string[]>;
  /**
   * Stores a version, as the current one or (`isCurrent` false) as history. `index` lists its business identifiers and
   * references, by which a current version is found. The body is encrypted with the key of one of its `owners`; without
   * owners, with the key of the versions before it, or else of its site. Returns the version number of the adapter.
   */
  addVersion(
    row: Omit<ResourceVersion, 'version'>,
    index: { readonly identifiers: readonly string[]; readonly references: readonly string[] },
    isCurrent: boolean,
    owners?: readonly SubjectKey[],
  ): Promise<number>;
  /** Replaces the index of the current version. */
  replaceIndex(
    key: ResourceKey,
    index: { readonly identifiers: readonly string[]; readonly references: readonly string[] },
  ): Promise<void>;
  /** Lists the references of the current version, in order. */
  listReferences(key: ResourceKey): Promise<readonly string[]>;
  /** Lists the markers (see Retention) that arrived after the current version, in order of arrival. */
  listMarkersAfterCurrent(key: ResourceKey): Promise<readonly ResourceVersion[]>;
  /**
   * Lists the site's current resources that refer to `Type/id` or a patient identifier (`Patient/12`, `system|value`), in order
   * of type and id; of `among`, only those of a type, and at most so many.
   */
  listReferrers(
    site: string,
    reference: string,
    among?: { readonly resourceType?: string; readonly limit?: number },
  ): Promise<readonly ResourceKey[]>;
  /** Lists every version that the site sent before the instant, history and deletions included, in order of arrival. */
  listReceivedBefore(site: string, instant: string): Promise<readonly ResourceVersion[]>;
  setDisposition(key: ResourceKey, disposition: ResourceVersion['disposition']): Promise<void>;
  /** Lists every current version with content, in order of arrival. */
  listCurrent(): Promise<readonly ResourceVersion[]>;
  /** Lists a page of the same: the versions after place `after` (0: from the start), each with its place. */
  listCurrentPage(
    after: number,
    limit: number,
  ): Promise<readonly { place: number; version: ResourceVersion }[]>;
  /** Counts the versions that listCurrent returns. */
  countCurrent(): Promise<number>;
}

/** The facts of each resource about each of its subjects. */
export interface FactStore {
  /** Replaces the facts that the resource states about the subject. */
  replaceForResource(key: ResourceKey, study: string, subject: string, facts: readonly Fact[]): Promise<void>;
  /** Lists the subjects that the resource states facts about. */
  listSubjects(key: ResourceKey): Promise<readonly SubjectKey[]>;
  /** Lists the resources that state facts about the subject. */
  listResources(study: string, subject: string): Promise<readonly ResourceKey[]>;
  /** Lists the facts that the resource states, by subject and in the order of the resource. */
  listForResource(key: ResourceKey): Promise<readonly { study: string; subject: string; fact: Fact }[]>;
  /**
   * Lists every fact that a resource states about the subject, ordered by day, then key. A fact that several resources
   * state is listed for each of them (see mergeStatements in trial).
   */
  listForSubject(study: string, subject: string): Promise<readonly Fact[]>;
}

/** A decision that is pending review by a person, with the resources that wait for it. Printed as JSON. */
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
  /** One of the waiting resources, such as `Observation/123`; null where none waits. */
  readonly example: string | null;
  /** The question that a decision would answer (a MappingQuestion); null where no map entry would settle the item. */
  readonly about: unknown;
  /** The effect of the item on the trial's figures; null where it has none of its own. */
  readonly concerns: 'death-without-day' | null;
  /** The decision that holds: the last one; null where nobody has decided. */
  readonly decision: WorkDecision | null;
  /** Every decision in order of time. None is ever changed or removed. */
  readonly decisions: readonly WorkDecision[];
  /** The subject whose facts raise the question together; study and subject are null for items about a resource alone. */
  readonly study: string | null;
  readonly subject: string | null;
  /** Digest of what the facts state that raises the question; null for items about a resource alone. */
  readonly basis: string | null;
  /** What the facts contradict each other about, as a code; null for items about a resource alone. */
  readonly kind: string | null;
  /** Every resource to look at, as `Type/id`, also after the item is settled; empty for items about a resource alone. */
  readonly sources: readonly string[];
  /** The answers that `work accept` may name; empty where only corrected data, or a map entry, settle the item. */
  readonly choices: readonly WorkChoice[];
}

/** One of the answers to a work item. */
export interface WorkChoice {
  readonly target: string;
  /** What the answer means, in one sentence without patient data. */
  readonly says: string;
}

/** A question that facts of one subject raise together, as `replaceForSubject` stores it. */
export type SubjectWorkNeed = Pick<
  WorkItem,
  'reason' | 'group' | 'element' | 'detail' | 'fix' | 'choices'
> & {
  readonly kind: string;
  readonly sources: readonly ResourceKey[];
  /** What the facts state that raises the question, as text of any form. Only its digest is stored. */
  readonly basis: string;
};

/** The decision of a person on a work item. */
export interface WorkDecision {
  readonly verdict: 'accepted' | 'rejected';
  /** The term or unit of the map entry; null where rejected, or where the trial does not use the code. */
  readonly target: string | null;
  readonly by: string;
  readonly at: string;
  readonly why: string | null;
  /** The user of the operating system, for a decision without signature; absent where it was not recorded. */
  readonly systemUser?: string | null;
  /** The decision as the person signed it; null or absent: it has no signature. */
  readonly signed?: SignedDecision | null;
  /** Present where it was erased with the person whom its item was about. */
  readonly isErased?: true;
}

/** Work items, and the resources that wait for them. */
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
  /** Releases the resource from its items, except those with a reason in `except`. Items without resources are resolved. */
  release(key: ResourceKey, except?: readonly string[]): Promise<void>;
  get(id: string): Promise<WorkItem | undefined>;
  /** Lists the resources that wait for the item (null: for any item), in order of site, type and id. */
  listWaiting(id: string | null): Promise<readonly ResourceKey[]>;
  /** Lists the reasons and groups of the items that the resource waits for. */
  listNeeds(key: ResourceKey): Promise<readonly { reason: string; group: string }[]>;
  /** Adds the decision to those of the item. An item that was rejected before is opened again. */
  accept(id: string, decision: WorkDecision): Promise<void>;
  list(status: WorkItem['status'] | null): Promise<readonly WorkItem[]>;
  /** Whether a person has rejected the item, so that the need is ignored. */
  isRejected(site: string, reason: string, group: string): Promise<boolean>;
  /** Rejects the item, and adds the decision: its need is ignored from now on. Returns the waiting resources, which wait until restated. */
  reject(id: string, decision: WorkDecision | null): Promise<readonly ResourceKey[]>;
  /** Releases all resources from the item. */
  clearWaiting(id: string): Promise<void>;
  /** Resolves the open item of (site, reason, group), if there is one, and releases its resources. */
  resolve(site: string, reason: string, group: string): Promise<void>;
  /**
   * Makes these the questions about the subject: new ones are opened with the resources of their sources waiting, those
   * that are no longer asked are resolved, unchanged ones are not written. A question that a person has settled stays
   * closed as long as its basis is the same. `release`, `listNeeds` and `listWaiting(null)` leave out these items.
   */
  replaceForSubject(
    subject: SubjectKey & { readonly site: string },
    needs: readonly SubjectWorkNeed[],
    now: string,
  ): Promise<void>;
  /** Lists the questions about the subject, of any status, in order of id. */
  listForSubject(subject: SubjectKey): Promise<readonly WorkItem[]>;
  /** Adds the decision on a question about a subject and closes it; it stays closed until its basis changes. */
  settle(id: string, decision: WorkDecision): Promise<void>;
}

/** By which rules and as of which day an assessment was made, and how long it holds. All days are site-local. */
export interface AssessmentValidity {
  /** Digest of everything by which the facts were assessed; null where it is not known: the assessment then never holds. */
  readonly rules: string | null;
  readonly asOf: string;
  /** The last day as of which the same facts and rules yield the same assessment. */
  readonly unchangedUntil: string;
}

/** The last assessment of each subject. */
export interface AssessmentStore {
  get(study: string, subject: string): Promise<SubjectAssessment | undefined>;
  put(
    subject: SubjectKey,
    assessment: SubjectAssessment,
    validity: AssessmentValidity,
    now: string,
  ): Promise<void>;
  /** Makes a stored assessment count as outdated for `markOutdated`; nothing changes where there is none. */
  expire(subject: SubjectKey): Promise<void>;
}

/** An encrypted payload about a patient who is not enrolled, with the instant after which it is destroyed. */
export interface SealedPayload {
  readonly site: string;
  /** Keyed hashes of the patient's identifiers at the site; never the identifiers. */
  readonly patientHashes: readonly string[];
  /** Keyed hash of `Type/id`, by which a deletion finds the payload. */
  readonly resourceHash: string;
  /** Keyed hash of the content, so that content that is sent again is sealed once. */
  readonly contentHash: string;
  readonly ciphertext: Uint8Array;
  /** The key of this payload, encrypted with the seal key; null for payloads of versions without such keys. */
  readonly wrappedKey: Uint8Array | null;
  readonly receivedAt: string;
  readonly destroyAfter: string;
}

/** The sealed payloads of one site. Printed as JSON. */
export interface SealedPayloadCount {
  readonly site: string;
  readonly payloads: number;
  readonly firstReceivedAt: string;
  readonly lastReceivedAt: string;
}

/**
 * Payloads that are sealed until their patient is enrolled. The key of a payload that is removed or destroyed is overwritten: what
 * remains of it anywhere cannot be decrypted.
 */
export interface SealedPayloadStore {
  /** Stores a payload; returns false where the same content of the resource is sealed already. */
  put(payload: SealedPayload): Promise<boolean>;
  /** Removes and returns the payloads sealed under any of the patient hashes, in order of arrival; at most `limit`. */
  take(site: string, patientHashes: readonly string[], limit?: number): Promise<readonly SealedPayload[]>;
  /** Lists the payloads sealed under any of the patient hashes, in order of arrival, without removing them. */
  listForPatient(site: string, patientHashes: readonly string[]): Promise<readonly SealedPayload[]>;
  /** Lists the resource hashes of payloads sealed under the patient hash, each once and in order; at most `limit`. */
  listResourceHashes(site: string, patientHash: string, limit: number): Promise<readonly string[]>;
  /** Counts the sealed payloads of a resource. */
  countForResource(site: string, resourceHash: string): Promise<number>;
  /** Lists the sealed payloads of a resource, in order of arrival, without removing them. */
  listForResource(site: string, resourceHash: string): Promise<readonly SealedPayload[]>;
  /** Destroys every payload of a resource; returns their number. */
  destroyForResource(site: string, resourceHash: string): Promise<number>;
  /** Destroys the payloads due by `now`; returns their resources, by hash. */
  destroyDue(now: string): Promise<readonly { site: string; resourceHash: string }[]>;
  count(): Promise<number>;
  /** Counts the payloads of each site, with the instants when the first and the last arrived. */
  countBySite(): Promise<readonly SealedPayloadCount[]>;
  /** Whether no payload of the site is sealed. */
  isEmpty(site: string): Promise<boolean>;
  /** Returns the payload that arrived first, whosever it is; undefined where nothing is sealed. */
  findFirst(): Promise<SealedPayload | undefined>;
}
