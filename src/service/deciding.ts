import type { Config } from '../config.ts';
import { Failure } from '../errors.ts';
import type { DecisionAbout } from '../mapping/mapped.ts';
import type { Suggestion } from '../mapping/suggest.ts';
import { type Acceptance, acceptWork, type Decider, rejectWork } from '../pipeline/decide.ts';
import { type Rerun, rerun } from '../pipeline/rerun.ts';
import type { Store, WorkItem } from '../store/store.ts';
import type { Progress } from './bench.ts';
import type { LibraryInForce } from './in-force.ts';

/** A work item with what it may mean, best first. */
export type ListedWork = WorkItem & { readonly suggestions: readonly Suggestion[] };

export interface WorkAccepted {
  readonly id: string;
  readonly site: string;
  readonly vocabulary: string;
  readonly code: string;
  readonly target: string | null;
  /** The ConceptMap that holds it, relative to the data folder. */
  readonly file: string;
  readonly rerun: Rerun;
}

/** What a person decides, and what becomes of what waited for him. */
export interface Deciding {
  workList(status: WorkItem['status'] | null): Promise<readonly ListedWork[]>;
  /** One item with everything that waits for it, as `Type/id`. Throws `cli/failed` where there is none. */
  workShow(id: string): Promise<ListedWork & { readonly waiting: readonly string[] }>;
  /** Maps what the item is about, and states again what waited. Throws a Failure that says why it cannot be. */
  workAccept(acceptance: Acceptance, progress?: Progress): Promise<WorkAccepted>;
  /** Rejects the item: what waits for it is ignored from now on. Returns how many resources that is. */
  workReject(id: string, decider: Decider, progress?: Progress): Promise<number>;
}

/** Decisions on the store's work items, by the library in force. */
export function deciding(config: Config, store: Store, inForce: LibraryInForce): Deciding {
  const parts = { store, place: config, now: () => new Date() };
  const listed = (item: WorkItem): ListedWork => ({
    ...item,
    suggestions:
      item.about === null
        ? []
        : inForce
            .now()
            .library.suggester()
            .suggest(item.about as DecisionAbout),
  });
  return {
    workList: async (status) => (await store.read((tx) => tx.work.list(status))).map(listed),
    workShow: (id) =>
      store.read(async (tx) => {
        const item = await tx.work.get(id);
        if (!item) throw new Failure('cli/failed', `There is no work item ${id}.`, { fix: 'See work list.' });
        const waiting = (await tx.work.waiting(id)).map((key) => `${key.resourceType}/${key.id}`);
        return { ...listed(item), waiting };
      }),
    async workAccept(acceptance, progress) {
      const accepted = await acceptWork(parts, inForce.now().library.suggester(), acceptance);
      inForce.take(accepted.library);
      const { site, vocabulary, code, target } = accepted.decision;
      const again = await rerun(store, inForce.now().pipeline, accepted.waiting, progress);
      return { id: acceptance.id, site, vocabulary, code, target, file: accepted.file, rerun: again };
    },
    async workReject(id, decider, progress) {
      const waiting = await rejectWork(parts, id, decider);
      await rerun(store, inForce.now().pipeline, waiting, progress);
      return waiting.length;
    },
  };
}
