import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { ListeningServer } from './http/listen.ts';
import { createUnusedSeal } from './intake/seal.ts';
import { openSeal } from './intake/seal-key.ts';
import type { PipelineDependencies } from './pipeline/dependencies.ts';
import type { AcceptInteractions, EnrolSubjects } from './pipeline/ports.ts';
import type { ClientAccess } from './service/access/client-access.ts';
import type { AdjudicationOperations } from './service/adjudications.ts';
import type { TrailStore } from './service/audit/keep-trail.ts';
import type { CriteriaSignOffOperations } from './service/criteria-sign-offs.ts';
import type { ErasureOperations } from './service/erasure/erasure-operations.ts';
import type { RetentionOperations } from './service/erasure/retention.ts';
import { createIngestCheckpoints, type IngestCheckpoints } from './service/ingest-checkpoints.ts';
import type { MappingOperations } from './service/mapping-operations.ts';
import { claimStore } from './service/opening/claim-store.ts';
import { loadOnUse, runOnce } from './service/opening/load-on-use.ts';
import { locateStore, openTrailStore, updateDecisionFiles } from './service/opening/open-store.ts';
import type { ServiceCore } from './service/opening/service-core.ts';
import type { OutboxOperations } from './service/outbox-operations.ts';
import { createOutboxCalls, createSessionCalls, loadPeopleDoors } from './service/people/load-calls.ts';
import type { SessionOperations } from './service/people/session-operations.ts';
import type { ReloadResult } from './service/reload-library.ts';
import type { StudyExports } from './service/study-exports.ts';
import type { StudyQueries } from './service/study-queries.ts';
import type { WorkItemDecisions } from './service/work-items/decisions.ts';
import type { WorkItemQueries } from './service/work-items/queries.ts';
import type { StoreClaim } from './store/store.ts';

export type { FileChunk } from './exports/export-format.ts';
export type { TraceMatch } from './exports/lineage/find-trace.ts';
export type { ListeningServer } from './http/listen.ts';
export type { LayerOverlap } from './mapping/layer-overlaps.ts';
export type { MappingTrace } from './mapping/mapper.ts';
export type { MappingResult } from './mapping/mapping-result.ts';
export type { Decider } from './pipeline/decisions/decider.ts';
export type { RemapChange, RemapSummary } from './pipeline/facts/remap-inbox.ts';
export type { DataCutoff } from './pipeline/query/assess-as-of.ts';
export type { AssessmentComparison, AssessmentEntry } from './pipeline/query/compare-assessments.ts';
export type { OpenWork } from './pipeline/query/open-work.ts';
export type { ErasureReport, ErasureTarget } from './service/erasure/erasure-operations.ts';
export type { RetentionReport, StudyDestruction } from './service/erasure/retention.ts';
export type { StudyReportWithOpenWork, SubjectExplanation } from './service/study-queries.ts';
export type { AlternativeRule } from './service/study-rules.ts';
export type { ErasedCounts, ErasureRecord } from './store/erasure-store.ts';
export type { OutboxState } from './store/outbox.ts';
export type { WorkItem } from './store/work-item-store.ts';

/** The operations of the adapter; HTTP and the command line have no other access to it. */
export interface Service
  extends StudyQueries,
    MappingOperations,
    WorkItemQueries,
    WorkItemDecisions,
    AdjudicationOperations,
    CriteriaSignOffOperations,
    ErasureOperations,
    RetentionOperations,
    OutboxOperations,
    SessionOperations,
    IngestCheckpoints,
    StudyExports {
  readonly accept: AcceptInteractions;
  readonly enrol: EnrolSubjects;
  /** Whether the store can be written and the background work runs. */
  isReady(): Promise<boolean>;
  /** Validates a resource before it is stored. */
  validate(
    ...call: Parameters<PipelineDependencies['validate']>
  ): Promise<ReturnType<PipelineDependencies['validate']>>;
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
  listStudies(): Promise<readonly string[]>;
  /** Throws `study/unknown` where the library does not have the study. */
  requireStudy(study: string): Promise<void>;
  /** Lists the sites that the configuration, a study's folder or the store names, and that of `serve --dev`. */
  listSites(): Promise<readonly string[]>;
  /** Lists the numbers of the subjects of all studies. */
  listSubjects(): Promise<readonly string[]>;
  /** Claims the store for this process as one that serves it, until close(). Throws `store/busy`. */
  claimStore(): Promise<void>;
  /** Whether ids over 64 characters are taken from the site, as the configuration says. */
  takesLongIds(site: string): boolean;
  /** Takes the clients of a configuration that was read again, while it listens. */
  replaceClients(config: Pick<Config, 'sites' | 'devToken'>): void;
  /** Serves HTTP. */
  listen(at: { host: string; port: number }): Promise<ListeningServer>;
  /** Assesses subjects and delivers the outbox in the background until stopWorker() or close(). */
  startWorker(): Promise<void>;
  /** Begins no more work in the background, and waits for what is under way. */
  stopWorker(): Promise<void>;
  /** Delivers the entries that are due now, without waiting for later attempts; returns the number of transactions. */
  deliverDue(): Promise<number>;
  close(): Promise<void>;
}

