import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../demo/cohort/seeded-random.ts';
import type { Bar } from './bar.ts';
import { isAcknowledged } from './support/acknowledged.ts';
import { listStoredResources } from './support/read-stored.ts';
import { sendLoad } from './support/send-load.ts';
import { buildPutRequest } from './support/sent-resources.ts';
import {
  createWorkspace,
  enrolSubjects,
  runCommand,
  startServiceProcess,
  type Workspace,
} from './support/service-process.ts';
import { listTrailFaults } from './support/verify-trail.ts';

const BACKUPS = 20;
const SITE = 'site-1';
const CONNECTIONS = 8;

/** Lists what of the acknowledged is not in a data folder; all of it where that cannot be read. */
async function listLost(dataDir: string, acknowledged: readonly string[]): Promise<readonly string[]> {
  try {
    const stored = await listStoredResources({ dataDir });
    return acknowledged.filter((id) => !stored.has(`${SITE}/Observation/${id}`));
  } catch {
    return acknowledged;
  }
}

/** Copies the files as they are, beside the service: the database, keys and decisions. */
function copyFiles({ dataDir }: Workspace, target: string): void {
  mkdirSync(target);
  for (const name of ['store.db', 'keys', 'decisions'])
    if (existsSync(join(dataDir, name))) cpSync(join(dataDir, name), join(target, name), { recursive: true });
}

/** Restores a backup, and compares it with what was acknowledged before it began. */
async function checkBackup(
  workspace: Workspace,
  backup: string,
  acknowledged: readonly string[],
): Promise<readonly string[]> {
  const target = `${backup} restored`;
  const restored = await runCommand(workspace, ['restore', backup, '--data', target]);
  if (restored.code !== 0) return [`${backup}: restore ended with ${restored.code}: ${restored.err.trim()}`];
  const lost = await listLost(target, acknowledged);
  const faults = await listTrailFaults(workspace, backup, target);
  rmSync(target, { recursive: true });
  return [
    ...lost.map((id) => `${backup}: ${id} was acknowledged before it began and is not in it`),
    ...faults,
  ];
}

/** Backups are made while hospitals send. Each has all that was acknowledged before it began, and its trail holds. */
export const backupBar: Bar = {
  id: 'R11',
  name: 'backup under load, restored elsewhere',
  async run({ share, seed }) {
    const random = createRandom(seed, 'backups');
    const workspace = createWorkspace({ sites: [SITE] });
    const backups = Math.max(2, Math.ceil(BACKUPS * share));
    const acknowledged: string[] = [];
    const breaches: string[] = [];
    let lostByCopy = 0;
    try {
      await enrolSubjects(workspace, [`B-1,${SITE},Patient/p1`]);
      const service = await startServiceProcess(workspace);
      const stopped = new AbortController();
      const load = sendLoad({
        origin: service.origin,
        connections: CONNECTIONS,
        until: stopped.signal,
        build: (n) => buildPutRequest(SITE, `b${n}`, 'p1', 1 + (n % 90)),
        onAnswer(answer) {
          if (isAcknowledged(answer)) acknowledged.push(`b${answer.number}`);
        },
      });
      for (let number = 1; number <= backups; number++) {
        await sleep(random.integer(100, 800));
        const before = [...acknowledged];
        const backup = join(workspace.path, `backup ${number}`);
        const made = await runCommand(workspace, ['backup', '--out', backup]);
        if (made.code === 0) breaches.push(...(await checkBackup(workspace, backup, before)));
        else breaches.push(`backup ${number} ended with ${made.code}: ${made.err.trim()}`);
        const copied = join(workspace.path, 'copied');
        const beforeCopy = [...acknowledged];
        copyFiles(workspace, copied);
        lostByCopy += (await listLost(copied, beforeCopy)).length;
        rmSync(copied, { recursive: true });
        rmSync(backup, { recursive: true, force: true });
      }
      stopped.abort();
      await load;
      await service.stop();
      return {
        counts: { backups, acknowledged: acknowledged.length },
        breaches,
        control: { name: 'a plain copy of store.db, keys and decisions: lost', found: lostByCopy },
      };
    } finally {
      workspace.remove();
    }
  },
};
