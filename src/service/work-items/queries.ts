import type { MappingQuestion } from '../../mapping/mapping-result.ts';
import type { Suggester } from '../../mapping/suggest/suggester.ts';
import type { Suggestion } from '../../mapping/suggest/suggestion.ts';
import { buildUnknownWorkItemFailure } from '../../pipeline/query/unknown-work-item.ts';
import type { Store, WorkItem } from '../../store/store.ts';
import { getTextReview, isTextReviewId, listTextReviews } from '../exports/free-text-review.ts';

/** A work item with the suggested targets, best first; no suggestion where no map entry would settle it. */
export type WorkItemWithSuggestions = WorkItem & { readonly suggestions: readonly Suggestion[] };

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
  loadSuggester: () => Promise<Suggester>,
): WorkItemQueries {
  const addSuggestions = async (item: WorkItem): Promise<WorkItemWithSuggestions> => {
    if (item.about === null) return { ...item, suggestions: [] };
    const suggester = await loadSuggester();
    // The store types the question as unknown; only mapping writes it.
    return { ...item, suggestions: suggester.suggest(item.about as MappingQuestion) };
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
        return { ...item, suggestions: [], waiting: item.sources };
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
