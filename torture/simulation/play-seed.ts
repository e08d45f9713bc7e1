import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRandom } from '../../demo/cohort/seeded-random.ts';
import { Failure } from '../../src/errors.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { Crash, type CrashPlan, createCrashingStore } from './crashing-store.ts';
import { drawOperations, type Operation } from './draw-operations.ts';
import { listUndelivered, readFinalState } from './final-state.ts';
import { createSimulatedEhr, type SimulatedEhr } from './simulated-ehr.ts';
import { type SimulatedService, startSimulatedService } from './simulated-service.ts';

/** What is different from a quiet day. */
export interface Weather {
  /** The share of operations before which the end of the process is planned. */
  readonly crashes: number;
  /** The share of requests to the EHR that meet a fault. */
  readonly faults: number;
  /** Takes the protection away: the store answers before it commits, so that the end of the process loses the answer. */
  readonly answersEarly?: boolean;
}

/** What one run of a seed has come to. */
export interface SeedRun {
  readonly breaches: readonly string[];
  /** The final state as text: what must be the same whatever the weather was. */
  readonly state: string;
  /** A digest of every answer and attempt in order: the same seed yields the same. */
  readonly trace: string;
  readonly crashes: number;
  readonly answers: number;
}

const START = Date.parse('2026-06-01T04:00:00Z');
const DELIVERIES_AT_THE_END = 5_000;

/** Where the stores lie: in memory where the system has such a folder, since a simulated crash loses no sync. */
const createFolder = (): string =>
  mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'simulation-'));

/** A store whose file outlives the processes that open it. */
class StoreFile {
  private readonly folder = createFolder();
  private generation = 0;
  private opened: Store;
  private readonly keysDir: string;

  constructor(template: string) {
    this.keysDir = join(dirname(template), 'keys');
    copyFileSync(template, this.locate());
    this.opened = this.open();
  }

  private open(): Store {
    return openSqliteStore(this.locate(), { keysDir: this.keysDir });
  }

  private locate(): string {
    mkdirSync(join(this.folder, String(this.generation)), { recursive: true });
    return join(this.folder, String(this.generation), 'store.db');
  }

  get store(): Store {
    return this.opened;
  }

  /** Opens the files as they are at this moment, as a process finds them that starts after a kill. */
  async reopenAfterKill(): Promise<void> {
    const before = this.locate();
    this.generation += 1;
    const after = this.locate();
    for (const suffix of ['', '-wal'])
      if (existsSync(before + suffix)) copyFileSync(before + suffix, after + suffix);
    await this.opened.close();
    rmSync(join(this.folder, String(this.generation - 1)), { recursive: true });
    this.opened = this.open();
  }