const SOFTWARE_VERSION = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }
).version;

/** How the service is opened. */
export interface OpeningOptions {
  /** Reads the library when an operation needs it first, and not at once: what only reads the store needs none. */
  readonly readsLibraryOnUse?: boolean;
}

/** What is open: the store, and the core once something has needed it. */
interface OpenedParts {
  readonly config: Config;
  readonly store: TrailStore;
  /** Returns the core; reads the library and loads the stages if nothing has needed them so far. */
  loadCore(): Promise<ServiceCore>;
}

/**
 * Opens the service (the composition root): reads the library, opens the store and connects the stages. Throws a Failure
 * where the configuration, the mappings or the store cannot be used; with `readsLibraryOnUse`, the operations throw that
 * of the mappings.
 */
export async function openService(
  config: Config,
  { readsLibraryOnUse = false }: OpeningOptions = {},
): Promise<Service> {
  const readLibraryOnce = runOnce(async () => (await import('./library.ts')).readLibrary(config));
  // A database holds decisions, which belong to the library.
  if (!readsLibraryOnUse && config.database === null) await readLibraryOnce();
  const store = await openTrailStore(config);
  try {
    if (config.database !== null) await updateDecisionFiles(config, config.database, store);
    // A command that reads a replica seals and opens nothing, and needs no key.
    const seal = config.database?.replicaUrl ? createUnusedSeal() : await openSeal(config, store);
    let core: ServiceCore | null = null;
    const loadCore = runOnce(async () => {
      const library = await readLibraryOnce();
      const { createServiceCore } = await import('./service/opening/service-core.ts');
      core = await createServiceCore({ config, store, seal, softwareVersion: SOFTWARE_VERSION }, library);
      return core;
    });
    if (!readsLibraryOnUse) await loadCore();
    return createService({ config, store, loadCore }, async () => core?.background.stop());
  } catch (cause) {
    await store.close();
    throw cause;
  }
}

function createService(opened: OpenedParts, stopBackground: () => Promise<void>): Service {
  const { config, store, loadCore } = opened;
  let claim: StoreClaim | null = null;
  let replaceClients: ClientAccess['replaceClients'] = () => {};
  return {
    ...createIntakeCalls(opened),
    ...createStudyCalls(opened),
    ...createDecisionCalls(opened),
    ...createOutboxCalls(config, store, SOFTWARE_VERSION),
    ...createSessionCalls(store),
    ...createIngestCheckpoints(store),
    isReady: async () => (await loadCore()).isReady(),
    reloadLibrary: async () => (await loadCore()).activeLibrary.reload(),
    refreshLibrary: async () => (await loadCore()).activeLibrary.refresh(),
    listSites: async () => (await loadCore()).listSites(),
    listSubjects: async () => (await loadCore()).listSubjects(),
    listStudies: async () => (await loadCore()).listStudies(),
    requireStudy: async (study) => (await loadCore()).requireStudy(study),
    async claimStore() {
      claim = await claimStore(store, 'serve', locateStore(config), new Date());
    },
    async listen(at) {
      const { server, access } = await listenForRequests(opened, at);
      replaceClients = access.replaceClients;
      return server;
    },
    replaceClients: (changed) => replaceClients(changed),
    stopWorker: stopBackground,
    startWorker: async () => (await loadCore()).background.start(),
    deliverDue: async () => (await loadCore()).background.deliverDue(),
    async close() {
      await stopBackground();
      await claim?.release();
      await store.close();
    },
  };
}

