/**
 * Measures single pushes to one, two and four instances that share a PostgreSQL database, for docs/scale.md. Run it with
 * `node test/bench/measure-instances.ts [requests] [rounds]`. The server and its log lie in memory where the system has
 * /dev/shm: a commit costs no disk. Prints CPU a push, which counts, and rates, which on few cores say little.
 */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BENCH_STUDY,
  buildCourses,
  buildEnrolments,
  listBenchSubjects,
} from '../../src/bench/data/bench-subjects.ts';
import { drawBloodCounts } from '../../src/bench/data/blood-count-lines.ts';
import {
  ADAPTER,
  type MeteredServer,
  startMeteredServer,
} from '../../src/bench/processes/metered-process.ts';
import { sendRequests } from '../../src/bench/send-requests.ts';
import { createWorkspace, submitTogether, type Workspace } from '../../src/bench/workspace.ts';
import { loadConfig } from '../../src/config.ts';
import { inferInteraction } from '../../src/fhir/parse-interaction.ts';
import { openService } from '../../src/service.ts';
import { POSTGRES_VERSIONS, type PostgresServer, startPostgresServer } from '../support/postgres-server.ts';

const COUNTS = [1, 2, 4];
const CONNECTIONS = 32;
const CREATED = 201;
const SUBJECTS = listBenchSubjects(200);
/** Later than what the course of the subjects has. */
const FIRST_TURN = 6_000;
/** What Linux counts CPU time in. */
const TICKS_PER_SECOND = 100;

interface Measured {
  readonly instances: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  /** CPU milliseconds of a push: of all instances, and of the database. */
  readonly cpuMs: number;
  readonly databaseMs: number;
}

/** Reads the CPU seconds of a process, in user and system mode; 0 where it has ended. */
function readProcessSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** Reads the CPU seconds of every process of the server that serves a session or works in the background, by its id. */
async function readDatabaseSeconds(postgres: PostgresServer): Promise<ReadonlyMap<number, number>> {
  const rows = await postgres.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
  return new Map(rows.map(({ pid }) => [pid, readProcessSeconds(pid)]));
}

function sumGrowth(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  return [...after].reduce((sum, [pid, seconds]) => sum + seconds - (before.get(pid) ?? 0), 0);
}

/** Enrols the subjects in a new database, as the workspace does in a file. Returns its name. */
async function prepareDatabase(
  workspace: Workspace,
  postgres: PostgresServer,
  data: string,
): Promise<string> {
  const url = await postgres.createDatabase();
  const [, config = ''] = workspace.listStoreOptions(data);
  const environment = { TRIAL_ADAPTER_LOG_LEVEL: 'silent' };
  const service = await openService(
    loadConfig({ config, data, database: url }, environment, workspace.folder),
  );
  await service.enrol(BENCH_STUDY, buildEnrolments(SUBJECTS));
  await submitTogether(
    service,
    buildCourses(SUBJECTS).map((resource) => inferInteraction(resource)),
  );
  await service.assessDueSubjects();
  await service.close();
  return new URL(url).pathname.slice(1);
}

const sumCpuMs = async (servers: readonly MeteredServer[]): Promise<number> =>
  (await Promise.all(servers.map((server) => server.readUsage()))).reduce(
    (sum, { cpuMicros }) => sum + cpuMicros / 1_000,
    0,
  );

/** Where the instances run: the database of which each round gets a copy, and the folder with the key that unseals. */
interface Place {
  readonly workspace: Workspace;
  readonly postgres: PostgresServer;
  readonly data: string;
  readonly template: string;
}

async function measure(
  { workspace, postgres, data, template }: Place,
  instances: number,
  requests: number,
  round: number,
): Promise<Measured> {
  const url = await postgres.createDatabase(template);
  const servers: MeteredServer[] = [];
  try {
    for (let i = 0; i < instances; i++) {
      const args = ['serve', ...workspace.listStoreOptions(data), '--database', url, '--port', '0', '--json'];
      servers.push(await startMeteredServer(workspace.folder, ADAPTER, args));
    }
    const lines = drawBloodCounts({ seed: round, subjects: SUBJECTS.spread, firstTurn: FIRST_TURN });
    const bodies = Array.from({ length: requests }, () => String(lines.next().value));
    const [cpuBefore, databaseBefore] = [await sumCpuMs(servers), await readDatabaseSeconds(postgres)];
    const sent = await Promise.all(
      servers.map(({ origin }, i) =>
        sendRequests(origin, {
          path: '/fhir/Observation',
          bodies: bodies.filter((_, k) => k % instances === i),
          connections: CONNECTIONS / instances,
          status: CREATED,
        }),
      ),
    );
    const cpuMs = ((await sumCpuMs(servers)) - cpuBefore) / requests;
    const databaseMs = (sumGrowth(databaseBefore, await readDatabaseSeconds(postgres)) * 1_000) / requests;
    const wallMs = Math.max(...sent.map((each) => each.wallMs));
    const p99Ms = Math.max(...sent.map((each) => each.p99Ms));
    return { instances, perSecond: (requests / wallMs) * 1_000, p99Ms, cpuMs, databaseMs };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

const [requests, rounds] = [Number(process.argv[2] ?? 600), Number(process.argv[3] ?? 3)];
const [version] = POSTGRES_VERSIONS;
if (!version) throw new Error('There is no PostgreSQL on this machine.');
const postgres = await startPostgresServer(version);
const workspace = await createWorkspace(join(tmpdir(), 'measure-instances'), SUBJECTS);
try {
  const data = join(workspace.folder, 'shared');
  const place = { workspace, postgres, data, template: await prepareDatabase(workspace, postgres, data) };
  for (let round = 1; round <= rounds; round++)
    for (const instances of COUNTS) {
      const measured = await measure(place, instances, requests, round);
      process.stdout.write(`${JSON.stringify({ round, ...measured })}\n`);
    }
} finally {
  workspace.remove();
  await postgres.stop();
}