  async remove(): Promise<void> {
    await this.opened.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Writes an empty store to a file, from which those of the seeds are copied. */
export async function createEmptyStore(file: string): Promise<void> {
  await openSqliteStore(file).close();
}

/** The state of one run: the file, the process that runs on it, the EHR, and the clock. */
class Simulation {
  private readonly file: StoreFile;
  private readonly chance;
  private readonly network;
  readonly ehr: SimulatedEhr;
  private service: SimulatedService;
  private time = START;
  private readonly weather: Weather;
  private readonly trace = createHash('sha256');
  private plan: CrashPlan | null = null;
  crashes = 0;
  answers = 0;

  constructor(file: StoreFile, seed: number, weather: Weather) {
    this.file = file;
    this.weather = weather;
    this.chance = createRandom(seed, 'crash');
    this.network = createRandom(seed, 'network');
    this.ehr = createSimulatedEhr(createRandom(seed, 'ehr'), () => this.time, weather.faults);
    this.service = this.start();
  }

  private start(): SimulatedService {
    const store = createCrashingStore(this.file.store, this.plan, this.weather.answersEarly ?? false);
    return startSimulatedService(
      store,
      this.ehr,
      () => new Date(this.time),
      () => this.network.between(0, 1),
    );
  }

  private note(text: string): void {
    this.trace.update(`${text}\n`);
  }

  digest(): string {
    return this.trace.digest('hex');
  }

  /** Performs an operation; where the process ends in the middle, a new one starts and the sender sends again. */
  async perform(operation: Operation): Promise<void> {
    if (this.plan === null && this.chance.chance(this.weather.crashes)) {
      this.plan = {
        transaction: this.chance.integer(1, 3),
        at: this.chance.pick(['before-commit', 'after-commit']),
      };
      this.service = this.start();
    }
    for (;;) {
      try {
        this.note(JSON.stringify([this.time, await this.performOnce(operation)]));
        return;
      } catch (cause) {
        if (!(cause instanceof Crash)) throw cause;
        this.note('crash');
        if (operation.kind === 'deliver') this.ehr.forgetPause();
        await this.restart();
      }
    }
  }

  private async restart(): Promise<void> {
    this.crashes += 1;
    this.plan = null;
    await this.file.reopenAfterKill();
    this.service = this.start();
  }

  private async performOnce(operation: Operation): Promise<unknown> {
    switch (operation.kind) {
      case 'send':
        return this.count(await this.service.send(operation.resource));
      case 'delete':
        return this.count(await this.service.deleteResource(operation.resourceType, operation.id));
      case 'enrol':
        return this.enrol(operation.subject, operation.patient);
      case 'assess':
        return this.service.assessDue();
      case 'deliver':
        return this.service.deliverNext();
      case 'outage':
        return this.weather.faults > 0 ? this.ehr.setDown(operation.isDown) : undefined;
      case 'wait':
        this.time += operation.ms;
        return undefined;
    }
  }

  private count({ status, disposition }: { status: number; disposition: string }): unknown {
    this.answers += 1;
    return [status, disposition];
  }

  /** Enrols; a refusal is an answer, since a subject may be enrolled already. */
  private async enrol(subject: string, patient: string): Promise<string> {
    try {
      await this.service.enrol(subject, patient);
      return 'enrolled';
    } catch (cause) {
      if (cause instanceof Failure) return cause.code;
      throw cause;
    }
  }

  /** Ends all faults and lets the service finish its work. */
  async settle(): Promise<void> {
    this.plan = null;
    this.service = this.start();
    this.ehr.heal();
    await this.service.assessDue();
    for (let n = 0; n < DELIVERIES_AT_THE_END; n++) {
      this.time += 20 * 60_000;
      // What was given up after a week without the EHR waits for an operator, who retries it.
      const now = new Date(this.time).toISOString();
      await this.file.store.transaction(({ outbox }) => outbox.changeState('dead', 'pending', null, now));
      let sent = 0;
      while (await this.service.deliverNext()) sent += 1;
      const open = await this.file.store.read(({ outbox }) => outbox.list({ state: 'pending' }));
      if (sent === 0 && open.length === 0) return;
    }
    throw new Error('The outbox does not become empty.');
  }

  listUndelivered(): Promise<readonly string[]> {
    return listUndelivered(this.file.store, this.ehr);
  }

  readState(): Promise<string> {
    return readFinalState(this.file.store, this.ehr);
  }
}

/** Plays a seed in some weather, on a store of its own. */
export async function playSeed(
  seed: number,
  length: number,
  weather: Weather,
  template: string,
): Promise<SeedRun> {
  const file = new StoreFile(template);
  try {
    const simulation = new Simulation(file, seed, weather);
    for (const operation of drawOperations(createRandom(seed, 'operations'), length))
      await simulation.perform(operation);
    await simulation.settle();
    return {
      breaches: [...simulation.ehr.listBreaches(), ...(await simulation.listUndelivered())],
      state: await simulation.readState(),
      trace: simulation.digest(),
      crashes: simulation.crashes,
      answers: simulation.answers,
    };
  } finally {
    await file.remove();
  }
}
