import { setTimeout as sleep } from 'node:timers/promises';
import { createSeededNumbers } from '../src/bench/data/seeded-numbers.ts';
import type { Bar, BarContext } from './bar.ts';
import { listStoredResources } from './support/read-stored.ts';
import { type LoadAnswer, sendLoad } from './support/send-load.ts';
import { buildCountResource, buildDailyRequest, buildSiteHeaders } from './support/sent-resources.ts';
import {
  createWorkspace,
  enrolSubjects,
  type ServiceProcess,
  startServiceProcess,
  type Workspace,
} from './support/service-process.ts';

/** The signals of the whole bar, and the time in which a service must have ended. */
const SIGNALS = 100;
const DEADLINE_MS = 10_000;
const SITE = 'site-1';
const PATIENTS = 40;
const CONNECTIONS = 16;

/** What one stop under load did to those who were sending. */
interface Stop {
  readonly code: number | null;
  readonly ms: number;
  readonly answers: readonly LoadAnswer[];
  /** Connections that broke after a request was sent on them; one that is refused was never made. */
  readonly broken: readonly LoadAnswer[];
  readonly lostIds: readonly string[];
}

/** A connection that is not made has no request: the sender knows that nothing was taken. */
const isRefusal = ({ error }: LoadAnswer): boolean => error === 'ECONNREFUSED';

/** Sends a stream that goes on until the service answers it. */
async function sendEndlessStream(origin: string, until: AbortSignal): Promise<LoadAnswer> {
  async function* produceLines() {
    for (let n = 0; !until.aborted; n++) {
      yield `${JSON.stringify(buildCountResource(`stream-${n}`, `p${n % PATIENTS}`, 20 + (n % 80)))}\n`;
      if (n % 50 === 0) await sleep(5);
    }
  }
  const none = { number: 0, ms: 0, retryAfter: null, location: null, body: null };
  try {
    const answer = await fetch(`${origin}/fhir/$ingest`, {
      method: 'POST',
      headers: buildSiteHeaders(SITE, 'application/fhir+ndjson'),
      body: ReadableStream.from(produceLines()).pipeThrough(new TextEncoderStream()),
      duplex: 'half',
    } as RequestInit);
    await answer.text();
    return { ...none, status: answer.status, retryAfter: answer.headers.get('retry-after'), error: null };
  } catch (cause) {
    return { ...none, status: null, error: String((cause as Error).cause ?? cause) };
  }
}

async function stopUnderLoad(
  workspace: Workspace,
  cycle: number,
  delayMs: number,
  end: (service: ServiceProcess) => Promise<{ readonly code: number | null }>,
): Promise<Stop> {
  const service = await startServiceProcess(workspace, { env: { TRIAL_ADAPTER_LOG_LEVEL: 'error' } });
  const gone = new AbortController();
  const busy = Promise.withResolvers<void>();
  let answered = 0;
  const sentIds = new Map<number, string>();
  const load = sendLoad({
    origin: service.origin,
    connections: CONNECTIONS,
    until: gone.signal,
    timeoutMs: 30_000,
    build(number) {
      const request = buildDailyRequest(SITE, cycle * 100_000 + number, PATIENTS);
      sentIds.set(number, request.path.slice(request.path.lastIndexOf('/') + 1));
      return request;
    },
    onAnswer: (answer) => {
      answered += 1;
      // Every connection is made: what waits in the system for a listener that closes, no program can answer.
      if (answered === 2 * CONNECTIONS) busy.resolve();
      if (isRefusal(answer)) gone.abort();
    },
  });
  const stream = sendEndlessStream(service.origin, gone.signal);
  await busy.promise;
  await sleep(delayMs);
  const begun = performance.now();
  const { code } = await end(service);
  const ms = performance.now() - begun;
  gone.abort();
  const answers = await load;
  const streamed = await stream;
  const stored = await listStoredResources(workspace);
  const lostIds = answers
    .filter(({ status }) => status !== null && status < 300)
    .map(({ number }) => sentIds.get(number) ?? '')
    .filter((id) => !stored.has(`${SITE}/Observation/${id}`));
  const all = [...answers, streamed];
  const broken = all.filter((answer) => answer.status === null && !isRefusal(answer));
  return { code, ms, answers: all, broken, lostIds };
}

function describeBreaches(cycle: number, { code, ms, broken, lostIds }: Stop): string[] {
  return [
    ...(code === 0 ? [] : [`cycle ${cycle}: exit ${code}`]),
    ...(ms < DEADLINE_MS ? [] : [`cycle ${cycle}: ended after ${Math.round(ms)} ms`]),
    ...broken.map(
      ({ error, ms: waited }) => `cycle ${cycle}: no answer after ${Math.round(waited)} ms: ${error}`,
    ),
    ...lostIds.map((id) => `cycle ${cycle}: ${id} was acknowledged and is not stored`),
  ];
}

async function run({ share, seed }: BarContext) {
  const random = createSeededNumbers(seed);
  const workspace = createWorkspace({ sites: [SITE] });
  const breaches: string[] = [];
  const counts = { signals: 0, answers: 0, refusedWith503: 0, slowestMs: 0 };
  try {
    await enrolSubjects(
      workspace,
      Array.from({ length: PATIENTS }, (_, n) => `S-${n},${SITE},Patient/p${n}`),
    );
    for (let cycle = 0; cycle < Math.max(3, Math.round(SIGNALS * share)); cycle++) {
      const stop = await stopUnderLoad(workspace, cycle, random() * 700, (service) => service.stop());
      counts.signals += 1;
      counts.answers += stop.answers.filter(({ status }) => status !== null).length;
      counts.refusedWith503 += stop.answers.filter(({ status }) => status === 503).length;
      counts.slowestMs = Math.max(counts.slowestMs, Math.round(stop.ms));
      breaches.push(...describeBreaches(cycle, stop));
    }
    const killed = await stopUnderLoad(workspace, 10_000, 500, (service) => service.kill());
    const control = { name: 'SIGKILL in place of SIGTERM', found: describeBreaches(0, killed).length };
    return { counts, breaches, control };
  } finally {
    workspace.remove();
  }
}

/** SIGTERM under load: every request that arrived is answered, and the service ends with 0 within ten seconds. */
export const stoppingUnderLoadBar: Bar = { id: 'R9', name: 'stopping under load', run };
