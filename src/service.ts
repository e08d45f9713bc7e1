import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBearerAuthenticator, listClients } from './auth/bearer-tokens.ts';
import type { Config } from './config.ts';
import { createApp } from './http/app.ts';
import { type ListeningServer, listen } from './http/listen.ts';
import type { Seal } from './intake/seal.ts';
import { openSeal } from './intake/seal-key.ts';
import { type Library, readLibrary } from './library.ts';
import { createEventLog } from './observe/event-log.ts';
import { createLog } from './observe/log.ts';
import type { PipelineDependencies } from './pipeline/dependencies.ts';
import { replaceOldIndex } from './pipeline/facts/replace-old-index.ts';
import type { AcceptInteractions, Caller, EnrolSubjects } from './pipeline/ports.ts';
import { createAcceptInteractions } from './pipeline/receive/accept-interactions.ts';
import { createEnrolSubjects } from './pipeline/receive/enrol-from-file.ts';
import { assessDueSubjects } from './pipeline/worker.ts';
import { type AdjudicationOperations, createAdjudicationOperations } from './service/adjudications.ts';
import { createBackgroundWork } from './service/background-work.ts';
import { claimDataFolder } from './service/claim-data-folder.ts';
import {
  type CriteriaSignOffOperations,
  createCriteriaSignOffOperations,
} from './service/criteria-sign-offs.ts';
import { listKnownSites, listKnownSubjects } from './service/known-names.ts';
import type { LibrarySnapshot } from './service/library-snapshot.ts';
import { createMappingOperations, type MappingOperations } from './service/mapping-operations.ts';
import { createOutboxOperations, type OutboxOperations } from './service/outbox-operations.ts';
import { createReadinessCheck } from './service/readiness.ts';
import { createActiveLibrary, type ReloadResult } from './service/reload-library.ts';
import { createStudyExports, type StudyExports } from './service/study-exports.ts';
import { createStudyQueries, type StudyQueries } from './service/study-queries.ts';
import { requireProtocol } from './service/study-rules.ts';
import { createWorkItemOperations, type WorkItemOperations } from './service/work-items.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import type { Store } from './store/store.ts';

export type { FileChunk } from './exports/export-format.ts';
export type { TraceMatch } from './exports/lineage/find-trace.ts';
export type { LayerOverlap } from './mapping/layer-overlaps.ts';
export type { MappingTrace } from './mapping/mapper.ts';
export type { MappingResult } from './mapping/mapping-result.ts';
export type { Decider } from './pipeline/facts/decide-work-item.ts';
export type { RemapChange, RemapSummary } from './pipeline/facts/remap-inbox.ts';
export type { DataCutoff } from './pipeline/query/assess-as-of.ts';
export type { AssessmentComparison, AssessmentEntry } from './pipeline/query/compare-assessments.ts';
export type { OpenWork } from './pipeline/query/open-work.ts';
export type { StudyReportWithOpenWork, SubjectExplanation } from './service/study-queries.ts';
export type { AlternativeRule } from './service/study-rules.ts';
export type { OutboxState } from './store/outbox.ts';
export type { WorkItem } from './store/store.ts';

/** The operations of the adapter; HTTP and the command line have no other access to it. */
export interface Service
  extends StudyQueries,
    MappingOperations,
    WorkItemOperations,
    AdjudicationOperations,
    CriteriaSignOffOperations,
    OutboxOperations,
    StudyExports {
  readonly accept: AcceptInteractions;
  readonly enrol: EnrolSubjects;
  /** Returns the client that the Authorization header identifies; null where it identifies none. */
  authenticate(authorization: string | undefined): Caller | null;
  /** Whether the store can be written and the background work runs. */
  isReady(): Promise<boolean>;
  /** Validates a resource before it is stored. */
  readonly validate: PipelineDependencies['validate'];
  /** Assesses every subject with changed facts; returns their number. */
  assessDueSubjects(progress?: (done: number) => void): Promise<number>;
  /**
   * Reads mappings, protocols, criteria and decisions again, all or nothing. Requests in progress
   * finish under the previous library; a library with a problem is refused, and the previous one stays in use. Held
   * resources are restated.
   */
  reloadLibrary(): Promise<ReloadResult>;
  /** Applies decisions and mappings that changed since this process read the library. */
  refreshLibrary(): Promise<void>;
  /** Lists the ids of the studies in the library. */
  listStudies(): readonly string[];
  /** Throws `study/unknown` where the library does not have the study. */
  requireStudy(study: string): void;
  /** Lists the sites that the configuration, a study's folder or the store names, and that of `serve --dev`. */
  listSites(): Promise<readonly string[]>;
  /** Lists the numbers of the subjects of all studies. */
  listSubjects(): Promise<readonly string[]>;
  /** Claims the data folder for this process as the only one that serves it, until close(). Throws `store/busy`. */
  claimDataFolder(): Promise<void>;
  /** Whether ids over 64 characters are taken from the site, as the configuration says. */
  takesLongIds(site: string): boolean;
  /** Serves HTTP. */
  listen(at: { host: string; port: number }): Promise<ListeningServer>;
  /** Assesses subjects and delivers the outbox in the background until close(). */
  startWorker(): void;
  /** Delivers the entries that are due now, without waiting for later attempts; returns the number of transactions. */
  deliverDue(): Promise<number>;
  close(): Promise<void>;
}

