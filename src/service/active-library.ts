import type { Config } from '../config.ts';
import { stringifyJson } from '../fhir/lossless-json.ts';
import type { Seal } from '../intake/seal.ts';
import { readDecisions } from '../library/decision-files.ts';
import type { LibraryProblem } from '../library/library-problem.ts';
import { inspectLibrary, type Library } from '../library.ts';
import type { EventLog } from '../observe/event-log.ts';
import type { AssessmentDependencies } from '../pipeline/assess/assess-and-write-back.ts';
import type { PipelineDependencies } from '../pipeline/dependencies.ts';
import { readDecisionCount } from '../pipeline/facts/decide-work-item.ts';
import { guardMapper } from '../pipeline/facts/guard-mapper.ts';
import { type RestateSummary, restateHeldResources } from '../pipeline/facts/restate-held.ts';
import { markAllForAssessment } from '../pipeline/worker.ts';
import type { Store } from '../store/store.ts';
import { findStudyRules } from './study-rules.ts';

/** The library, and what the pipeline makes of it. Never changed, only replaced as a whole. */
export interface LibrarySnapshot {
  readonly library: Library;
  readonly pipeline: PipelineDependencies;
  readonly assessment: AssessmentDependencies;
}

/** What a reload came to: the problems for which it was refused, or what became of what was held. */
export type ReloadResult =
  | { readonly reloaded: false; readonly problems: readonly LibraryProblem[] }
  | { readonly reloaded: true; readonly rerun: RestateSummary };

export interface ActiveLibrary {
  /** Whoever asks keeps what he was given until he is done: a request ends under the mappings it began with. */
  current(): LibrarySnapshot;
  /** Puts a library in force that was read and checked already. */
  activate(library: Library): void;
  /** Reads the library beside the one in force and takes its place if nothing is wrong with it. One at a time. */
  reload(): Promise<ReloadResult>;
  /** Reloads where another process has decided something since, or the mappings changed while nobody was running. */
  refresh(): Promise<void>;
}

export interface ActiveLibraryDependencies {
  readonly config: Config;
  readonly store: Store;
  readonly seal: Seal;
  readonly events: EventLog;
  readonly softwareVersion: string;
}

/** Under which mappings and rules the store was last brought up to date. */
const MAPPINGS_NOTE = 'mappings';
const RULES_NOTE = 'rules';

/** Holds the library in force. What is already mapped stays as it is when it changes: see remapInbox. */
export function createActiveLibrary(parts: ActiveLibraryDependencies, first: Library): ActiveLibrary {
  const { config, store, events, softwareVersion } = parts;
  const build = (library: Library): LibrarySnapshot => ({
    library,
    pipeline: buildPipelineDependencies(parts, library),
    assessment: buildAssessmentDependencies(config, library, softwareVersion, events),
  });
  let current = build(first);
  /** The decisions that were read last, in force or refused; undefined before the first look. */
  let seen: string | null | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  async function reload(): Promise<ReloadResult> {
    // First the count, then the files: a decision made in between is seen by the next look.
    seen = await store.read(readDecisionCount);
    const { library, problems } = inspectLibrary(config);
    if (!library || problems.length > 0) {
      events.libraryRefused({ entries: problems.length });
      return { reloaded: false, problems };
    }
    current = build(library);
    const rerun = await bringStoreUpToDate(store, current);
    events.libraryReloaded({ entries: rerun.resources, changed: rerun.mapped });
    return { reloaded: true, rerun };
  }

  async function refresh(): Promise<void> {
    const made = await store.read(readDecisionCount);
    if (seen === undefined) {
      // The library was read when the service was opened, and perhaps something was decided just then.
      if (hasSameDecisions(config, current.library)) seen = made;
      if (await isStoreBehind(store, current)) await bringStoreUpToDate(store, current);
    }
    if (made !== seen) await reload();
  }

  return {
    current: () => current,
    activate: (library) => {
      current = build(library);
    },
    reload: () => inTurn(reload),
    refresh: () => inTurn(refresh),
  };
}

const hasSameDecisions = (config: Config, { mappingFiles: parts }: Library): boolean =>
  stringifyJson(readDecisions(config.dataDir, () => {})) === stringifyJson(parts.decided ?? []);

async function isStoreBehind(store: Store, { library }: LibrarySnapshot): Promise<boolean> {
  const { mappings, rules } = library.digests;
  return store.read(
    async (tx) =>
      (await tx.sharedValues.get(MAPPINGS_NOTE)) !== mappings ||
      (await tx.sharedValues.get(RULES_NOTE)) !== rules,
  );
}

/**
 * States again what was held; where the rules are others, every subject is to be judged again. Requests that began under
 * the library before are ahead in the store's queue, so whatever they were held for is found here.
 */
async function bringStoreUpToDate(
  store: Store,
  { library, pipeline }: LibrarySnapshot,
): Promise<RestateSummary> {
  const { mappings, rules } = library.digests;
  const before = await store.read((tx) => tx.sharedValues.get(RULES_NOTE));
  const rerun = await restateHeldResources(pipeline, null);
  if (before !== rules) await markAllForAssessment(store, pipeline.studies);
  await store.transaction(async (tx) => {
    await tx.sharedValues.put(MAPPINGS_NOTE, mappings);
    await tx.sharedValues.put(RULES_NOTE, rules);
  });
  return rerun;
}

function resolveTimeZone(config: Config, library: Library, site: string): string {
  return config.sites[site]?.timeZone ?? library.timeZones.get(site) ?? 'UTC';
}

function buildPipelineDependencies(
  { config, store, seal, events }: ActiveLibraryDependencies,
  library: Library,
): PipelineDependencies {
  const failed = (site: string, resourceType: string, error: unknown) =>
    events.mappingFailed({ site, resourceType, error });
  const map = guardMapper(library.mapper.map, failed);
  const held = [...library.protocols.values()].map((protocol) => protocol.sealedDays);
  const sealDays = Math.max(0, ...held);
  return {
    store,
    seal,
    studies: [...library.protocols.keys()],
    sealDays: sealDays === 0 ? null : sealDays,
    siteContext: (site) => ({
      site,
      timeZone: resolveTimeZone(config, library, site),
      ehrBase: config.sites[site]?.ehr?.base ?? null,
      map,
    }),
    validate: library.validate,
    now: () => new Date(),
  };
}

function buildAssessmentDependencies(
  config: Config,
  library: Library,
  softwareVersion: string,
  events: EventLog,
): AssessmentDependencies {
  return {
    onAssessmentFailed: ({ study, subject }, error) => events.assessmentFailed({ study, subject, error }),
    softwareVersion,
    timeZoneOfSite: (site) => resolveTimeZone(config, library, site),
    now: () => new Date(),
    rulesFor: (study) => findStudyRules(library, study),
  };
}
