import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../demo/cohort/seeded-random.ts';
import type { Bar } from './bar.ts';
import { checkAcknowledged, isAcknowledged, listLosses } from './support/acknowledged.ts';
import { sendLoad } from './support/send-load.ts';
import { buildPutRequest } from './support/sent-resources.ts';
import {
  createWorkspace,
  enrolSubjects,
  startServiceProcess,
  type Workspace,
} from './support/service-process.ts';
import { listTrailFaults } from './support/verify-trail.ts';

const CYCLES = 1_000;
const SITES = ['site-1', 'site-2'];
const CONNECTIONS = 4;
/** The stored state is compared after so many kills, and at the end: reading everything takes longer as it grows. */
const COMPARED_ONE_IN = 10;

/** What one life of the service has acknowledged, and what was sent and not answered when it ended. */
interface Life {
  readonly acknowledged: readonly string[];
  readonly unanswered: readonly string[];
}

/** Starts the service, sends until it is killed some time after its first answer, and returns what was sent. */
async function liveAndBeKilled(workspace: Workspace, cycle: number, waitMs: number): Promise<Life> {
  const service = await startServiceProcess(workspace);
  const answered = Promise.withResolvers<void>();
  const stopped = new AbortController();
  const acknowledged: string[] = [];
  const unanswered: string[] = [];
  const loads = SITES.map((site) =>
    sendLoad({
      origin: service.origin,
      connections: CONNECTIONS,
      until: stopped.signal,
      build: (n) => buildPutRequest(site, `c${cycle}-${site}-${n}`, `p-${site}`, 1 + (n % 90)),
      onAnswer(answer) {
        const id = `c${cycle}-${site}-${answer.number}`;
        if (isAcknowledged(answer)) acknowledged.push(id);
        else unanswered.push(id);
        answered.resolve();
        if (answer.status === null) stopped.abort();
      },
    }),
  );
  await answered.promise;
  await sleep(waitMs);
  await service.kill();
  stopped.abort();
  await Promise.all(loads);
  return { acknowledged, unanswered };
}

/** The service is killed while hospitals send. What it acknowledged is stored, once, with its fact, and the audit trail holds. */
export const killBar: Bar = {
  id: 'R1',
  name: 'kill -9 while eight clients send',
  async run({ share, seed }) {
    const random = createRandom(seed, 'kills');
    const workspace = createWorkspace({ sites: SITES });
    const subjects = SITES.map((site) => `K-${site}`);
    const acknowledged: string[] = [];
    const unanswered: string[] = [];
    const breaches: string[] = [];
    const cycles = Math.ceil(CYCLES * share);
    try {
      await enrolSubjects(
        workspace,
        SITES.map((site) => `K-${site},${site},Patient/p-${site}`),
      );
      for (let cycle = 1; cycle <= cycles; cycle++) {
        const life = await liveAndBeKilled(workspace, cycle, random.integer(20, 200));
        acknowledged.push(...life.acknowledged);
        unanswered.push(...life.unanswered);
        if (cycle % COMPARED_ONE_IN !== 0 && cycle !== cycles) continue;
        const check = await checkAcknowledged(workspace, subjects, acknowledged);
        breaches.push(...listLosses(`after kill ${cycle}`, check));
        breaches.push(...(await listTrailFaults(workspace, `after kill ${cycle}`)));
      }
      // The control believes that whatever was sent is stored.
      const control = await checkAcknowledged(workspace, subjects, [...acknowledged, ...unanswered]);
      return {
        counts: { kills: cycles, acknowledged: acknowledged.length, unanswered: unanswered.length },
        breaches,
        control: { name: 'what was sent counts as acknowledged', found: control.lost.length },
      };
    } finally {
      workspace.remove();
    }
  },
};
