import type { MappingQuestion } from '../../mapping/mapping-result.ts';
import type { Suggester } from '../../mapping/suggest/suggester.ts';
import type { Suggestion } from '../../mapping/suggest/suggestion.ts';
import {
  type CheckedWorkDecision,
  checkWorkDecision,
} from '../../pipeline/decisions/check-work-decisions.ts';
import { identifyWorkItem } from '../../pipeline/decisions/decided-records.ts';
import { buildUnknownWorkItemFailure } from '../../pipeline/query/unknown-work-item.ts';
import type { DecisionTrust } from '../../signatures/check-decision.ts';
import type { Store } from '../../store/store.ts';
import type { WorkItem } from '../../store/work-item-store.ts';
import { getTextReview, isTextReviewId, listTextReviews } from '../exports/free-text-review.ts';

/**
 * A work item as a person sees it: with the suggested targets, best first (none where no map entry would settle it), with its
 * hash, which a decision names, and with what the signature of each decision is worth.
 */
export type WorkItemWithSuggestions = Omit<WorkItem, 'decision' | 'decisions'> & {
  readonly suggestions: readonly Suggestion[];
  readonly hash: string;
  readonly decision: CheckedWorkDecision | null;
  readonly decisions: readonly CheckedWorkDecision[];
};

/** Queries of work items. */
export interface WorkItemQueries {
  /** Lists the items with a status (null: with any status). */
  listWorkItems(status: WorkItem['status'] | null): Promise<readonly WorkItemWithSuggestions[]>;
  /** Returns an item with every resource that waits for it, as `Type/id`. Throws `work-item/unknown`. */
  getWorkItem(id: string): Promise<WorkItemWithSuggestions & { readonly waiting: readonly string[] }>;
}

/** Creates the queries of the store's work items. The suggester is loaded only where an item has a suggestion. */
export function createWorkItemQueries(
  store: Store,
  trust: DecisionTrust,
  loadSuggester: () => Promise<Suggester>,
): WorkItemQueries {
  const addSuggestions = async (item: WorkItem): Promise<WorkItemWithSuggestions> => {
    const decisions = item.decisions.map((decision) => ({
      ...decision,
      validity: checkWorkDecision(trust, item, decision),
    }));
    const checked = {
      ...item,
      hash: identifyWorkItem(item).hash,
      ...{ decision: decisions.at(-1) ?? null, decisions },
    };
    if (item.about === null) return { ...checked, suggestions: [] };
    const suggester = await loadSuggester();
    // The store types the question as unknown; only mapping writes it.
    return { ...checked, suggestions: suggester.suggest(item.about as MappingQuestion) };
  };
  return {
    async listWorkItems(status) {
      const items = await store.read(async (tx) => [
        ...(await tx.workItems.list(status)),
        ...(await listTextReviews(tx, status)),
      ]);
      return Promise.all(items.map(addSuggestions));
    },
    async getWorkItem(id) {
      if (isTextReviewId(id)) {
        const item = await store.read((tx) => getTextReview(tx, id));
        return { ...(await addSuggestions(item)), waiting: item.sources };
      }
      const { item, waiting } = await store.read(async (tx) => {
        const found = await tx.workItems.get(id);
        if (!found) throw buildUnknownWorkItemFailure(id);
        return { item: found, waiting: await tx.workItems.listWaiting(id) };
      });
      const suggested = await addSuggestions(item);
      return { ...suggested, waiting: waiting.map((key) => `${key.resourceType}/${key.id}`) };
    },
  };
}
