import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';

export const HOSTILE_TOKEN = 'hostile-input-token';
const MAIN_SCRIPT = join(import.meta.dirname, '../../src/main.js');
/** The most time that an answer may take where the corpus asks for a fast one. */
export const FAST_MS = 1_000;
/** A silent connection is closed after 10 s, which the service checks every 5 s. */
export const CROWD_MS = 20_000;
export const FHIR_JSON = 'application/fhir+json';

export interface HostileAnswer {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
}

/** The running service, its store, and its output so far. */
export interface ServiceProcess {
  readonly baseUrl: string;
  readonly port: number;
  readonly store: Store;
  readonly process: ChildProcess;
  readonly readLog: () => string;
}

/** Starts the service on a free port, with the patient of the corpus enrolled as subject H-1. */
export async function startService(folder: string): Promise<ServiceProcess> {
  const data = join(folder, 'data');
  const csv = join(folder, 'enrol.csv');
  writeFileSync(
    csv,
    'subject,site,patient,enrolledOn,consentedOn\nH-1,dev,Patient/p1,2026-01-01,2026-01-01\n',
  );
  const enrolled = spawnSync(
    process.execPath,
    [MAIN_SCRIPT, 'enroll', csv, '--study', 'msc-aa', '--data', data],
    {
      encoding: 'utf8',
    },
  );
  if (enrolled.status !== 0) throw new Error(`enroll: ${enrolled.stderr}`);
  const env = { ...process.env, TRIAL_ADAPTER_DEV_TOKEN: HOSTILE_TOKEN, TRIAL_ADAPTER_LOG_LEVEL: 'debug' };
  const service = spawn(
    process.execPath,
    [MAIN_SCRIPT, 'serve', '--dev', '--port', '0', '--data', data, '--json'],
    {
      env,
    },
  );
  let log = '';
  const appendToLog = (chunk: Buffer) => {
    log += chunk.toString('utf8');
  };
  service.stdout.on('data', appendToLog);
  service.stderr.on('data', appendToLog);
  let output = '';
  service.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const baseUrl = await waitForListening(
    () => output,
    () => log,
  );
  return {
    baseUrl,
    port: Number(new URL(baseUrl).port),
    store: openSqliteStore(join(data, 'store.db')),
    process: service,
    readLog: () => log,
  };
}

/** Waits for the line of JSON that the service prints when it listens. */
async function waitForListening(readOutput: () => string, readLog: () => string): Promise<string> {
  for (let waited = 0; waited < 30_000; waited += 50) {
    const end = readOutput().indexOf('\n');
    if (end >= 0) return (JSON.parse(readOutput().slice(0, end)) as { url: string }).url;
    await delay(50);
  }
  throw new Error(`The service did not start: ${readLog()}`);
}

export async function stopService(running: ServiceProcess): Promise<void> {
  await running.store.close();
  const hasExited = new Promise((resolve) => running.process.once('exit', resolve));
  if (running.process.exitCode !== null) return;
  running.process.kill('SIGTERM');
  await hasExited;
}

interface PostRequest {
  readonly path: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly gzip?: boolean;
}

export async function postBody(
  running: ServiceProcess,
  { path, contentType, body, gzip }: PostRequest,
): Promise<HostileAnswer> {
  const started = performance.now();
  // As bytes: for a string, fetch would add a Content-Type where the case has none.
  const response = await fetch(`${running.baseUrl}${path}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${HOSTILE_TOKEN}`,
      ...(contentType === '' ? {} : { 'Content-Type': contentType }),
      ...(gzip ? { 'Content-Encoding': 'gzip' } : {}),
    },
    body: Buffer.from(body),
  });
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - started };
}

let canaryCount = 0;

/** Whether the service still answers a valid request, and fast. */
export async function isAlive(running: ServiceProcess): Promise<boolean> {
  canaryCount += 1;
  const body = Buffer.from(JSON.stringify(buildCanaryObservation(`canary-${canaryCount % 5}`)));
  const answer = await postBody(running, { path: '/Observation', contentType: FHIR_JSON, body }).catch(
    () => null,
  );
  return answer !== null && answer.status < 300 && answer.ms < FAST_MS && running.process.exitCode === null;
}

export function buildCanaryObservation(id: string): Record<string, unknown> {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: '2026-01-06T08:00:00Z',
    valueQuantity: { value: 24, unit: 'K/uL' },
  };
}
