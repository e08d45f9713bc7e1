import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBearerAuthenticator, listClients } from './auth/bearer-tokens.ts';
import { findSchemaProblems } from './check-schemas.ts';
import type { Config } from './config.ts';
import { createApp } from './http/app.ts';
import { type ListeningServer, listen } from './http/listen.ts';
import { openSeal } from './intake/seal-key.ts';
import type { LibraryProblem } from './library/library-problem.ts';
import { inspectLibrary, readLibrary } from './library.ts';
import { findLayerOverlaps, type LayerOverlap } from './mapping/layer-overlaps.ts';
import { createEventLog, type EventLog } from './observe/event-log.ts';
import { createLog } from './observe/log.ts';
import type { PipelineDependencies } from './pipeline/dependencies.ts';
import type { AcceptInteractions, Caller, EnrolSubjects } from './pipeline/ports.ts';
import { createAcceptInteractions } from './pipeline/receive/accept-interactions.ts';
import { createEnrolSubjects } from './pipeline/receive/enrol-from-file.ts';
import { assessDueSubjects, startWorker } from './pipeline/worker.ts';
import { type ActiveLibrary, createActiveLibrary, type ReloadResult } from './service/active-library.ts';
import { createEhrClients, createLoggedDelivery } from './service/ehr-delivery.ts';
import { createMappingOperations, type MappingOperations } from './service/mapping-operations.ts';
import { createStudyExports, type StudyExports } from './service/study-exports.ts';
import { createStudyQueries, type StudyQueries } from './service/study-queries.ts';
import { createWorkItemOperations, type WorkItemOperations } from './service/work-items.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import type { OutboxEntry, OutboxState, Store } from './store/store.ts';

export type { DataCutoff } from './pipeline/query/assess-as-of.ts';
export type { AssessmentComparison } from './pipeline/query/compare-assessments.ts';
export type { OpenWork } from './pipeline/query/open-work.ts';
export type { StudyReportWithOpenWork } from './service/study-queries.ts';
export type { AlternativeCriteria } from './service/study-rules.ts';

/** What the doors and the command line may do; the only thing they are handed. */
export interface Service extends StudyQueries, MappingOperations, WorkItemOperations, StudyExports {
  readonly accept: AcceptInteractions;
  readonly enrol: EnrolSubjects;
  /** Who the Authorization header belongs to; null where nobody is admitted by it. */
  authenticate(authorization: string | undefined): Caller | null;
  isReady(): Promise<boolean>;
  /** What the doors check before anything is stored. */
  readonly validate: PipelineDependencies['validate'];
  /** Judges every subject whose facts changed; returns how many. */
  assessDueSubjects(progress?: (done: number) => void): Promise<number>;
  /**
   * Reads mappings, protocols, criteria and decisions again, all or nothing: requests under way end under the old ones, a
   * faulty library is refused and the old one stays. What was held is stated again.
   */
  reloadLibrary(): Promise<ReloadResult>;
  /** Takes up what others have decided or changed since this process read the library; nothing where nobody has. */
  refreshLibrary(): Promise<void>;
  listOutboxEntries(filter: {
    state?: OutboxState;
    site?: string;
    subject?: string;
  }): Promise<readonly OutboxEntry[]>;
  moveOutboxEntries(from: OutboxState, to: OutboxState, site: string | null): Promise<number>;
  /** Owes again what somebody changed or deleted in the EHR, over what was seen there; false where nothing such waits. */
  overwriteInEhr(site: string, identifier: string): Promise<boolean>;
  /** Study ids of the library. */
  listStudies(): readonly string[];
  /** Whether a configuration, a study's folder or an enrolment knows the site. */
  isKnownSite(site: string): Promise<boolean>;
  /** Opens the HTTP doors. */
  listen(at: { host: string; port: number }): Promise<ListeningServer>;
  /** Judges and delivers in the background until close(). */
  startWorker(): void;
  /** Delivers what is due now, without waiting for later attempts; returns how many transactions were sent. */
  deliverDue(): Promise<number>;
  close(): Promise<void>;
}

const SOFTWARE_VERSION = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }
).version;

/** What `check` finds, without a store. */
export interface LibraryCheck {
  readonly problems: readonly LibraryProblem[];
  /** What more than one layer says at the site, the one that wins first; null where the library cannot be read. */
  findOverlaps(site: string): readonly LayerOverlap[] | null;
}

