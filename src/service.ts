import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bearerAuthenticator, clientsOf } from './auth/bearer.ts';
import type { Config } from './config.ts';
import { createApp } from './http/app.ts';
import { type Listening, listen } from './http/listen.ts';
import { readSeal } from './intake/seal-key.ts';
import type { LibraryProblem } from './library/problem.ts';
import { inspectLibrary, readLibrary } from './library.ts';
import { type Overlap, overlapsAt } from './mapping/layers.ts';
import { createEvents, type Events } from './observe/events.ts';
import { createLog } from './observe/log.ts';
import { createAccept } from './pipeline/accept.ts';
import type { Accept, Caller, Enroll } from './pipeline/doors.ts';
import { createEnroll } from './pipeline/enroll.ts';
import type { PipelineParts } from './pipeline/parts.ts';
import { judgeDirty, startWorker } from './pipeline/worker.ts';
import { schemaProblems } from './schemas.ts';
import { type Asking, asking } from './service/asking.ts';
import { type Bench, benchOf } from './service/bench.ts';
import { type Deciding, deciding } from './service/deciding.ts';
import { type Exporting, exporting } from './service/exporting.ts';
import { type LibraryInForce, libraryInForce, type Reloaded } from './service/in-force.ts';
import { deliveryOf, ehrsOf } from './service/write-back.ts';
import { openSqliteStore } from './store/sqlite/sqlite.ts';
import type { OutboxEntry, OutboxState, Store } from './store/store.ts';

export type { Difference } from './pipeline/flips.ts';
export type { OpenWork } from './pipeline/open-work.ts';
export type { AsOf } from './pipeline/questions.ts';
export type { ReportWithWork } from './service/asking.ts';
export type { OtherCriteria } from './service/rules.ts';

/** What the doors and the command line may do; the only thing they are handed. */
export interface Service extends Asking, Bench, Deciding, Exporting {
  readonly accept: Accept;
  readonly enroll: Enroll;
  /** Who the Authorization header belongs to; null where nobody is admitted by it. */
  authenticate(authorization: string | undefined): Caller | null;
  ready(): Promise<boolean>;
  /** What the doors check before anything is stored. */
  readonly validate: PipelineParts['validate'];
  /** Judges every subject whose facts changed; returns how many. */
  judgeDirty(progress?: (done: number) => void): Promise<number>;
  /**
   * Reads mappings, protocols, criteria and decisions again, all or nothing: requests under way end under the old ones, a
   * faulty library is refused and the old one stays. What was held is stated again.
   */
  reload(): Promise<Reloaded>;
  /** Takes up what others have decided or changed since this process read the library; nothing where nobody has. */
  refresh(): Promise<void>;
  outboxList(filter: {
    state?: OutboxState;
    site?: string;
    subject?: string;
  }): Promise<readonly OutboxEntry[]>;
  outboxMove(from: OutboxState, to: OutboxState, site: string | null): Promise<number>;
  /** Owes again what somebody changed or deleted in the EHR, over what was seen there; false where nothing such waits. */
  outboxOverwrite(site: string, identifier: string): Promise<boolean>;
  /** Study ids of the library. */
  studies(): readonly string[];
  /** Whether a configuration, a study's folder or an enrolment knows the site. */
  knowsSite(site: string): Promise<boolean>;
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

/** What `check` finds, without a store. */
export interface Checked {
  readonly problems: readonly LibraryProblem[];
  /** What more than one layer says at the site, the one that wins first; null where the library cannot be read. */
  overlapsAt(site: string): readonly Overlap[] | null;
}

/**
 * Everything that is wrong with mappings, protocols and criteria, the golden cases beside the views included. Of a file
 * that cannot be read as what it is, the schema's complaint is left out: the library's own names the fix.
 */
export async function checkLibrary(config: Config): Promise<Checked> {
  const { library, problems } = inspectLibrary(config, { cases: true });
  const known = new Set(problems.map(({ file }) => file));
  const byShape = await schemaProblems(config);
  return {
    problems: [...problems, ...byShape.filter(({ file }) => !known.has(file))],
    overlapsAt: (site) => library && overlapsAt(library.parts, site),
  };
}

/**
 * The one place that constructs: opens the store, reads the library, connects the stages. Throws a Failure where
 * configuration, mappings or the store are not fit for use.
 */
export async function openService(config: Config): Promise<Service> {
  const library = readLibrary(config);
  const events = createEvents(createLog(config.logLevel));
  const store = openSqliteStore(join(config.dataDir, 'store.db'));
  const seal = readSeal(config.dataDir);
  const inForce = libraryInForce({ config, store, seal, events, softwareVersion: VERSION }, library);
  const studies = () => [...inForce.now().library.protocols.keys()];
  const clients = clientsOf(config);
  const background = backgroundOf(config, store, inForce, events);
  const doors = {
    // Each call takes the library that is in force when it comes, and keeps it to its end.
    accept: ((...call) => createAccept(inForce.now().pipeline)(...call)) satisfies Accept,
    authenticate: bearerAuthenticator(clients),
    openMetadata: clients.length > 0,
    ready: async () => {
      await store.verify();
      return !background.broken();
    },
  };
  const { profilesOf } = library;
  const http = {
    profilesOf,
    observer: events,
    now: () => new Date(),
    version: VERSION,
    limits: config.limits,
  };
  return {
    ...doors,
    ...asking(store, inForce.now),
    ...benchOf(config, store, inForce.now),
    ...deciding(config, store, inForce),
    ...exporting(store, inForce.now, VERSION),
    validate: (...sent) => inForce.now().pipeline.validate(...sent),
    knowsSite: async (site) =>
      site in config.sites ||
      inForce.now().library.timeZones.has(site) ||
      store.read((tx) => tx.subjects.anyAt(site)),
    enroll: (...call) => createEnroll(inForce.now().pipeline)(...call),
    judgeDirty: (progress) => judgeDirty(store, inForce.now().judging, progress),
    reload: inForce.reload,
    refresh: inForce.refresh,
    outboxList: (filter) => store.read((tx) => tx.outbox.list(filter)),
    outboxMove: (from, to, site) =>
      store.transaction((tx) => tx.outbox.move(from, to, site, new Date().toISOString())),
    outboxOverwrite: (site, identifier) =>
      store.transaction((tx) => tx.outbox.overwrite(site, identifier, new Date().toISOString())),
    studies,
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
function backgroundOf(config: Config, store: Store, inForce: LibraryInForce, events: Events) {
  const ehrs = ehrsOf(config);
  const delivery = deliveryOf(store, ehrs, events);
  let worker: { stop(): Promise<void> } | null = null;
  let broken = false;
  return {
    broken: () => broken,
    start() {
      worker = startWorker({
        store,
        judging: () => inForce.now().judging,
        studies: () => inForce.now().pipeline.studies,
        refresh: inForce.refresh,
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
    stop: async () => worker?.stop(),
  };
}
