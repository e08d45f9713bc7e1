import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../demo/cohort/seeded-random.ts';
import type { Bar, BarResult, NotRun } from './bar.ts';
import { checkAcknowledged, isAcknowledged, listLosses } from './support/acknowledged.ts';
import { type CuttableFileSystem, createCuttableFileSystem } from './support/cut-file-system.ts';
import { sendLoad } from './support/send-load.ts';
import { buildPutRequest } from './support/sent-resources.ts';
import {
  createWorkspace,
  enrolSubjects,
  startServiceProcess,
  type Workspace,
} from './support/service-process.ts';

const CYCLES = 100;
const CONTROL_CYCLES = 10;
const SITE = 'site-1';
const CONNECTIONS = 4;
/** One cycle in so many begins with an empty data folder: its keys and store are as new as its first answers. */
const FRESH_ONE_IN = 4;

/** One data folder on a disk that loses its power. */
interface Trial {
  readonly disk: CuttableFileSystem;
  readonly workspace: Workspace;
  /** What was acknowledged and is in the data folder now. */
  readonly acknowledged: string[];
  readonly subject: string;
}

function startTrial(disk: CuttableFileSystem, cycle: number): Trial {
  const workspace = createWorkspace({ sites: [SITE], dataDir: join(disk.path, `data-${cycle}`) });
  return { disk, workspace, acknowledged: [], subject: `C-${cycle}` };
}

/**
 * Enrols the patient after the first cut. What was acknowledged before is sealed: it can be opened only if the key was on the
 * disk before the first answer, and is lost with it otherwise.
 */
async function enrolAfterCut({ workspace, subject }: Trial): Promise<readonly string[]> {
  try {
    await enrolSubjects(workspace, [`${subject},${SITE},Patient/p1`]);
    return [];
  } catch (cause) {
    return [`${subject}: ${cause instanceof Error ? cause.message : String(cause)}`];
  }
}

/** Sends until the power is cut, and returns the ids that had been answered before. */
async function sendUntilCut(trial: Trial, cycle: number, waitMs: number, preload: readonly string[]) {
  const { disk, workspace } = trial;
  const service = await startServiceProcess(workspace, { nodeOptions: preload });
  const answered = Promise.withResolvers<void>();
  const stopped = new AbortController();
  const before: string[] = [];
  let isCut = false;
  const load = sendLoad({
    origin: service.origin,
    connections: CONNECTIONS,
    until: stopped.signal,
    timeoutMs: 20_000,
    build: (n) => buildPutRequest(SITE, `c${cycle}-${n}`, 'p1', 1 + (n % 90)),
    onAnswer(answer) {
      if (isAcknowledged(answer) && !isCut) before.push(`c${cycle}-${answer.number}`);
      else if (!isAcknowledged(answer)) stopped.abort();
      answered.resolve();
    },
  });
  await answered.promise;
  await sleep(waitMs);
  // An answer that arrives while the cut is made is not counted: its sync may have been the one that was cut.
  isCut = true;
  disk.cut();
  await service.kill();
  stopped.abort();
  await load;
  disk.remount();
  return before;
}

/** Cuts the power in every cycle; returns the answers and what was lost of them. */
async function cutPower(
  disk: CuttableFileSystem,
  cycles: number,
  seed: number,
  preload: readonly string[],
): Promise<{ answers: number; fresh: number; breaches: readonly string[] }> {
  const random = createRandom(seed, 'cuts');
  const breaches: string[] = [];
  let trial: Trial | null = null;
  let answers = 0;
  let fresh = 0;
  try {
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const isFresh: boolean = trial === null || cycle % FRESH_ONE_IN === 0;
      if (trial === null || isFresh) {
        trial?.workspace.remove();
        trial = startTrial(disk, cycle);
        fresh += 1;
      }
      const before = await sendUntilCut(trial, cycle, random.integer(0, isFresh ? 20 : 150), preload);
      if (isFresh) breaches.push(...(await enrolAfterCut(trial)));
      answers += before.length;
      trial.acknowledged.push(...before);
      const check = await checkAcknowledged(trial.workspace, [trial.subject], trial.acknowledged);
      breaches.push(...listLosses(`cut ${cycle}`, check));
      // What is lost is reported once.
      if (check.lost.length > 0) trial = null;
    }
  } finally {
    trial?.workspace.remove();
  }
  return { answers, fresh, breaches };
}

/** Tries the cuts, and the same with a database that does not sync. */
async function compareCuts(disk: CuttableFileSystem, cycles: number, seed: number): Promise<BarResult> {
  const { answers, fresh, breaches } = await cutPower(disk, cycles, seed, []);
  const preload = ['--import', join(import.meta.dirname, 'support/without-sync.mjs')];
  const control = await cutPower(disk, Math.ceil((CONTROL_CYCLES * cycles) / CYCLES) + 2, seed, preload);
  return {
    counts: { cuts: cycles, 'fresh installations': fresh, answers },
    breaches,
    control: { name: `without sync on commit, ${control.answers} answers`, found: control.breaches.length },
  };
}

/** The file system is cut off while hospitals send, as by a power failure. What was answered before is there afterwards. */
export const powerCutBar: Bar = {
  id: 'R2',
  name: 'power cuts on ext4',
  async run({ share, seed }) {
    const outside = createWorkspace();
    let disk: CuttableFileSystem;
    try {
      disk = createCuttableFileSystem(outside.path);
    } catch (cause) {
      outside.remove();
      const notRun: NotRun = { notRun: cause instanceof Error ? cause.message : String(cause) };
      return notRun;
    }
    try {
      return await compareCuts(disk, Math.ceil(CYCLES * share), seed);
    } finally {
      disk.remove();
      outside.remove();
    }
  },
};
