import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bar, BarContext, NotRun } from './bar.ts';
import { listStoredResources } from './support/read-stored.ts';
import { type LoadAnswer, sendLoad } from './support/send-load.ts';
import { buildDailyRequest } from './support/sent-resources.ts';
import {
  createWorkspace,
  enrolSubjects,
  startServiceProcess,
  type Workspace,
} from './support/service-process.ts';

/** Requests of the whole bar for each fault. */
const REQUESTS = 1_000;
const SITE = 'site-1';
const PATIENTS = 20;
const DISK_KB = 16_384;
/** What is left free of the disk when it is filled. */
const SPARE_KB = 600;
/** Requests a second while syncs begin to fail: the service answers some before and some after. */
const SYNC_RATE = 100;
const LOG_LEVEL = { TRIAL_ADAPTER_LOG_LEVEL: 'silent' };

/** A small disk in memory. */
interface SmallDisk {
  readonly path: string;
  fill(spareKb: number): void;
  free(): void;
  remove(): void;
}

/** Mounts a small disk; null where this user may not. */
function mountSmallDisk(): SmallDisk | null {
  const path = mkdtempSync(join(tmpdir(), 'trial-adapter-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_KB}k`, 'none', path], { stdio: 'ignore' });
  } catch {
    rmSync(path, { recursive: true });
    return null;
  }
  const filler = join(path, 'filler');
  return {
    path,
    fill(spareKb) {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - spareKb * 1_024)));
    },
    free: () => rmSync(filler, { force: true }),
    remove() {
      execFileSync('umount', [path]);
      rmSync(path, { recursive: true });
    },
  };
}

const isAcknowledged = ({ status }: LoadAnswer): boolean => status !== null && status < 300;

function send(
  origin: string,
  from: number,
  count: number,
  pace: { readonly rate?: number } = {},
): Promise<readonly LoadAnswer[]> {
  return sendLoad({
    origin,
    connections: 8,
    timeoutMs: 30_000,
    ...pace,
    build: (n) => (n < count ? buildDailyRequest(SITE, from + n, PATIENTS) : null),
  });
}

/** Lists what was acknowledged and is not stored. */
async function findLost(
  workspace: Pick<Workspace, 'dataDir'>,
  answers: readonly LoadAnswer[],
  from: number,
): Promise<readonly string[]> {
  const stored = await listStoredResources(workspace);
  return answers
    .filter(isAcknowledged)
    .map(({ number }) => `${SITE}/Observation/${SITE}-${from + number}`)
    .filter((resource) => !stored.has(resource));
}

const enrolPatients = (workspace: Workspace) =>
  enrolSubjects(
    workspace,
    Array.from({ length: PATIENTS }, (_, n) => `S-${n},${SITE},Patient/p${n}`),
  );

interface Findings {
  readonly counts: Record<string, number>;
  readonly breaches: string[];
}

/** The disk is full for a while: 503 with Retry-After, and acknowledged again without a restart. */
async function fillDisk(disk: SmallDisk, requests: number, { counts, breaches }: Findings): Promise<void> {
  const dataDir = join(disk.path, 'data');
  const workspace = createWorkspace({ sites: [SITE], dataDir });
  try {
    await enrolPatients(workspace);
    const service = await startServiceProcess(workspace, { env: LOG_LEVEL });
    const before = await send(service.origin, 0, 50);
    disk.fill(SPARE_KB);
    const during = await send(service.origin, 1_000, requests);
    const ready = await fetch(`${service.origin}/ready`);
    const isAlive = !service.hasExited();
    disk.free();
    let recovered: readonly LoadAnswer[] = [];
    for (let n = 0; n < 50 && !recovered.some(isAcknowledged); n++) {
      await sleep(200);
      recovered = await send(service.origin, 100_000 + n, 1);
    }
    const after = await send(service.origin, 200_000, 50);
    const { code } = await service.stop();
    counts.fullAcknowledged = during.filter(isAcknowledged).length;
    counts.fullRefused = during.filter(({ status }) => status === 503).length;
    const others = during.filter((answer) => !isAcknowledged(answer) && answer.status !== 503);
    const silent = during.filter(({ status, retryAfter }) => status === 503 && retryAfter === null);
    breaches.push(
      ...others.map(({ status, error }) => `full: answered ${status ?? error}`),
      ...silent.map(() => 'full: 503 without Retry-After'),
      ...(isAlive ? [] : ['full: the service ended']),
      ...(counts.fullRefused > 0 && ready.status !== 503 ? [`full: /ready answered ${ready.status}`] : []),
      ...(counts.fullRefused > 0 ? [] : ['full: the disk was never full']),
      ...(recovered.some(isAcknowledged) ? [] : ['full: not acknowledged again within 10 s of space']),
      ...after
        .filter((answer) => !isAcknowledged(answer))
        .map(({ status }) => `full: ${status} after recovery`),
      ...(code === 0 ? [] : [`full: exit ${code}`]),
      ...(await findLost(workspace, before, 0)).map((id) => `full: lost ${id}`),
      ...(await findLost(workspace, during, 1_000)).map((id) => `full: lost ${id}`),
      ...(await findLost(workspace, after, 200_000)).map((id) => `full: lost ${id}`),
    );
  } finally {
    workspace.remove();
  }
}

