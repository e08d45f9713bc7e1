import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The adapter as a stranger meets it: its command line and its doors, on a data folder of its own. */
export interface AdapterInstallation {
  readonly folder: string;
  /** Runs a command to its end. */
  runSync(...args: string[]): { code: number | null; out: string; err: string };
  /** The same, without keeping this process from what else it does (its connections to the service, say). */
  runAsync(...args: string[]): Promise<{ code: number | null; out: string; err: string }>;
  enrol(rows: readonly string[]): void;
  /** `under`: a command that runs it, such as a shell that sets a limit first. */
  startService(under?: readonly string[]): Promise<ServedAdapter>;
  removeFolder(): void;
}

export interface ServedAdapter {
  readonly baseUrl: string;
  post(resource: object): Promise<Response>;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** SIGHUP: the mappings are to be read again. */
  sendHangup(): void;
  /** Waits until the service has said it on standard error once more than before. */
  waitForStderr(text: string): Promise<void>;
  /** SIGKILL: no time to finish anything. */
  kill(): Promise<void>;
  /** SIGTERM, and what it exits with. */
  stop(): Promise<number | null>;
  /** Waits until it ends by itself, and says what it exits with. */
  waitForExit(): Promise<number | null>;
}

const MAIN_SCRIPT = join(import.meta.dirname, '../../src/main.ts');
const STORY_TOKEN = 'story-token';

export function openInstallation(extra: Record<string, string> = {}): AdapterInstallation {
  const folder = mkdtempSync(join(tmpdir(), 'house-'));
  const data = join(folder, 'data');
  const env = {
    ...process.env,
    TRIAL_ADAPTER_DEV_TOKEN: STORY_TOKEN,
    TRIAL_ADAPTER_LOG_LEVEL: 'error',
    ...extra,
  };
  const house: AdapterInstallation = {
    folder,
    runSync(...args) {
      const all = [MAIN_SCRIPT, ...args, '--data', data];
      const done = spawnSync(process.execPath, all, { encoding: 'utf8', env, cwd: folder });
      return { code: done.status, out: done.stdout, err: done.stderr };
    },
    runAsync(...args) {
      const child = spawn(process.execPath, [MAIN_SCRIPT, ...args, '--data', data], { env, cwd: folder });
      let [out, err] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
      });
      child.stderr.on('data', (chunk: Buffer) => {
        err += chunk.toString();
      });
      return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
    },
    enrol(rows) {
      const file = join(folder, 'enrol.csv');
      writeFileSync(file, ['subject,site,patient,enrolledOn,consentedOn', ...rows].join('\n'));
      const done = house.runSync('enroll', file, '--study', 'msc-aa');
      if (done.code !== 0) throw new Error(done.err);
    },
    startService: (under) => startServing(data, folder, env, under),
    removeFolder: () => rmSync(folder, { recursive: true, force: true }),
  };
  return house;
}

async function startServing(
  data: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  under: readonly string[] = [],
): Promise<ServedAdapter> {
  const args = [process.execPath, MAIN_SCRIPT, 'serve', '--dev', '--port', '0', '--data', data];
  const [command = '', ...rest] = [...under, ...args];
  const child = spawn(command, rest, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const base = await waitForBaseUrl(child);
  let said = '';
  let from = 0;
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const call: ServedAdapter['call'] = (method, path, body, headers = {}) =>
    fetch(`${base}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${STORY_TOKEN}`,
        'content-type': 'application/fhir+json',
        // A command that a test waits for blocks its event loop: an idle connection may be gone by then.
        connection: 'close',
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return {
    baseUrl: base,
    call,
    post: (resource) => call('POST', `/${(resource as { resourceType: string }).resourceType}`, resource),
    sendHangup: () => void child.kill('SIGHUP'),
    async waitForStderr(text) {
      const end = Date.now() + 15_000;
      while (!said.includes(text, from)) {
        if (Date.now() > end) throw new Error(`never said "${text}": ${said.slice(from)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      from = said.indexOf(text, from) + text.length;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
    waitForExit: () => exited,
  };
}

/** The FHIR base that the service prints when it listens. */
function waitForBaseUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      const url = /Listening on (\S+)/.exec(said)?.[1];
      if (url) resolve(url);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
  });
}

/** A platelet count as a hospital would send it. */
export function buildPlateletCount(
  id: string,
  patient: string,
  value: number,
  day: string,
  more: object = {},
): object {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
    subject: { reference: patient },
    effectiveDateTime: `${day}T08:00:00+08:00`,
    valueQuantity: { value, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
    ...more,
  };
}
