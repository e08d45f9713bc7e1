import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, jest } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { openStore } from '../../src/service/opening/open-store.ts';
import type { StoreTransaction } from '../../src/store/store.ts';
import { type CliResult, formatEnrolmentFile, runInFolder } from './run-cli.ts';
import { createTestFolder, type TestFolder } from './with-folder.ts';

/**
 * The adapter as it is installed: the service is a process of its own, which tests reach by HTTP and by signals. Commands
 * run in the process of the test, which is another process on the same data: starting Node for each would take most of
 * the time of the tests.
 */
export interface AdapterInstallation {
  readonly folder: TestFolder;
  run(...args: readonly string[]): Promise<CliResult>;
  /** Runs a command with `--json`, and parses what it prints. Throws where the command fails. */
  runJson<T>(...args: readonly string[]): Promise<T>;
  /** Enrols by command: rows of `subject,site,patient,enrolledOn,consentedOn`. */
  enrol(...rows: readonly string[]): Promise<void>;
  /**
   * Starts the service. `wrapper` is a command that runs it, such as a shell that first sets a limit. Instances that share
   * a database (named in `trial-adapter.json`) have data folders of their own, by name.
   */
  startService(wrapper?: readonly string[], dataName?: string): Promise<ServedAdapter>;
  /** Reads the store while no service runs, or next to one. */
  readStore<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
}

/** A service that runs. */
export interface ServedAdapter {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Sends a resource by POST. */
  post(resource: object): Promise<Response>;
  /** Sends a request; the body is sent as it is where it is text, otherwise as JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Sends SIGHUP, on which the service reads its mappings again. */
  sendHangup(): void;
  /** Waits until standard error contains the text after the place where the previous wait ended. */
  waitForStderr(text: string): Promise<void>;
  /** Sends SIGKILL, which leaves the service no time to finish anything. */
  kill(): Promise<void>;
  /** Sends SIGTERM, and returns the exit code. */
  stop(): Promise<number | null>;
  /** Waits until the service ends by itself, and returns its exit code. */
  waitForExit(): Promise<number | null>;
}

/** How the installation differs from the usual one. */
export interface InstallationOptions {
  readonly logLevel?: 'error' | 'info';
  /** The folder of mappings that service and commands use; the bundled one by default. */
  readonly mappings?: string;
}

const MAIN_SCRIPT = join(import.meta.dirname, '../../src/main.js');
const STORY_TOKEN = 'story-token';
/** Ends a test that hangs. A busy machine may take many times the usual seconds to start a process. */
const PROCESS_TIMEOUT_MS = 600_000;

/** Prepares an installation for all tests of the file, in a folder on disk; what still runs at the end is killed. */
export function useInstallation({
  logLevel = 'error',
  mappings,
}: InstallationOptions = {}): AdapterInstallation {
  jest.setTimeout(PROCESS_TIMEOUT_MS);
  const folder = createTestFolder({ onDisk: true });
  const running = new Set<ServedAdapter>();
  afterAll(async () => {
    for (const served of running) await served.kill();
    folder.remove();
  });
  const env = {
    TRIAL_ADAPTER_DEV_TOKEN: STORY_TOKEN,
    TRIAL_ADAPTER_LOG_LEVEL: logLevel,
    ...(mappings === undefined ? {} : { TRIAL_ADAPTER_MAPPINGS: mappings }),
  };
  const run: AdapterInstallation['run'] = (...args) => runInFolder(folder, args, { env });
  return {
    folder,
    run,
    async runJson(...args) {
      const done = await run(...args, '--json');
      if (done.code !== 0) throw new Error(done.err);
      return JSON.parse(done.out);
    },
    async enrol(...rows) {
      const file = folder.writeFile('enrolment.csv', formatEnrolmentFile(...rows));
      const done = await run('enroll', file, '--study', 'msc-aa');
      if (done.code !== 0) throw new Error(done.err);
    },
    async startService(wrapper = [], dataName = 'data') {
      const args = [
        MAIN_SCRIPT,
        'serve',
        '--dev',
        '--port',
        '0',
        '--data',
        join(folder.path, dataName),
        '--json',
      ];
      const [command = '', ...rest] = [...wrapper, process.execPath, ...args];
      const child = spawn(command, rest, {
        env: { ...process.env, ...env },
        cwd: folder.path,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const served = await waitUntilServing(child);
      running.add(served);
      void served.waitForExit().then(() => running.delete(served));
      return served;
    },
    async readStore(work) {
      const config = loadConfig({ data: join(folder.path, 'data') }, env, folder.path);
      const store = await openStore(config);
      try {
        return await store.read(work);
      } finally {
        await store.close();
      }
    },
  };
}

/** Waits until something is found in the text that a process has printed so far. */
type WaitForOutput = <T>(stream: 'stdout' | 'stderr', find: (text: string) => T | null) => Promise<T>;

/** Collects what the process prints. The waits that it returns reject when the process ends before. */
function collectOutput(child: ChildProcess): WaitForOutput {
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.on('data', (chunk: Buffer) => {
      printed[stream] += chunk.toString();
    });
  return (stream, find) =>
    new Promise((resolve, reject) => {
      const check = () => {
        const found = find(printed[stream]);
        if (found !== null) resolve(found);
      };
      child[stream]?.on('data', check);
      child.once('close', (code) =>
        reject(new Error(`The service ended with ${code}: ${printed.stdout}${printed.stderr}`)),
      );
      check();
    });
}

/** Waits until the service prints its address. */
async function waitUntilServing(child: ChildProcess): Promise<ServedAdapter> {
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const waitForOutput = collectOutput(child);
  const startup = await waitForOutput(
    'stdout',
    (text) => (text.includes('\n') ? text.split('\n')[0] : null) ?? null,
  );
  const { url: baseUrl } = JSON.parse(startup) as { url: string };
  const call: ServedAdapter['call'] = (method, path, body, headers = {}) =>
    fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${STORY_TOKEN}`,
        'content-type': 'application/fhir+json',
        // A command blocks the event loop of the test: the service may close an idle connection meanwhile.
        connection: 'close',
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  let readUpTo = 0;
  return {
    origin: new URL(baseUrl).origin,
    call,
    post: (resource) => call('POST', `/${(resource as { resourceType: string }).resourceType}`, resource),
    sendHangup: () => void child.kill('SIGHUP'),
    async waitForStderr(text) {
      readUpTo = await waitForOutput('stderr', (printed) => {
        const at = printed.indexOf(text, readUpTo);
        return at < 0 ? null : at + text.length;
      });
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