/**
 * Everything that is wrong with mappings, protocols and criteria, the golden cases beside the views included. Of a file
 * that cannot be read as what it is, the schema's complaint is left out: the library's own names the fix.
 */
export async function checkLibrary(config: Config): Promise<LibraryCheck> {
  const { library, problems } = inspectLibrary(config, { runCases: true });
  const known = new Set(problems.map(({ file }) => file));
  const byShape = await findSchemaProblems(config);
  return {
    problems: [...problems, ...byShape.filter(({ file }) => !known.has(file))],
    findOverlaps: (site) => library && findLayerOverlaps(library.mappingFiles, site),
  };
}

/**
 * The one place that constructs: opens the store, reads the library, connects the stages. Throws a Failure where
 * configuration, mappings or the store are not fit for use.
 */
export async function openService(config: Config): Promise<Service> {
  const library = readLibrary(config);
  const events = createEventLog(createLog(config.logLevel));
  const store = openSqliteStore(join(config.dataDir, 'store.db'));
  const seal = openSeal(config.dataDir);
  const inForce = createActiveLibrary(
    { config, store, seal, events, softwareVersion: SOFTWARE_VERSION },
    library,
  );
  const studies = () => [...inForce.current().library.protocols.keys()];
  const clients = listClients(config);
  const background = createBackgroundWork(config, store, inForce, events);
  const doors = {
    // Each call takes the library that is in force when it comes, and keeps it to its end.
    accept: ((...call) =>
      createAcceptInteractions(inForce.current().pipeline)(...call)) satisfies AcceptInteractions,
    authenticate: createBearerAuthenticator(clients),
    isMetadataPublic: clients.length > 0,
    isReady: async () => {
      await store.verifyWritable();
      return !background.broken();
    },
  };
  const { profilesFor: profilesOf } = library;
  const http = {
    findSupportedProfiles: profilesOf,
    observer: events,
    now: () => new Date(),
    version: SOFTWARE_VERSION,
    limits: config.limits,
  };
  return {
    ...doors,
    ...createStudyQueries(store, inForce.current),
    ...createMappingOperations(config, inForce.current),
    ...createWorkItemOperations(config, store, inForce),
    ...createStudyExports(store, inForce.current, SOFTWARE_VERSION),
    validate: (...sent) => inForce.current().pipeline.validate(...sent),
    isKnownSite: async (site) =>
      site in config.sites ||
      inForce.current().library.timeZones.has(site) ||
      store.read((tx) => tx.subjects.hasSubjectAt(site)),
    enrol: (...call) => createEnrolSubjects(inForce.current().pipeline)(...call),
    assessDueSubjects: (progress) => assessDueSubjects(store, inForce.current().assessment, progress),
    reloadLibrary: inForce.reload,
    refreshLibrary: inForce.refresh,
    listOutboxEntries: (filter) => store.read((tx) => tx.outbox.list(filter)),
    moveOutboxEntries: (from, to, site) =>
      store.transaction((tx) => tx.outbox.changeState(from, to, site, new Date().toISOString())),
    overwriteInEhr: (site, identifier) =>
      store.transaction((tx) => tx.outbox.overwrite(site, identifier, new Date().toISOString())),
    listStudies: studies,
    listen: (at) => listen(createApp({ ...doors, ...http }), at),
    startWorker: background.start,
    deliverDue: background.deliverDue,
    async close() {
      await background.stop();
      await store.close();
    },
  };
}

/** Judging and delivering, until stopped. */
function createBackgroundWork(config: Config, store: Store, inForce: ActiveLibrary, events: EventLog) {
  const ehrs = createEhrClients(config);
  const delivery = createLoggedDelivery(store, ehrs, events);
  let worker: { stop(): Promise<void> } | null = null;
  let broken = false;
  return {
    broken: () => broken,
    start() {
      worker = startWorker({
        store,
        assessment: () => inForce.current().assessment,
        studies: () => inForce.current().pipeline.studies,
        refreshLibrary: inForce.refresh,
        sites: [...ehrs.keys()],
        deliverNext: (site) => delivery.deliverNext(site),
        hasFailed(error) {
          broken = true;
          events.serviceBroken({ error });
          // A store or a rule that fails may give a wrong answer about a patient: stop, and recover by starting again.
          process.exit(1);
        },
      });
    },
    async deliverDue() {
      let sent = 0;
      while (await delivery.deliverNext()) sent++;
      return sent;
    },
    stop: async () => worker?.stop(),
  };
}
