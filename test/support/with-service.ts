import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type Sqlite from 'better-sqlite3-multiple-ciphers';
import type { StandInEhr } from '../../demo/ehr/stand-in-ehr.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import type { Interaction, InteractionResult } from '../../src/fhir/interaction.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { openStore } from '../../src/service/opening/open-store.ts';
import { openService, type Service } from '../../src/service.ts';
import type { Store } from '../../src/store/store.ts';
import type { WorkItem } from '../../src/store/work-item-store.ts';
import type { Fact } from '../../src/trial/facts.ts';
import { createServerDatabase } from './postgres-server.ts';
import { type Lifecycle, requireOpen, type Scope, useLifecycle } from './use-lifecycle.ts';
import { EHR_TOKEN, startTestEhr } from './with-ehr.ts';
import { createTestFolder } from './with-folder.ts';
import { copyMappings } from './with-mappings.ts';
import { connectSqlite } from './with-sqlite.ts';

/** The site of a test service, unless a test names another. */
export const TEST_SITE = 'hospital';
const STUDY = 'msc-aa';
const CLIENT_TOKEN = 'token-of-the-hospital';

/** The whole adapter in the process of the test, on a data folder of its own. */
export interface TestService {
  readonly service: Service;
  readonly config: Config;
  /** A second connection to the same store, as another process has. */
  readonly store: Store;
  /** The EHR of the site; only with the option `ehr`. */
  readonly ehr: StandInEhr;
  /** Enrols a patient (`Patient/id` or `system|value`) on 2026-01-01. */
  enrol(subject: string, patient: string, at?: { site?: string; study?: string }): Promise<void>;
  /** Sends one resource without HTTP: created under its id, unless the overrides say otherwise. */
  send(resource: object, overrides?: Partial<Interaction>): Promise<InteractionResult>;
  /** Sends resources by HTTP PUT as the hospital's client; only with the option `http`. */
  put(...resources: readonly object[]): Promise<void>;
  /** Deletes `Type/id` by HTTP as the hospital's client; only with the option `http`. */
  delete(path: string): Promise<void>;
  /** Assesses the subjects with changed facts, and sends what is due to the EHRs. */
  assessAndDeliver(): Promise<void>;
  /** Lists the facts of a subject, once for every resource that states them. */
  listFacts(subject: string, study?: string): Promise<readonly Fact[]>;
  listOpenWork(site?: string): Promise<readonly WorkItem[]>;
  /** Runs the work on the database itself, to damage or to lock it. */
  withSqlite<T>(work: (database: Sqlite.Database) => T | Promise<T>): Promise<T>;
  /** Closes the service and opens it again on the same data. */
  restart(): Promise<void>;
}

export interface ServiceOptions {
  /** Edits a copy of the bundled mappings, which the service then uses. */
  readonly editMappings?: (mappings: string) => void;
  /** Starts an EHR at the site that holds these patients, by their ids. */
  readonly ehr?: readonly string[];
  /** Listens on a free port, and admits a client of the site. */
  readonly http?: boolean;
  /** More settings of the site in the configuration. */
  readonly siteSettings?: object;
  /** More keys of the configuration file. */
  readonly settings?: object;
  /** Creates a database for the store; by default the store is a file. */
  readonly createDatabase?: () => Promise<string>;
}

function buildSiteConfig(ehr: StandInEhr | null, settings: object = {}): object {
  const tokenSha256 = createHash('sha256').update(CLIENT_TOKEN).digest('hex');
  return {
    timeZone: 'Asia/Shanghai',
    clients: [{ client: 'laboratory', tokenSha256, expires: '2099-12-31', mayEnrol: true }],
    ...(ehr ? { ehr: { base: ehr.baseUrl, bearerToken: EHR_TOKEN } } : {}),
    ...settings,
  };
}

/** All that is open while a test runs. */
interface Running {
  readonly config: Config;
  readonly store: Store;
  readonly ehr: StandInEhr | null;
  service: Service;
  /** FHIR base of the service; null where it does not listen. */
  readonly baseUrl: string | null;
}

/** Chooses the database of the options, or a new one of the server that the environment names (CONTRIBUTING). */
async function chooseDatabase({ createDatabase }: ServiceOptions): Promise<{ database?: string }> {
  if (createDatabase) return { database: await createDatabase() };
  const { TEST_POSTGRES: server } = process.env;
  return server === undefined ? {} : { database: await createServerDatabase(server) };
}

