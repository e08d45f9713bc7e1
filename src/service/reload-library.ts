import { buildAuditEntry } from '../audit/audit-entry.ts';
import type { Config } from '../config.ts';
import { stringifyJson } from '../fhir/lossless-json.ts';
import { readDecisions } from '../library/decision-files.ts';
import type { LibraryProblem } from '../library/library-problem.ts';
import { inspectLibrary, type Library } from '../library.ts';
import { markOutdatedSubjects } from '../pipeline/assess/mark-outdated.ts';
import { readDecisionCount } from '../pipeline/facts/decide-work-item.ts';
import { type RestateSummary, restateHeldResources } from '../pipeline/facts/restate-held.ts';
import { fetchDecisions } from '../pipeline/facts/shared-decisions.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import { buildLibrarySnapshot, type LibrarySnapshot, type SnapshotDependencies } from './library-snapshot.ts';

/** The result of a reload: the problems for which it was refused, or the outcome of the held resources. */
export type ReloadResult =
  | { readonly reloaded: false; readonly problems: readonly LibraryProblem[] }
  | { readonly reloaded: true; readonly rerun: RestateSummary };

/** The mapping library in use, with the ways to replace it while the service runs. */
export interface ActiveLibrary {
  /** Returns the snapshot in use. A request keeps the one that it began with until its end. */
  getSnapshot(): LibrarySnapshot;
  /** Puts a library in use that has already been read and checked. */
  activate(library: Library): void;
  /** Reads the library again and puts it in use if it has no problem. Reloads run one at a time. */
  reload(): Promise<ReloadResult>;
  /**
   * Reloads if another process has recorded a decision since the last call; brings the store up to date if the mappings
   * changed while no service was running.
   */
  refresh(): Promise<void>;
}

/** Keys of the shared values that name the mappings and rules under which the store was last brought up to date. */
const MAPPINGS_KEY = 'mappings';
const RULES_KEY = 'rules';

/** Creates the library in use. Facts that are already mapped stay as they are when it changes (see remapInbox). */
export function createActiveLibrary(
  dependencies: SnapshotDependencies,
  firstLibrary: Library,
): ActiveLibrary {
  const { config, store, events } = dependencies;
  let current = buildLibrarySnapshot(dependencies, firstLibrary);
  /** The count of decisions when the library was last read, accepted or refused; undefined before the first refresh. */
  let knownDecisions: string | null | undefined;
  const runInTurn = createSerialRunner();

  /** Brings the folder of decisions up to date where the store is a database of several instances. */
  async function updateDecisionFolder(): Promise<void> {
    if (config.database !== null) await store.read((tx) => fetchDecisions(tx, config.dataDir));
  }

  async function reload(): Promise<ReloadResult> {
    // First the count, then the files: a decision recorded in between is found by the next refresh.
    knownDecisions = await store.read(readDecisionCount);
    await updateDecisionFolder();
    const { library, problems } = inspectLibrary(config);
    if (!library || problems.length > 0) {
      events.libraryRefused({ entries: problems.length });
      return { reloaded: false, problems };
    }
    current = buildLibrarySnapshot(dependencies, library);
    const rerun = await updateStore(store, current);
    events.libraryReloaded({ entries: rerun.resources, changed: rerun.mapped });
    return { reloaded: true, rerun };
  }

  async function refresh(): Promise<void> {
    const decisions = await store.read(readDecisionCount);
    if (knownDecisions === undefined) {
      // The library was read when the service was opened; a decision may have been recorded just then.
      await updateDecisionFolder();
      if (hasSameDecisions(config, current.library)) knownDecisions = decisions;
      if (await isStoreBehind(store, current)) await updateStore(store, current);
    }
    if (decisions !== knownDecisions) await reload();
  }

  return {
    getSnapshot: () => current,
    activate: (library) => {
      current = buildLibrarySnapshot(dependencies, library);
    },
    reload: () => runInTurn(reload),
    refresh: () => runInTurn(refresh),
  };
}

/** Creates a runner of asynchronous work, one piece after the other. A failure reaches its caller only. */
function createSerialRunner(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}

const hasSameDecisions = (config: Config, { mappingFiles }: Library): boolean =>
  stringifyJson(readDecisions(config.dataDir, () => {})) === stringifyJson(mappingFiles.decided ?? []);

async function isStoreBehind(store: Store, { library }: LibrarySnapshot): Promise<boolean> {
  const { mappings, rules } = library.digests;
  return store.read(
    async (tx) =>
      (await tx.sharedValues.get(MAPPINGS_KEY)) !== mappings ||
      (await tx.sharedValues.get(RULES_KEY)) !== rules,
  );
}

/** Records which mappings and rules the store was brought up to date with. */
async function recordActivation(
  tx: StoreTransaction,
  { mappings, rules }: Library['digests'],
): Promise<void> {
  const before = await tx.sharedValues.get(MAPPINGS_KEY);
  const isSame = before === mappings && (await tx.sharedValues.get(RULES_KEY)) === rules;
  await tx.sharedValues.put(MAPPINGS_KEY, mappings);
  await tx.sharedValues.put(RULES_KEY, rules);
  if (isSame) return;
  const event = {
    action: 'library.activated',
    object: 'Library/mappings',
    ...(before === null ? {} : { before }),
    after: mappings,
    detail: { rules },
  } as const;
  await tx.audit.append(buildAuditEntry(event, new Date()));
}

/**
 * Restates every held resource and, if the rules have changed, marks every subject for assessment. Requests that began
 * under the previous library are ahead in the store's queue, so that every resource that they held is found here.
 */
async function updateStore(
  store: Store,
  { library, pipeline, assessment }: LibrarySnapshot,
): Promise<RestateSummary> {
  const { rules } = library.digests;
  const previousRules = await store.read((tx) => tx.sharedValues.get(RULES_KEY));
  const summary = await restateHeldResources(pipeline, null);
  // A mapping alone changes no assessment but by the facts that it yields: the version is brought up to date within the hour.
  if (previousRules !== rules) await markOutdatedSubjects(store, assessment, pipeline.studies);
  await store.transaction((tx) => recordActivation(tx, library.digests));
  return summary;
}
