import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bearerAuthenticator, clientsOf } from './auth/bearer.ts';
import type { Config } from './config.ts';
import { createEhr } from './ehr/client.ts';
import type { Ehr } from './ehr/ehr.ts';
import { Failure } from './errors.ts';
import type { Resource } from './fhir/resource.ts';
import { validateResource } from './fhir/validate.ts';
import { createApp } from './http/app.ts';
import { type Listening, listen } from './http/listen.ts';
import { createSeal, type Seal } from './intake/seal.ts';
import { criteriaFor, inspectLibrary, type Library, type LibraryProblem, readLibrary } from './library.ts';
import type { Mapped } from './mapping/mapped.ts';
import { createEvents, type Events } from './observe/events.ts';
import { createLog } from './observe/log.ts';
import { createAccept } from './pipeline/accept.ts';
import type { Accept, Caller, Enroll } from './pipeline/doors.ts';
import { createEnroll } from './pipeline/enroll.ts';
import { type JudgeParts, judgementOf } from './pipeline/judge.ts';
import type { PipelineParts } from './pipeline/parts.ts';
import { restate } from './pipeline/replay.ts';
import { judgeDirty, startWorker } from './pipeline/worker.ts';
import { schemaProblems } from './schemas.ts';
import { openSqliteStore } from './store/sqlite/sqlite.ts';
import type { OutboxEntry, OutboxState, Store, WorkItem } from './store/store.ts';
import type { Judgement } from './trial/assessment.ts';
import { type Report, studyReport } from './trial/endpoints/report.ts';
import { explainSubject } from './trial/explain.ts';
import type { Fact, Subject } from './trial/facts.ts';
import { judgeSubject } from './trial/judge.ts';
import { createDelivery, type Delivery } from './writeback/deliver.ts';

/** What the doors and the command line may do; the only thing they are handed. */
export interface Service {
  readonly accept: Accept;
  readonly enroll: Enroll;
  /** Who the Authorization header belongs to; null where nobody is admitted by it. */
  authenticate(authorization: string | undefined): Caller | null;
  ready(): Promise<boolean>;
  /** Dry run: what the resource would give for some subject; nothing is stored. */
  mapOnly(site: string, resource: Resource): Promise<Mapped>;
  /** Judges every subject whose facts changed; returns how many. */
  judgeDirty(progress?: (done: number) => void): Promise<number>;
  /** Fresh judgements from the stored facts. Throws `cli/failed` for an unknown study or subject. */
  assess(
    study: string,
    subject: string | null,
  ): Promise<readonly { subject: string; judgement: Judgement }[]>;
  explain(study: string, subject: string, visit: string | null): Promise<string>;
  report(study: string): Promise<Report>;
  workList(status: WorkItem['status'] | null): Promise<readonly WorkItem[]>;
  /** Rejects the item: what waits for it is ignored from now on. Returns how many resources that is. */
  workReject(id: string): Promise<number>;
  outboxList(filter: {
    state?: OutboxState;
    site?: string;
    subject?: string;
  }): Promise<readonly OutboxEntry[]>;
  outboxMove(from: OutboxState, to: OutboxState, site: string | null): Promise<number>;
  /** Study ids of the library. */
  studies(): readonly string[];
  /** Opens the HTTP doors. */
  listen(at: { host: string; port: number }): Promise<Listening>;
  /** Judges and delivers in the background until close(). */
  startWorker(): void;
  /** Delivers what is due now, without waiting for later attempts; returns how many transactions were sent. */
  deliverDue(): Promise<number>;
  close(): Promise<void>;
}

const VERSION = (
  JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }
).version;

/**
 * Everything that is wrong with mappings, protocols and criteria; needs no store. Of a file that cannot be read as what
 * it is, the schema's complaint is left out: the library's own names the fix.
 */
export async function checkLibrary(config: Config): Promise<readonly LibraryProblem[]> {
  const { problems } = inspectLibrary(config);
  const known = new Set(problems.map(({ file }) => file));
  const byShape = await schemaProblems(config);
  return [...problems, ...byShape.filter(({ file }) => !known.has(file))];
}

/**
 * The one place that constructs: opens the store, reads the library, connects the stages. Throws a Failure where
 * configuration, mappings or the store are not fit for use.
 */
