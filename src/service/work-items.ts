import type { Config } from '../config.ts';
import { Failure } from '../errors.ts';
import type { MappingQuestion } from '../mapping/mapping-result.ts';
import type { Suggestion } from '../mapping/suggest/suggester.ts';
import {
  type AcceptanceRequest,
  acceptWorkItem,
  type Decider,
  rejectWorkItem,
} from '../pipeline/facts/decide-work-item.ts';
import { type RestateSummary, restateResources } from '../pipeline/facts/restate-held.ts';
import type { Store, WorkItem } from '../store/store.ts';
import type { ActiveLibrary } from './active-library.ts';
import type { ProgressCallback } from './mapping-operations.ts';

/** A work item with what it may mean, best first. */
export type WorkItemWithSuggestions = WorkItem & { readonly suggestions: readonly Suggestion[] };

export interface AcceptanceSummary {
  readonly id: string;
  readonly site: string;
  readonly vocabulary: string;
  readonly code: string;
  readonly target: string | null;
  /** The ConceptMap that holds it, relative to the data folder. */
  readonly file: string;
  readonly rerun: RestateSummary;
}

/** What a person decides, and what becomes of what waited for him. */
export interface WorkItemOperations {
  listWorkItems(status: WorkItem['status'] | null): Promise<readonly WorkItemWithSuggestions[]>;
  /** One item with everything that waits for it, as `Type/id`. Throws `cli/failed` where there is none. */
  getWorkItem(id: string): Promise<WorkItemWithSuggestions & { readonly waiting: readonly string[] }>;
  /** Maps what the item is about, and states again what waited. Throws a Failure that says why it cannot be. */
  acceptWorkItem(acceptance: AcceptanceRequest, progress?: ProgressCallback): Promise<AcceptanceSummary>;
  /** Rejects the item: what waits for it is ignored from now on. Returns how many resources that is. */
  rejectWorkItem(id: string, decider: Decider, progress?: ProgressCallback): Promise<number>;
}

/** Decisions on the store's work items, by the library in force. */
export function createWorkItemOperations(
  config: Config,
  store: Store,
  inForce: ActiveLibrary,
): WorkItemOperations {
  const parts = { store, place: config, now: () => new Date() };
  const listed = (item: WorkItem): WorkItemWithSuggestions => ({
    ...item,
    suggestions:
      item.about === null
        ? []
        : inForce
            .current()
            .library.suggester()
            .suggest(item.about as MappingQuestion),
  });
  return {
    listWorkItems: async (status) => (await store.read((tx) => tx.workItems.list(status))).map(listed),
    getWorkItem: (id) =>
      store.read(async (tx) => {
        const item = await tx.workItems.get(id);
        if (!item) throw new Failure('cli/failed', `There is no work item ${id}.`, { fix: 'See work list.' });
        const waiting = (await tx.workItems.waiting(id)).map((key) => `${key.resourceType}/${key.id}`);
        return { ...listed(item), waiting };
      }),
    async acceptWorkItem(acceptance, progress) {
      const accepted = await acceptWorkItem(parts, inForce.current().library.suggester(), acceptance);
      inForce.activate(accepted.library);
      const { site, vocabulary, code, target } = accepted.decision;
      const again = await restateResources(inForce.current().pipeline, accepted.waiting, progress);
      return { id: acceptance.id, site, vocabulary, code, target, file: accepted.file, rerun: again };
    },
    async rejectWorkItem(id, decider, progress) {
      const waiting = await rejectWorkItem(parts, id, decider);
      await restateResources(inForce.current().pipeline, waiting, progress);
      return waiting.length;
    },
  };
}
