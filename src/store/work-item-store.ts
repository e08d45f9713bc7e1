import type { SignedDecision } from '../signatures/decision-manifest.ts';
import type { ResourceKey } from './inbox-store.ts';
import type { SubjectKey } from './subject-store.ts';

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
