import type { SubjectKey } from './subject-store.ts';

/** The key of a resource at a site. */
interface ResourceToErase {
  readonly site: string;
  readonly resourceType: string;
  readonly id: string;
}

/** What was removed of a person, in numbers. */
export interface ErasedCounts {
  readonly resources: number;
  readonly versions: number;
  readonly facts: number;
  readonly assessments: number;
  readonly outboxEntries: number;
  readonly identifiers: number;
  readonly workItems: number;
  readonly sealedPayloads: number;
}

/** What remains of an erasure: that it took place, why, and what it removed, in hashes and numbers. Printed as JSON. */
export interface ErasureRecord {
  readonly at: string;
  readonly by: string;
  readonly why: string;
  readonly site: string;
  /** The studies of the numbers that were erased; empty for a patient who was not enrolled. */
  readonly studies: readonly string[];
  /** Keyed hash of the number or identifier that was named: whoever knows it can find out whether it was erased. */
  readonly person: string;
  /** Keyed hash over the digests of the contents that were removed. */
  readonly contents: string;
  readonly removed: ErasedCounts;
}

/**
 * The removal of persons, and what is remembered of them. The parts of the store have no other way to remove what was accepted.
 */
export interface ErasureStore {
  /** Returns the keyed hash of a text by which an erased person is known again. */
  hash(text: string): string;
  /** Whether any of the hashes is remembered. */
  isErased(hashes: readonly string[]): Promise<boolean>;
  remember(hashes: readonly string[]): Promise<void>;
  /** Stores the record of an erasure; it is never changed. */
  add(record: ErasureRecord): Promise<void>;
  /** Lists the erasures in order of time. */
  list(): Promise<readonly ErasureRecord[]>;
  /** Lists the resources with a content that is encrypted with the subject's key. */
  listResourcesUnderKey(subject: SubjectKey): Promise<readonly ResourceToErase[]>;
  /** Encrypts the contents of a resource that are encrypted with the key of `from` with that of `to`. */
  moveToKey(resource: ResourceToErase, from: SubjectKey, to: SubjectKey): Promise<void>;
  /** Removes a resource with its versions, index, facts and waiting; returns the digests of its contents in order. */
  removeResource(resource: ResourceToErase): Promise<readonly (string | null)[]>;
  /**
   * Removes a subject with facts, assessments, outbox entries and identifiers, destroys their key, and erases what the history of
   * decisions says about them.
   */
  removeSubject(
    subject: SubjectKey,
  ): Promise<Pick<ErasedCounts, 'assessments' | 'outboxEntries' | 'identifiers'>>;
  /** Removes what a work item and its decisions say, in their history too; its id remains, with who decided and when. */
  eraseWorkItem(id: string): Promise<void>;
}

/** What remains of a decision on a work item that was erased: who decided, when, and the verdict. */
export const eraseDecision = (decision: string): string =>
  JSON.stringify({
    ...(JSON.parse(decision) as object),
    target: null,
    why: null,
    signed: null,
    isErased: true,
  });

/** The columns of a work item that is erased, with what they hold then. */
export const ERASED_WORK_ITEM = `reason = 'erased', topic = id, element = '', detail = '', fix = '', waits_for = NULL,
  status = 'resolved', about = NULL, concerns = NULL, study = NULL, subject = NULL, kind = NULL, sources = '[]',
  choices = '[]', basis = NULL, settled_basis = NULL`;
