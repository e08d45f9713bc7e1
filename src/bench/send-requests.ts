import { Pool } from 'undici';
import { computeQuantileOrNaN } from './spread.ts';
import { BENCH_TOKEN } from './workspace.ts';

/** What a sender saw. */
export interface SentRequests {
  readonly answers: number;
  readonly wallMs: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The requests: the same for ours and the floor. */
export interface RequestPlan {
  readonly path: string;
  readonly bodies: readonly string[];
  readonly connections: number;
  /** The status of every answer; any other one ends the benchmark. */
  readonly status: number;
}

const HEADERS = { 'content-type': 'application/fhir+json', authorization: `Bearer ${BENCH_TOKEN}` };

async function sendRequest(pool: Pool, plan: RequestPlan, body: string): Promise<number> {
  const begun = performance.now();
  const answer = await pool.request({ path: plan.path, method: 'POST', headers: HEADERS, body });
  const text = await answer.body.text();
  if (answer.statusCode !== plan.status)
    throw new Error(`A request was answered with ${answer.statusCode}: ${text.slice(0, 500)}`);
  return performance.now() - begun;
}

/** Sends every body once, over connections that are kept open; each sends its next request when it has its answer. */
export async function sendRequests(origin: string, plan: RequestPlan): Promise<SentRequests> {
  const pool = new Pool(origin, { connections: plan.connections, pipelining: 1 });
  const latencies: number[] = [];
  const waiting = plan.bodies.values();
  const sendNext = async () => {
    for (const body of waiting) latencies.push(await sendRequest(pool, plan, body));
  };
  const begun = performance.now();
  try {
    await Promise.all(Array.from({ length: plan.connections }, sendNext));
  } finally {
    await pool.close();
  }
  const wallMs = performance.now() - begun;
  return {
    answers: latencies.length,
    wallMs,
    perSecond: (latencies.length / wallMs) * 1_000,
    p50Ms: computeQuantileOrNaN(latencies, 0.5),
    p99Ms: computeQuantileOrNaN(latencies, 0.99),
  };
}