const hasStrace = (): boolean => {
  try {
    execFileSync('strace', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Every sync fails: 503, then exit 1 so that a supervisor starts again; the next start has all that was acknowledged. */
async function failSyncs(requests: number, { counts, breaches }: Findings): Promise<void> {
  const workspace = createWorkspace({ sites: [SITE] });
  try {
    await enrolPatients(workspace);
    const service = await startServiceProcess(workspace, { env: LOG_LEVEL });
    const before = await send(service.origin, 0, 50);
    const injection = ['trace=fsync,fdatasync', 'inject=fsync,fdatasync:error=EIO'].flatMap((rule) => [
      '-e',
      rule,
    ]);
    const strace = spawn('strace', ['-f', '-qq', '-o', '/dev/null', ...injection, '-p', String(service.pid)]);
    const during = await send(service.origin, 1_000, Math.max(SYNC_RATE * 3, requests), { rate: SYNC_RATE });
    const { code } = await Promise.race([service.exited, sleep(10_000, { code: null })]);
    strace.kill('SIGTERM');
    if (!service.hasExited()) await service.kill();
    const restarted = await startServiceProcess(workspace, { env: LOG_LEVEL });
    const after = await send(restarted.origin, 200_000, 50);
    await restarted.stop();
    counts.syncAcknowledged = during.filter(isAcknowledged).length;
    counts.syncRefused = during.filter(({ status }) => status === 503).length;
    breaches.push(
      ...during
        .filter((answer) => !isAcknowledged(answer) && answer.status !== 503 && answer.error === null)
        .map(({ status }) => `sync: answered ${status}`),
      ...(counts.syncRefused > 0 ? [] : ['sync: no request was refused']),
      ...(code === 1 ? [] : [`sync: exit ${code}`]),
      ...after
        .filter((answer) => !isAcknowledged(answer))
        .map(({ status }) => `sync: ${status} after the restart`),
      ...(await findLost(workspace, before, 0)).map((id) => `sync: lost ${id}`),
      ...(await findLost(workspace, during, 1_000)).map((id) => `sync: lost ${id}`),
      ...(await findLost(workspace, after, 200_000)).map((id) => `sync: lost ${id}`),
    );
  } finally {
    workspace.remove();
  }
}

/** A sink that answers before it has written: what it acknowledges on a full disk is not there. */
async function countFalseAnswers(disk: SmallDisk, requests: number): Promise<number> {
  const folder = join(disk.path, 'sink');
  mkdirSync(folder);
  const stored = new Set<string>();
  const sink = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(201).end();
      const name = (request.url ?? '').slice((request.url ?? '').lastIndexOf('/') + 1);
      try {
        writeFileSync(join(folder, name), Buffer.concat(chunks));
        stored.add(name);
      } catch {
        rmSync(join(folder, name), { force: true });
      }
    });
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  disk.fill(0);
  const { port } = sink.address() as AddressInfo;
  const answers = await send(`http://127.0.0.1:${port}`, 0, requests);
  sink.closeAllConnections();
  sink.close();
  return answers.filter((answer) => isAcknowledged(answer) && !stored.has(`${SITE}-${answer.number}`)).length;
}

async function run({ share }: BarContext) {
  const disk = mountSmallDisk();
  if (!disk) return { notRun: 'this user may not mount a small disk' } satisfies NotRun;
  const requests = Math.max(100, Math.round(REQUESTS * share));
  const findings: Findings = { counts: { requests }, breaches: [] };
  try {
    await fillDisk(disk, requests, findings);
    if (hasStrace()) await failSyncs(requests, findings);
    else findings.counts.syncsNotRunWithoutStrace = 1;
    const found = await countFalseAnswers(disk, requests);
    return { ...findings, control: { name: 'a sink that answers before it has written', found } };
  } finally {
    disk.remove();
  }
}

/** A full disk and failing syncs: nothing is acknowledged that is not stored, and the service recovers. */
export const failingDiskBar: Bar = { id: 'R3', name: 'a full disk, a failing sync', run };