export async function openService(config: Config): Promise<Service> {
  const library = readLibrary(config);
  const events = createEvents(createLog(config.logLevel));
  const store = openSqliteStore(join(config.dataDir, 'store.db'));
  const parts = pipelineParts(config, library, store);
  const judging = judgeParts(config, library);
  const ehrs = ehrsOf(config);
  const delivery = deliveryOf(store, ehrs, events);
  const clients = clientsOf(config);
  let worker: { stop(): Promise<void> } | null = null;
  let broken = false;
  const doors = {
    accept: createAccept(parts),
    authenticate: bearerAuthenticator(clients),
    openMetadata: clients.length > 0,
    ready: async () => {
      await store.verify();
      return !broken;
    },
  };
  return {
    ...doors,
    ...asking(store, library, judging),
    enroll: createEnroll(parts),
    mapOnly: async (site, resource) => mapAlone(parts, site, resource),
    judgeDirty: (progress) => judgeDirty(store, judging, progress),
    workReject: (id) => rejectWork(store, parts, id),
    outboxMove: (from, to, site) =>
      store.transaction((tx) => tx.outbox.move(from, to, site, new Date().toISOString())),
    studies: () => [...library.protocols.keys()],
    listen: (at) =>
      listen(
        createApp({
          ...doors,
          observer: events,
          now: () => new Date(),
          version: VERSION,
          limits: config.limits,
        }),
        at,
      ),
    startWorker() {
      worker = startWorker({
        store,
        judging,
        studies: [...library.protocols.keys()],
        sites: [...ehrs.keys()],
        deliverNext: (site) => delivery.deliverNext(site),
        broken(error) {
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
    async close() {
      await worker?.stop();
      await store.close();
    },
  };
}

function timeZoneOf(config: Config, library: Library, site: string): string {
  return config.sites[site]?.timeZone ?? library.timeZones.get(site) ?? 'UTC';
}

function pipelineParts(config: Config, library: Library, store: Store): PipelineParts {
  const held = [...library.protocols.values()].map((protocol) => protocol.sealedDays);
  const sealDays = Math.max(0, ...held);
  return {
    store,
    seal: sealOf(config.dataDir),
    studies: [...library.protocols.keys()],
    sealDays: sealDays === 0 ? null : sealDays,
    site: (site) => ({
      site,
      timeZone: timeZoneOf(config, library, site),
      ehrBase: config.sites[site]?.ehr?.base ?? null,
      map: library.mapper.map,
    }),
    validate: validateResource,
    now: () => new Date(),
  };
}

function judgeParts(config: Config, library: Library): JudgeParts {
  return {
    softwareVersion: VERSION,
    timeZone: (site) => timeZoneOf(config, library, site),
    now: () => new Date(),
    rules(study) {
      const protocol = protocolOf(library, study);
      return {
        study,
        title: protocol.title,
        judge: (subject: Subject, facts: readonly Fact[], today: string) =>
          judgeSubject({ subject, facts, protocol, criteria: criteriaFor(library, study), today }),
      };
    },
  };
}

function protocolOf(library: Library, study: string) {
  const protocol = library.protocols.get(study);
  if (protocol) return protocol;
  const known = [...library.protocols.keys()].join(', ');
  throw new Failure('cli/failed', `There is no study ${study}.`, {
    at: '--study',
    fix: `Use one of ${known}.`,
  });
}

/** What can be asked of the stored facts. */
function asking(
  store: Store,
  library: Library,
  judging: JudgeParts,
): Pick<Service, 'assess' | 'explain' | 'report' | 'workList' | 'outboxList'> {
  const judged = (study: string, wanted: string | null) =>
    store.read(async (tx) => {
      protocolOf(library, study);
      const all = await tx.subjects.list(study);
      const chosen = all.filter((subject) => wanted === null || subject.subject === wanted);
      if (wanted !== null && chosen.length === 0) {
        throw new Failure('cli/failed', `There is no subject ${wanted} in ${study}.`, {
          fix: 'Enrol him first; assess without --subject lists all.',
        });
      }
      return Promise.all(
        chosen.map(async (subject) => ({ subject, ...(await judgementOf(tx, judging, subject)) })),
      );
    });
  return {
    async assess(study, subject) {
      const all = await judged(study, subject);
      return all.map(({ subject: one, judgement }) => ({ subject: one.subject, judgement }));
    },
    async explain(study, subject, visit) {
      const [one] = await judged(study, subject);
      if (!one) throw new Error('A subject was found and is not there.');
      const protocol = protocolOf(library, study).version;
      return explainSubject(one.judgement, one.facts, visit ?? undefined, { subject, study, protocol });
    },
    async report(study) {
      const today = judging.now().toISOString().slice(0, 10);
      return studyReport({
        protocol: protocolOf(library, study),
        subjects: await judged(study, null),
        today,
      });
    },
    workList: (status) => store.read((tx) => tx.work.list(status)),
    outboxList: (filter) => store.read((tx) => tx.outbox.list(filter)),
  };
}

function mapAlone(parts: PipelineParts, site: string, resource: Resource): Mapped {
  const dialect = parts.site(site);
  return dialect.map(resource, {
    subject: 'dry-run',
    site,
    timeZone: dialect.timeZone,
    resolve: () => undefined,
  });
}

function rejectWork(store: Store, parts: PipelineParts, id: string): Promise<number> {
  return store.transaction(async (tx) => {
    const known = (await tx.work.list(null)).some((item) => item.id === id);
    if (!known) throw new Failure('cli/failed', `There is no work item ${id}.`, { fix: 'See work list.' });
    const keys = await tx.work.reject(id);
    for (const key of keys) await restate(tx, parts, key);
    return keys.length;
  });
}

/** The EHRs that may be written to now; a paused site keeps what it is owed. */
function ehrsOf(config: Config): ReadonlyMap<string, Ehr> {
  const ehrs = new Map<string, Ehr>();
  for (const [site, { ehr }] of Object.entries(config.sites)) {
    if (!ehr || ehr.pauseWrites) continue;
    const { base, bearerToken } = ehr;
    ehrs.set(
      site,
      createEhr({ base, ...(bearerToken === null ? {} : { bearerToken: async () => bearerToken }) }),
    );
  }
  return ehrs;
}

function deliveryOf(store: Store, ehrs: ReadonlyMap<string, Ehr>, events: Events): Delivery {
  return createDelivery({
    store,
    ehrs,
    now: () => new Date(),
    random: Math.random,
    observer: {
      delivered: (event) => events.writebackDelivered(event),
      failed: ({ site, entries, dead }) => events.writebackFailed({ site, entries, dead }),
    },
  });
}

const KEY_BYTES = 32;

/** The key that closes sealed payloads; made on first use, readable by the service's user only. */
function sealOf(dataDir: string): Seal {
  const file = join(dataDir, 'seal.key');
  mkdirSync(dataDir, { recursive: true });
  if (!existsSync(file))
    writeFileSync(file, randomBytes(KEY_BYTES).toString('hex'), { mode: 0o600, flag: 'wx' });
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  if (key.length === KEY_BYTES) return createSeal(key);
  throw new Failure('store/unusable', 'The seal key is damaged.', {
    at: file,
    fix: 'Restore it from the backup.',
  });
}