const SOFTWARE_VERSION = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }
).version;

/**
 * Opens the service (the composition root): opens the store, reads the library and connects the stages. Throws a Failure
 * where the configuration, the mappings or the store cannot be used.
 */
export async function openService(config: Config): Promise<Service> {
  const library = readLibrary(config);
  const store = openSqliteStore(join(config.dataDir, 'store.db'));
  try {
    return await createService(config, library, store, await openSeal(config.dataDir, store));
  } catch (cause) {
    await store.close();
    throw cause;
  }
}

async function createService(config: Config, library: Library, store: Store, seal: Seal): Promise<Service> {
  const events = createEventLog(createLog(config.logLevel));
  const activeLibrary = createActiveLibrary(
    { config, store, seal, events, softwareVersion: SOFTWARE_VERSION },
    library,
  );
  const { getSnapshot } = activeLibrary;
  await replaceOldIndex(getSnapshot().pipeline);
  const background = createBackgroundWork(config, store, activeLibrary, events);
  const clients = listClients(config);
  let endClaim = () => {};
  const entryPoints = {
    ...createPipelineCalls(store, getSnapshot),
    authenticate: createBearerAuthenticator(clients),
    isReady: createReadinessCheck(store, background),
  };
  const takesLongIds = (site: string) => config.sites[site]?.takesLongIds ?? false;
  const http = {
    takesLongIds,
    isMetadataPublic: clients.length > 0,
    findSupportedProfiles: library.profilesFor,
    observer: events,
    now: () => new Date(),
    version: SOFTWARE_VERSION,
    limits: config.limits,
  };
  return {
    ...entryPoints,
    ...createStudyQueries(store, getSnapshot),
    ...createMappingOperations(config, getSnapshot),
    ...createWorkItemOperations(config, store, activeLibrary),
    ...createAdjudicationOperations(store, getSnapshot, entryPoints.accept),
    ...createCriteriaSignOffOperations(store, getSnapshot),
    ...createOutboxOperations(store),
    ...createStudyExports(store, getSnapshot, SOFTWARE_VERSION),
    listSites: () => listKnownSites(config, getSnapshot().library, store),
    listSubjects: () => listKnownSubjects(getSnapshot().library, store),
    reloadLibrary: activeLibrary.reload,
    refreshLibrary: activeLibrary.refresh,
    listStudies: () => [...getSnapshot().library.protocols.keys()],
    requireStudy: (study) => void requireProtocol(getSnapshot().library, study),
    takesLongIds,
    async claimDataFolder() {
      endClaim = await claimDataFolder(store, config.dataDir, new Date());
    },
    listen: (at) => listen(createApp({ ...entryPoints, ...http }), at),
    startWorker: background.start,
    deliverDue: background.deliverDue,
    async close() {
      await background.stop();
      await store.close();
      endClaim();
    },
  };
}

/** Creates the calls of the pipeline. Each uses the library that is in use when it begins, until its end. */
function createPipelineCalls(
  store: Store,
  getSnapshot: () => LibrarySnapshot,
): Pick<Service, 'accept' | 'enrol' | 'validate' | 'assessDueSubjects'> {
  return {
    accept: (...call) => createAcceptInteractions(getSnapshot().pipeline)(...call),
    enrol: (...call) => createEnrolSubjects(getSnapshot().pipeline)(...call),
    validate: (...call) => getSnapshot().pipeline.validate(...call),
    assessDueSubjects: (progress) => assessDueSubjects(store, getSnapshot().assessment, progress),
  };
}