const mayHaveLongIds = ({ sites }: Config, site: string): boolean => sites[site]?.takesLongIds ?? false;

/** A server that listens, and who gets in. */
interface Listening {
  readonly server: ListeningServer;
  readonly access: ClientAccess;
}

/** Connects the ways in which clients authenticate, with the clock and network of this process. */
async function openClientAccess(config: Config, store: TrailStore, now: () => Date): Promise<ClientAccess> {
  const [{ createClientAccess }, { createFetchKeySet }] = await Promise.all([
    import('./service/access/client-access.ts'),
    import('./service/access/fetch-key-set.ts'),
  ]);
  return createClientAccess(config, store, { now, fetchKeySet: createFetchKeySet() });
}

/** Serves HTTP. Requests call the core itself: they are many. */
async function listenForRequests(
  opened: OpenedParts,
  at: { host: string; port: number },
): Promise<Listening> {
  const { config, store, loadCore } = opened;
  const { accept, isReady, events, getSnapshot } = await loadCore();
  const [{ createApp }, { listen }, { createTrustedProxies }, { createGate }, { createRefusedAdmissions }] =
    await Promise.all([
      import('./http/app.ts'),
      import('./http/listen.ts'),
      import('./http/limits/peer-address.ts'),
      import('./http/limits/gate.ts'),
      import('./service/audit/refused-admissions.ts'),
    ]);
  const now = () => new Date();
  const access = await openClientAccess(config, store, now);
  const refusals = createRefusedAdmissions(store, (error) => events.auditFailed({ error }));
  const { connections, behindProxy, tls, rates, load } = config.server;
  const proxies = createTrustedProxies(behindProxy);
  const stopping = new AbortController();
  // One listener for each request in progress.
  setMaxListeners(0, stopping.signal);
  let origin = config.server.publicUrl ?? '';
  const app = createApp({
    base: () => `${origin}/fhir`,
    gate: createGate({ rates, load, proxies }),
    stopping: stopping.signal,
    accept,
    isReady: async () => !stopping.signal.aborted && (await isReady()),
    authenticate: access.authenticate,
    readCertificate: access.readCertificate,
    recordRefusal: refusals.record,
    smart: access.smart,
    tokenUrl: access.smart?.endpoint.checks.tokenUrl ?? null,
    takesLongIds: (site) => mayHaveLongIds(config, site),
    isMetadataPublic: access.hasClients,
    findSupportedProfiles: getSnapshot().library.profilesFor,
    observer: events,
    now,
    version: SOFTWARE_VERSION,
    limits: config.limits,
    people: await loadPeopleDoors(opened, createDecisionCalls(opened)),
  });
  const listening = await listen(app, at, {
    limits: { ...connections, proxies },
    tls: tls && { ...tls, knowsCertificates: access.usesCertificates },
    onStopping: () => stopping.abort(),
    onCut: (requests) => events.requestsCut({ requests }),
  });
  origin ||= listening.url;
  const server = { ...listening, close: () => listening.close().finally(refusals.stop) };
  return { server, access };
}

/** Creates the calls that receive, map and assess. */
function createIntakeCalls({
  config,
  loadCore,
}: OpenedParts): Pick<Service, 'accept' | 'enrol' | 'validate' | 'assessDueSubjects' | 'takesLongIds'> &
  MappingOperations {
  const mapping = loadOnUse<MappingOperations>(
    { previewMapping: true, traceMapping: true, compareMappings: true, remapInbox: true },
    async () => {
      const { getSnapshot } = await loadCore();
      const { createMappingOperations } = await import('./service/mapping-operations.ts');
      return createMappingOperations(config, getSnapshot);
    },
  );
  return {
    ...mapping,
    accept: async (...call) => (await loadCore()).accept(...call),
    async enrol(...call) {
      const { getSnapshot } = await loadCore();
      const { createEnrolSubjects } = await import('./pipeline/receive/enrol-from-file.ts');
      return createEnrolSubjects(getSnapshot().pipeline)(...call);
    },
    validate: async (...call) => (await loadCore()).getSnapshot().pipeline.validate(...call),
    assessDueSubjects: async (progress) => (await loadCore()).assessDueSubjects(progress),
    takesLongIds: (site) => mayHaveLongIds(config, site),
  };
}