/** Starts folder, EHR, service, listener and second connection; what started is closed in reverse order. */
async function start(options: ServiceOptions, opened: AsyncDisposableStack): Promise<Running> {
  const folder = createTestFolder();
  opened.defer(() => folder.remove());
  const ehr = options.ehr ? await startTestEhr(options.ehr) : null;
  opened.defer(() => ehr?.stop());
  const mappingsDir = options.editMappings
    ? copyMappings(join(folder.path, 'mappings'), options.editMappings)
    : undefined;
  const file = folder.writeJson('config.json', {
    dataDir: join(folder.path, 'data'),
    logLevel: 'silent',
    sites: { [TEST_SITE]: buildSiteConfig(ehr, options.siteSettings) },
    mappingsDir,
    ...options.settings,
    ...(await chooseDatabase(options)),
  });
  const config = loadConfig({ config: file }, {}, folder.path);
  const running: { service: Service | null } = { service: null };
  opened.defer(() => running.service?.close());
  const service = await openService(config);
  running.service = service;
  const store = await openStore(config);
  opened.defer(() => store.close());
  const listening = options.http ? await service.listen({ host: '127.0.0.1', port: 0 }) : null;
  opened.defer(() => listening?.close());
  const baseUrl = listening ? `${listening.url}/fhir` : null;
  return Object.assign(running, { service, config, store, ehr, baseUrl });
}

async function putOverHttp(baseUrl: string, resource: object): Promise<void> {
  const { resourceType, id } = resource as Resource;
  const answer = await fetch(`${baseUrl}/${resourceType}/${id}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${CLIENT_TOKEN}`, 'content-type': 'application/fhir+json' },
    body: JSON.stringify(resource),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

async function deleteOverHttp(baseUrl: string, path: string): Promise<void> {
  const headers = { authorization: `Bearer ${CLIENT_TOKEN}` };
  const answer = await fetch(`${baseUrl}/${path}`, { method: 'DELETE', headers });
  if (!answer.ok) throw new Error(await answer.text());
}

function buildCreation(resource: Resource): Interaction {
  const { resourceType, id = null } = resource;
  return { method: 'create', resourceType, id, resource, ifNoneExist: null, ifMatch: null };
}

function createTestService(options: ServiceOptions): TestService & Lifecycle {
  let opened = new AsyncDisposableStack();
  let running: Running | null = null;
  const current = () => requireOpen(running, 'The service');
  return {
    get service() {
      return current().service;
    },
    get config() {
      return current().config;
    },
    get store() {
      return current().store;
    },
    get ehr() {
      return requireOpen(current().ehr, 'The EHR');
    },
    async open() {
      opened = new AsyncDisposableStack();
      running = await start(options, opened);
    },
    async close() {
      running = null;
      await opened.disposeAsync();
    },
    async enrol(subject, patient, { site = TEST_SITE, study = STUDY } = {}) {
      const row = { subject, site, patient, enrolledOn: '2026-01-01', consentedOn: '2026-01-01' };
      await current().service.enrol(study, [row]);
    },
    async send(resource, overrides = {}) {
      const interaction = { ...buildCreation(resource as Resource), ...overrides };
      const [answer] = await current().service.accept(TEST_SITE, [interaction], 'each', 'test');
      if (!answer) throw new Error('The service returned no answer.');
      return answer;
    },
    async put(...resources) {
      const baseUrl = requireOpen(current().baseUrl, 'HTTP');
      for (const resource of resources) await putOverHttp(baseUrl, resource);
    },
    delete: (path) => deleteOverHttp(requireOpen(current().baseUrl, 'HTTP'), path),
    async assessAndDeliver() {
      await current().service.assessDueSubjects();
      await current().service.deliverDue();
    },
    listFacts: (subject, study = STUDY) =>
      current().store.read((tx) => tx.facts.listForSubject(study, subject)),
    listOpenWork: async (site = TEST_SITE) =>
      (await current().service.listWorkItems('open')).filter((item) => item.site === site),
    async withSqlite(work) {
      const database = connectSqlite(join(current().config.dataDir, 'store.db'));
      try {
        return await work(database);
      } finally {
        database.close();
      }
    },
    async restart() {
      await current().service.close();
      current().service = await openService(current().config);
    },
  };
}

/** Opens the adapter for all tests of the file, or a new one for each test. */
export function useService(per: Scope, options: ServiceOptions = {}): TestService {
  const testService = createTestService(options);
  useLifecycle(per, testService);
  return testService;
}
