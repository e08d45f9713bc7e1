import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';

export const HOSTILE_TOKEN = 'hostile-input-token';
export const MAIN_SCRIPT = join(import.meta.dirname, '../../src/main.ts');
export const FAST_MS = 1_000;
/** A connection that says nothing has 10 s, and is looked at every 5 s. */
export const CROWD_MS = 20_000;
export const FHIR_JSON = 'application/fhir+json';

export interface HostileAnswer {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
}

/** The running service, and everything it has written. */
export interface ServiceProcess {
  readonly baseUrl: string;
  readonly port: number;
  readonly store: Store;
  readonly process: ChildProcess;
  readonly readLog: () => string;
}

export async function startService(work: string): Promise<ServiceProcess> {
  const data = join(work, 'data');
  const csv = join(work, 'enrol.csv');
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
  const service = spawn(process.execPath, [MAIN_SCRIPT, 'serve', '--dev', '--port', '0', '--data', data], {
    env,
  });
  let log = '';
  const hear = (chunk: Buffer) => {
    log += chunk.toString('utf8');
  };
  service.stdout.on('data', hear);
  service.stderr.on('data', hear);
  const base = await waitForListening(() => log);
  return {
    baseUrl: base,
    port: Number(new URL(base).port),
    store: openSqliteStore(join(data, 'store.db')),
    process: service,
    readLog: () => log,
  };
}

export async function waitForListening(log: () => string): Promise<string> {
  for (let waited = 0; waited < 30_000; waited += 50) {
    const found = /Listening on (http:\S+)/.exec(log());
    if (found?.[1]) return found[1];
    await rest(50);
  }
  throw new Error(`The service did not start: ${log()}`);
}

export async function stopService(running: ServiceProcess): Promise<void> {
  await running.store.close();
  const gone = new Promise((resolve) => running.process.once('exit', resolve));
  if (running.process.exitCode !== null) return;
  running.process.kill('SIGTERM');
  await gone;
}

export interface PostRequest {
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
  // Bytes, for a text would get a Content-Type of its own where the case has none.
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

/** A sound request, after each hostile one: served, and soon. */
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

// What is stored