/** Whether the configuration names a replica and no other database, so that nothing can be written. */
const isReplicaAlone = ({ database }: Config): boolean =>
  database?.replicaUrl !== undefined && database?.replicaUrl === database?.url;

/** Creates the queries and exports of studies. */
function createStudyCalls({ config, store, loadCore }: OpenedParts): StudyQueries & StudyExports {
  const queries = loadOnUse<StudyQueries>(
    { assess: true, compareRules: true, explain: true, report: true },
    async () => {
      const { getSnapshot } = await loadCore();
      const { createStudyQueries } = await import('./service/study-queries.ts');
      return createStudyQueries(store, getSnapshot);
    },
  );
  const exports = loadOnUse<Omit<StudyExports, 'readResourceStatus'>>(
    { listFormats: true, exportStudy: true, findExportTraces: true, listExportAddresses: true },
    async () => {
      const { getSnapshot } = await loadCore();
      const { createStudyExports } = await import('./service/study-exports.ts');
      return createStudyExports(store, getSnapshot, SOFTWARE_VERSION, isReplicaAlone(config));
    },
  );
  return {
    ...queries,
    ...exports,
    readResourceStatus: async (resource) =>
      (await import('./service/resource-status.ts')).readResourceStatus(store, resource),
  };
}

/** Creates the operations by which people decide: work items, adjudications, sign-offs. */
function createDecisionCalls({
  config,
  store,
  loadCore,
}: OpenedParts): WorkItemQueries &
  WorkItemDecisions &
  AdjudicationOperations &
  CriteriaSignOffOperations &
  ErasureOperations &
  RetentionOperations {
  const queries = loadOnUse<WorkItemQueries>({ listWorkItems: true, getWorkItem: true }, async () => {
    const { createWorkItemQueries } = await import('./service/work-items/queries.ts');
    const { buildDecisionTrust } = await import('./library/decision-trust.ts');
    const loadSuggester = async () => (await loadCore()).getSnapshot().library.suggester();
    return createWorkItemQueries(store, buildDecisionTrust(config), loadSuggester);
  });
  const decisions = loadOnUse<WorkItemDecisions>({ acceptWorkItem: true, rejectWorkItem: true }, async () => {
    const { activeLibrary } = await loadCore();
    const { createWorkItemDecisions } = await import('./service/work-items/decisions.ts');
    return createWorkItemDecisions(config, store, activeLibrary);
  });
  const adjudications = loadOnUse<AdjudicationOperations>(
    { adjudicate: true, takeBack: true, listAdjudications: true },
    async () => {
      const { getSnapshot } = await loadCore();
      const { createAdjudicationOperations } = await import('./service/adjudications.ts');
      return createAdjudicationOperations({ store, getSnapshot });
    },
  );
  const signOffs = loadOnUse<CriteriaSignOffOperations>(
    { signCriteriaSet: true, listCriteriaSignOffs: true },
    async () => {
      const { getSnapshot } = await loadCore();
      const { createCriteriaSignOffOperations } = await import('./service/criteria-sign-offs.ts');
      return createCriteriaSignOffOperations(store, getSnapshot);
    },
  );
  const erasures = loadOnUse<ErasureOperations>({ erase: true, listErasures: true }, async () => {
    const { getSnapshot } = await loadCore();
    const { createErasureOperations } = await import('./service/erasure/erasure-operations.ts');
    return createErasureOperations(config, store, getSnapshot);
  });
  const retention = loadOnUse<RetentionOperations>({ listRetention: true, destroyStudy: true }, async () => {
    const { getSnapshot } = await loadCore();
    const { createRetentionOperations } = await import('./service/erasure/retention.ts');
    return createRetentionOperations(
      config,
      store,
      () => [...getSnapshot().library.protocols.keys()],
      erasures,
    );
  });
  return { ...queries, ...decisions, ...adjudications, ...signOffs, ...erasures, ...retention };
}
