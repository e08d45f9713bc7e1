import type { Config } from '../config.ts';
import type { MappingQuestion } from '../mapping/mapping-result.ts';
import type { Suggestion } from '../mapping/suggest/suggestion.ts';
import { answerSubjectQuestion } from '../pipeline/facts/answer-question.ts';
import {
  type AcceptanceRequest,
  acceptWorkItem,
  type Decider,
  rejectWorkItem,
} from '../pipeline/facts/decide-work-item.ts';
import { type RestateSummary, restateResources } from '../pipeline/facts/restate-held.ts';
import { buildUnknownWorkItemFailure } from '../pipeline/query/unknown-work-item.ts';
import type { Store, WorkItem } from '../store/store.ts';
import type { ProgressCallback } from './mapping-operations.ts';
import type { ActiveLibrary } from './reload-library.ts';

/** A work item with the suggested targets, best first; no suggestion where no map entry would settle it. */
export type WorkItemWithSuggestions = WorkItem & { readonly suggestions: readonly Suggestion[] };

/** The result of an accepted work item. Printed as JSON. */
export interface AcceptanceSummary {
  readonly id: string;
  readonly site: string;
  readonly vocabulary: string;
  readonly code: string;
  readonly target: string | null;
  /** The ConceptMap with the decision, relative to the data folder. */
  readonly file: string;
  readonly rerun: RestateSummary;
}

/** The result of an answered question about a subject. Printed as JSON. */
export interface AnswerSummary {
  readonly id: string;
  readonly site: string;
  readonly target: string;
  readonly says: string;
}

/** Operations that read work items and record decisions about them. */
export interface WorkItemOperations {
  /** Lists the items with a status (null: with any status). */
  listWorkItems(status: WorkItem['status'] | null): Promise<readonly WorkItemWithSuggestions[]>;
  /** Returns an item with every resource that waits for it, as `Type/id`. Throws `work-item/unknown`. */
  getWorkItem(id: string): Promise<WorkItemWithSuggestions & { readonly waiting: readonly string[] }>;
  /**
   * Adds a map entry for the item's code or unit and restates the waiting resources. Throws `work-item/unknown`,
   * `work-item/undecidable`, `work-item/unclear-target`, or `library/invalid` where the library would have a problem. A
   * question about a subject that has choices is answered with one of them, and the subject is marked for assessment.
   */
  acceptWorkItem(
    acceptance: AcceptanceRequest,
    progress?: ProgressCallback,
  ): Promise<AcceptanceSummary | AnswerSummary>;
  /**
   * Rejects the item: the resources that wait for it are ignored from now on. Returns their number; 0 for a question about
   * a subject, whose facts count as they are.
   */
  rejectWorkItem(id: string, decider: Decider, progress?: ProgressCallback): Promise<number>;
}

/** Creates the operations on the store's work items, by the library in use. */
export function createWorkItemOperations(
  config: Config,
  store: Store,
  activeLibrary: ActiveLibrary,
): WorkItemOperations {
  const dependencies = { store, folders: config, now: () => new Date() };
  const getSuggester = () => activeLibrary.getSnapshot().library.suggester();
  const addSuggestions = (item: WorkItem): WorkItemWithSuggestions => ({
    ...item,
    // The store types the question as unknown; only mapping writes it.
    suggestions: item.about === null ? [] : getSuggester().suggest(item.about as MappingQuestion),
  });
  return {
    listWorkItems: async (status) =>
      (await store.read((tx) => tx.workItems.list(status))).map(addSuggestions),
    getWorkItem: (id) =>
      store.read(async (tx) => {
        const item = await tx.workItems.get(id);
        if (!item) throw buildUnknownWorkItemFailure(id);
        const waiting = (await tx.workItems.listWaiting(id)).map((key) => `${key.resourceType}/${key.id}`);
        return { ...addSuggestions(item), waiting };
      }),
    async acceptWorkItem(acceptance, progress) {
      const answered = await answerSubjectQuestion(dependencies, acceptance);
      if (answered) return { id: acceptance.id, site: answered.item.site, ...answered.choice };
      const accepted = await acceptWorkItem(dependencies, getSuggester(), acceptance);
      activeLibrary.activate(accepted.library);
      const { site, vocabulary, code, target } = accepted.decision;
      const { pipeline } = activeLibrary.getSnapshot();
      const rerun = await restateResources(pipeline, accepted.waiting, progress);
      return { id: acceptance.id, site, vocabulary, code, target, file: accepted.file, rerun };
    },
    async rejectWorkItem(id, decider, progress) {
      const waiting = await rejectWorkItem(dependencies, id, decider);
      await restateResources(activeLibrary.getSnapshot().pipeline, waiting, progress);
      return waiting.length;
    },
  };
}
