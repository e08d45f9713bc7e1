import type { Config } from '../config.ts';
import { stringifyJson } from '../fhir/json.ts';
import type { Seal } from '../intake/seal.ts';
import { decisionsIn } from '../library/decisions.ts';
import type { LibraryProblem } from '../library/problem.ts';
import { inspectLibrary, type Library } from '../library.ts';
import type { Events } from '../observe/events.ts';
import { decisionsMade } from '../pipeline/decide.ts';
import { guardedMap } from '../pipeline/guarded-map.ts';
import type { JudgeParts } from '../pipeline/judge.ts';
import type { PipelineParts } from '../pipeline/parts.ts';
import { type Rerun, rerunHeld } from '../pipeline/rerun.ts';
import { markAll } from '../pipeline/worker.ts';
import type { Store } from '../store/store.ts';
import { rulesOf } from './rules.ts';

/** The library, and what the pipeline makes of it. Never changed, only replaced as a whole. */
export interface InForce {
  readonly library: Library;
  readonly pipeline: PipelineParts;
  readonly judging: JudgeParts;
}

/** What a reload came to: the problems for which it was refused, or what became of what was held. */
export type Reloaded =
  | { readonly reloaded: false; readonly problems: readonly LibraryProblem[] }
  | { readonly reloaded: true; readonly rerun: Rerun };

export interface LibraryInForce {
  /** Whoever asks keeps what he was given until he is done: a request ends under the mappings it began with. */
  now(): InForce;
  /** Puts a library in force that was read and checked already. */
  take(library: Library): void;
  /** Reads the library beside the one in force and takes its place if nothing is wrong with it. One at a time. */
  reload(): Promise<Reloaded>;
  /** Reloads where another process has decided something since, or the mappings changed while nobody was running. */
  refresh(): Promise<void>;
}

export interface InForceParts {
  readonly config: Config;
  readonly store: Store;
  readonly seal: Seal;
  readonly events: Events;
  readonly softwareVersion: string;
}

/** Under which mappings and rules the store was last brought up to date. */
const MAPPINGS = 'mappings';
const RULES = 'rules';

/** Holds the library in force. What is already mapped stays as it is when it changes: see remapInbox. */
export function libraryInForce(parts: InForceParts, first: Library): LibraryInForce {
  const { config, store, events, softwareVersion } = parts;
  const build = (library: Library): InForce => ({
    library,
    pipeline: pipelineParts(parts, library),
    judging: judgeParts(config, library, softwareVersion, events),
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

  async function reload(): Promise<Reloaded> {
    // First the count, then the files: a decision made in between is seen by the next look.
    seen = await store.read(decisionsMade);
    const { library, problems } = inspectLibrary(config);
    if (!library || problems.length > 0) {
      events.libraryRefused({ entries: problems.length });
      return { reloaded: false, problems };
    }
    current = build(library);
    const rerun = await catchUp(store, current);
    events.libraryReloaded({ entries: rerun.resources, changed: rerun.mapped });
    return { reloaded: true, rerun };
  }

  async function refresh(): Promise<void> {
    const made = await store.read(decisionsMade);
    if (seen === undefined) {
      // The library was read when the service was opened, and perhaps something was decided just then.
      if (sameDecisions(config, current.library)) seen = made;
      if (await isBehind(store, current)) await catchUp(store, current);
    }
    if (made !== seen) await reload();
  }

  return {
    now: () => current,
    take: (library) => {
      current = build(library);
    },
    reload: () => inTurn(reload),
    refresh: () => inTurn(refresh),
  };
}

const sameDecisions = (config: Config, { parts }: Library): boolean =>
  stringifyJson(decisionsIn(config.dataDir, () => {})) === stringifyJson(parts.decided ?? []);

async function isBehind(store: Store, { library }: InForce): Promise<boolean> {
  const { mappings, rules } = library.digests;
  return store.read(
    async (tx) => (await tx.notes.get(MAPPINGS)) !== mappings || (await tx.notes.get(RULES)) !== rules,
  );
}

/**
 * States again what was held; where the rules are others, every subject is to be judged again. Requests that began under
 * the library before are ahead in the store's queue, so whatever they were held for is found here.
 */
async function catchUp(store: Store, { library, pipeline }: InForce): Promise<Rerun> {
  const { mappings, rules } = library.digests;
  const before = await store.read((tx) => tx.notes.get(RULES));
  const rerun = await rerunHeld(store, pipeline, null);
  if (before !== rules) await markAll(store, pipeline.studies);
  await store.transaction(async (tx) => {
    await tx.notes.put(MAPPINGS, mappings);
    await tx.notes.put(RULES, rules);
  });
  return rerun;
}

function timeZoneOf(config: Config, library: Library, site: string): string {
  return config.sites[site]?.timeZone ?? library.timeZones.get(site) ?? 'UTC';
}

function pipelineParts({ config, store, seal, events }: InForceParts, library: Library): PipelineParts {
  const failed = (site: string, resourceType: string, error: unknown) =>
    events.mappingFailed({ site, resourceType, error });
  const map = guardedMap(library.mapper.map, failed);
  const held = [...library.protocols.values()].map((protocol) => protocol.sealedDays);
  const sealDays = Math.max(0, ...held);
  return {
    store,
    seal,
    studies: [...library.protocols.keys()],
    sealDays: sealDays === 0 ? null : sealDays,
    site: (site) => ({
      site,
      timeZone: timeZoneOf(config, library, site),
      ehrBase: config.sites[site]?.ehr?.base ?? null,
      map,
    }),
    validate: library.validate,
    now: () => new Date(),
  };
}

function judgeParts(config: Config, library: Library, softwareVersion: string, events: Events): JudgeParts {
  return {
    judgingFailed: ({ study, subject }, error) => events.judgingFailed({ study, subject, error }),
    softwareVersion,
    timeZone: (site) => timeZoneOf(config, library, site),
    now: () => new Date(),
    rules: (study) => rulesOf(library, study),
  };
}
