import type { BenchRun } from '../bench-run.ts';
import { drawBloodCounts } from '../data/blood-count-lines.ts';
import {
  ADAPTER,
  BARE_EXPRESS,
  type MeteredServer,
  startMeteredServer,
  waitUntilSettled,
} from '../processes/metered-process.ts';
import { type RequestPlan, type SentRequests, sendRequests } from '../send-requests.ts';
import { type Comparison, compareRounds, measureInRounds, type Spread, summariseRounds } from '../spread.ts';

/** Requests to the service, next to the same requests to bare Express. */
export interface RequestFigures {
  readonly connections: number;
  readonly requests: number;
  readonly rate: Comparison;
  /** CPU microseconds of the server a request. */
  readonly cpu: Comparison;
  readonly p50Ms: Comparison;
  readonly p99Ms: Comparison;
  /** Answers in all rounds: equal. */
  readonly answers: { readonly floor: number; readonly ours: number };
}

/** Single pushes by number of connections, batches, and the memory that they took. */
export interface PushFigures {
  readonly byConnections: readonly RequestFigures[];
  readonly batch: RequestFigures & { readonly entries: number };
  readonly peakRssMb: Spread;
}

const CONNECTIONS = [32, 8, 1];
const BATCH_ENTRIES = 100;
const SEED = 2;
/** Requests of each connection that show how many fit into the time. */
const TRIAL_TURNS = 3;
/** Later than what a bulk delivery of a million has stored: every result has a time of its own. */
const FIRST_TURN = 6_000;
const CREATED = 201;
const OK = 200;
const MEGABYTE = 1_048_576;

/** A source of request bodies, none of which comes twice. */
type BodySource = (count: number) => readonly string[];

const createBodySource = ({ subjects }: BenchRun, seed = SEED): BodySource => {
  const lines = drawBloodCounts({ seed, subjects: subjects.spread, firstTurn: FIRST_TURN });
  return (count) => Array.from({ length: count }, () => String(lines.next().value));
};

const buildBatch = (lines: readonly string[]): string =>
  `{"resourceType":"Bundle","type":"batch","entry":[${lines
    .map((line) => `{"resource":${line},"request":{"method":"POST","url":"Observation"}}`)
    .join(',')}]}`;

interface Sent extends SentRequests {
  /** CPU microseconds of the server a request. */
  readonly cpu: number;
}

/** Sends requests to a server; its CPU time is that of the whole process, work in the background included. */
async function sendMetered(server: MeteredServer, plan: RequestPlan): Promise<Sent> {
  const before = await server.readUsage();
  const sent = await sendRequests(server.origin, plan);
  const after = await server.readUsage();
  return { ...sent, cpu: (after.cpuMicros - before.cpuMicros) / sent.answers };
}

/** Both servers, and how one kind of request is drawn. */
interface Contest {
  readonly floor: MeteredServer;
  readonly ours: MeteredServer;
  readonly path: string;
  readonly connections: number;
  readonly status: number;
  readonly draw: BodySource;
}

const sumAnswers = (sent: readonly Sent[]): number => sent.reduce((sum, { answers }) => sum + answers, 0);

/** Measures one kind of request. Each server gets every body once; how many there are depends on what time allows. */
async function measureRequests(run: BenchRun, contest: Contest): Promise<RequestFigures> {
  const { path, connections, draw } = contest;
  const { most, milliseconds } = run.settings.pushRequests;
  const sendTo = (server: MeteredServer, status: number, bodies: readonly string[]) =>
    sendMetered(server, { path, connections, status, bodies });
  const trial = await sendTo(contest.ours, contest.status, draw(Math.min(most, connections * TRIAL_TURNS)));
  const requests = Math.max(
    connections,
    Math.min(most, Math.round((trial.perSecond * milliseconds) / 1_000)),
  );
  let bodies: readonly string[] = draw(requests);
  const { floor, ours } = await measureInRounds<{ floor: Sent; ours: Sent }>(
    run.settings.rounds,
    run.settings.warmUp,
    {
      floor: () => sendTo(contest.floor, CREATED, bodies),
      ours: async (round) => {
        run.report(`${path}, ${connections} connections: round ${round + 1}`);
        const sent = await sendTo(contest.ours, contest.status, bodies);
        bodies = draw(requests);
        return sent;
      },
    },
  );
  const compare = (unit: string, read: (sent: Sent) => number) =>
    compareRounds(unit, ours.map(read), floor.map(read));
  return {
    connections,
    requests,
    rate: compare('requests/s', ({ perSecond }) => perSecond),
    cpu: compare('µs', ({ cpu }) => cpu),
    p50Ms: compare('ms', ({ p50Ms }) => p50Ms),
    p99Ms: compare('ms', ({ p99Ms }) => p99Ms),
    answers: { floor: sumAnswers(floor), ours: sumAnswers(ours) },
  };
}

