import type { Config } from '../../config.ts';
import type { Library } from '../../library.ts';
import { createEventLog, type EventLog } from '../../observe/event-log.ts';
import { createLog } from '../../observe/log.ts';
import { replaceOldIndex } from '../../pipeline/facts/replace-old-index.ts';
import type { AcceptInteractions } from '../../pipeline/ports.ts';
import { createAcceptInteractions } from '../../pipeline/receive/accept-interactions.ts';
import { assessDueSubjects } from '../../pipeline/worker.ts';
import type { Store } from '../../store/store.ts';
import { type BackgroundWork, createBackgroundWork } from '../background-work.ts';
import { preparePseudonymKeys } from '../exports/pseudonym-key.ts';
import { listKnownSites, listKnownSubjects } from '../known-names.ts';
import type { LibrarySnapshot, SnapshotDependencies } from '../library-snapshot.ts';
import { createReadinessCheck } from '../readiness.ts';
import { type ActiveLibrary, createActiveLibrary } from '../reload-library.ts';
import { requireProtocol } from '../study-rules.ts';

/** The parts of the service that work by the mapping library. */
export interface ServiceCore {
  readonly activeLibrary: ActiveLibrary;
  readonly events: EventLog;
  readonly background: BackgroundWork;
  getSnapshot(): LibrarySnapshot;
  /** Accepts interactions by the library that is in use when the call begins, until its end. */
  readonly accept: AcceptInteractions;
  /** Whether the store can be written and the background work runs. */
  isReady(): Promise<boolean>;
  assessDueSubjects(progress?: (done: number) => void): Promise<number>;
  listSites(): Promise<readonly string[]>;
  listSubjects(): Promise<readonly string[]>;
  listStudies(): Promise<readonly string[]>;
  /** Throws `study/unknown`. */
  requireStudy(study: string): Promise<void>;
}

/** Connects the stages by a library, and brings the store's index into the form of this version. */
export async function createServiceCore(
  { config, store, ...rest }: Omit<SnapshotDependencies, 'events'>,
  library: Library,
): Promise<ServiceCore> {
  const events = createEventLog(createLog(config.logLevel));
  const activeLibrary = createActiveLibrary({ config, store, events, ...rest }, library);
  const { getSnapshot } = activeLibrary;
  await replaceOldIndex(getSnapshot().pipeline);
  await preparePseudonymKeys(store, getSnapshot().pipeline.studies);
  const background = createBackgroundWork(config, store, activeLibrary, events);
  return {
    activeLibrary,
    events,
    background,
    isReady: createReadinessCheck(store, background),
    getSnapshot,
    accept: (...call) => createAcceptInteractions(getSnapshot().pipeline)(...call),
    assessDueSubjects: (progress) => assessDueSubjects(store, getSnapshot().assessment, progress),
    ...createNameLists(config, store, getSnapshot),
  };
}

function createNameLists(
  config: Config,
  store: Store,
  getSnapshot: () => LibrarySnapshot,
): Pick<ServiceCore, 'listSites' | 'listSubjects' | 'listStudies' | 'requireStudy'> {
  return {
    listSites: () => listKnownSites(config, getSnapshot().library, store),
    listSubjects: () => listKnownSubjects(getSnapshot().library, store),
    listStudies: async () => [...getSnapshot().library.protocols.keys()],
    requireStudy: async (study) => void requireProtocol(getSnapshot().library, study),
  };
}
