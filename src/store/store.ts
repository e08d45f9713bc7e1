import type { SubjectAssessment } from '../trial/assessment.ts';
import type { Fact } from '../trial/facts.ts';
import type { AuditLog } from './audit-log.ts';
import type { DecisionLog } from './decision-log.ts';
import type { ErasureStore } from './erasure-store.ts';
import type { Inbox, ResourceKey } from './inbox-store.ts';
import type { Outbox } from './outbox.ts';
import type { PersonSessionStore } from './person-sessions.ts';
import type { SealedPayloadStore } from './sealed-payload-store.ts';
import type { SubjectKey, SubjectStore } from './subject-store.ts';
import type { UsedAssertionStore } from './used-assertions.ts';
import type { WorkItemStore } from './work-item-store.ts';

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