/** Starts the service on a data folder, and waits until it has nothing to do. */
async function startAdapter({ workspace, opened }: BenchRun, data: string): Promise<MeteredServer> {
  const args = ['serve', '--port', '0', '--json', ...workspace.listStoreOptions(data)];
  const server = await startMeteredServer(workspace.folder, ADAPTER, args);
  opened.defer(() => server.stop());
  await waitUntilSettled(server);
  return server;
}

/** Measures single pushes and batches. The sender is this process; both servers are processes of their own. */
export async function measurePush(run: BenchRun): Promise<PushFigures> {
  const floor = await startMeteredServer(run.workspace.folder, BARE_EXPRESS, []);
  run.opened.defer(() => floor.stop());
  const ours = await startAdapter(run, run.workspace.copyPrepared());
  const draw = createBodySource(run);
  const byConnections: RequestFigures[] = [];
  for (const connections of CONNECTIONS) {
    const contest = { floor, ours, path: '/fhir/Observation', connections, status: CREATED, draw };
    byConnections.push(await measureRequests(run, contest));
  }
  const drawBatches: BodySource = (count) =>
    Array.from({ length: count }, () => buildBatch(draw(BATCH_ENTRIES)));
  const batches = { floor, ours, path: '/fhir', connections: 1, status: OK, draw: drawBatches };
  const batch = { ...(await measureRequests(run, batches)), entries: BATCH_ENTRIES };
  const { peakRssBytes } = await ours.readUsage();
  return { byConnections, batch, peakRssMb: summariseRounds([peakRssBytes / MEGABYTE]) };
}

/** Single pushes over one connection, by the number of stored resources. */
export interface GrowthFigures {
  readonly p50Ms: readonly { readonly stored: number; readonly spread: Spread }[];
  /** The largest store against the smallest, in the same rounds; null where there is one store only. */
  readonly ratio: Spread | null;
}

/** Measures the same pushes against stores of several sizes, in turn. */
export async function measureGrowth(run: BenchRun): Promise<GrowthFigures | null> {
  const { growthSizes, rounds, warmUp, pushRequests } = run.settings;
  const sizes = growthSizes.filter((size) => run.stores.has(size));
  for (const size of growthSizes.filter((each) => !run.stores.has(each)))
    run.leaveOut(`push with ${size} stored resources`, 'there is no store of this size: see bulk');
  if (sizes.length === 0) return null;
  const draw = createBodySource(run, SEED + 1);
  const bodies = Math.min(pushRequests.most, 200);
  const variants: Record<number, (round: number) => Promise<number>> = {};
  for (const size of sizes) {
    run.report(`push with ${size} stored resources`);
    const server = await startAdapter(run, run.stores.get(size) ?? '');
    variants[size] = async () => {
      const plan = { path: '/fhir/Observation', connections: 1, status: CREATED, bodies: draw(bodies) };
      return (await sendMetered(server, plan)).p50Ms;
    };
  }
  const measured = await measureInRounds<Record<number, number>>(rounds, warmUp, variants);
  const [smallest, largest] = [measured[sizes[0] ?? 0], measured[sizes.at(-1) ?? 0]];
  return {
    p50Ms: sizes.map((stored) => ({ stored, spread: summariseRounds(measured[stored] ?? []) })),
    ratio: smallest && largest && sizes.length > 1 ? compareRounds('ms', largest, smallest).ratio : null,
  };
}
