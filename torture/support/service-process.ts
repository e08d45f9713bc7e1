import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN_SCRIPT = join(import.meta.dirname, '../../src/main.js');

/** The bearer token of each site of a bar. */
export const buildSiteToken = (site: string): string => `token-of-${site}`;

/** A site of the configuration with one client, `engine`, that holds `buildSiteToken(site)`. */
export const buildSiteSettings = (site: string): object => ({
  timeZone: 'Asia/Shanghai',
  clients: [
    { client: 'engine', tokenSha256: createHash('sha256').update(buildSiteToken(site)).digest('hex') },
  ],
});

/** A temporary folder with a configuration file and a data folder, in which commands and services are run. */
export interface Workspace {
  readonly path: string;
  readonly dataDir: string;
  readonly configFile: string;
  /** Writes a file into the folder and returns its path. */
  writeFile(name: string, content: string): string;
  remove(): void;
}

/** What the configuration of a workspace has besides `sites`. */
export interface WorkspaceSettings {
  readonly sites?: readonly string[];
  /** Other keys of the configuration file; they replace those that are built here. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where the data folder is; by default in the workspace. */
  readonly dataDir?: string;
}

/** Creates a workspace on disk with one client for each site. */
export function createWorkspace({
  sites = ['site-1'],
  config = {},
  dataDir,
}: WorkspaceSettings = {}): Workspace {
  const path = mkdtempSync(join(tmpdir(), 'trial-adapter-torture-'));
  const data = dataDir ?? join(path, 'data');
  const configFile = join(path, 'trial-adapter.json');
  const settings = {
    dataDir: data,
    sites: Object.fromEntries(sites.map((site) => [site, buildSiteSettings(site)])),
    ...config,
  };
  writeFileSync(configFile, JSON.stringify(settings), { mode: 0o600 });
  return {
    path,
    dataDir: data,
    configFile,
    writeFile(name, content) {
      const file = join(path, name);
      writeFileSync(file, content);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** How a process of the adapter is started. */
export interface ProcessOptions {
  /** More arguments of the command. */
  readonly args?: readonly string[];
  /** A command that runs it, such as `['strace', …]`. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node, such as `--max-old-space-size=256`. */
  readonly nodeOptions?: readonly string[];
}

/** A command that has ended. */
export interface FinishedCommand {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function spawnAdapter(workspace: Workspace, command: readonly string[], options: ProcessOptions) {
  const { args = [], wrapper = [], env = {}, nodeOptions = [] } = options;
  const [file = '', ...rest] = [
    ...wrapper,
    process.execPath,
    ...nodeOptions,
    MAIN_SCRIPT,
    ...command,
    ...args,
  ];
  return spawn(file, rest, {
    cwd: workspace.path,
    // Nobody's settings: only what the bar states.
    env: { PATH: process.env.PATH, TRIAL_ADAPTER_CONFIG: workspace.configFile, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a command of the adapter in the workspace to its end. */
export function runCommand(
  workspace: Workspace,
  command: readonly string[],
  options: ProcessOptions = {},
): Promise<FinishedCommand> {
  const child = spawnAdapter(workspace, command, options);
  const printed = collectOutput(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out: printed.out, err: printed.err }));
  });
}

/** Enrols patients by command: rows of `subject,site,patient`, all on 2026-01-01. Throws where the command fails. */
export async function enrolSubjects(
  workspace: Workspace,
  rows: readonly string[],
  study = 'msc-aa',
): Promise<void> {
  const lines = rows.map((row) => `${row},2026-01-01,2026-01-01`);
  const text = ['subject,site,patient,enrolledOn,consentedOn', ...lines, ''].join('\n');
  const file = workspace.writeFile('enrolment.csv', text);
  const { code, err } = await runCommand(workspace, ['enroll', file, '--study', study]);
  if (code !== 0) throw new Error(`enroll ended with ${code}: ${err}`);
}

interface CollectedOutput {
  out: string;
  err: string;
}

function collectOutput(child: ChildProcess): CollectedOutput {
  const printed: CollectedOutput = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    printed.out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    printed.err += chunk.toString();
  });
  return printed;
}

/** How a service ended. */
export interface ServiceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A real `serve` process. */
export interface ServiceProcess {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Of the process that serves; under a wrapper such as strace that of the wrapper. */
  readonly pid: number;
  /** Settles when the process ends, however it ends. */
  readonly exited: Promise<ServiceExit>;
  readonly hasExited: () => boolean;
  /** What it has printed on standard error so far: the log. */
  readLog(): string;
  /** Sends a signal to the process. */
  signal(name: NodeJS.Signals): void;
  /** Sends SIGTERM; returns how the process ended, and after how many milliseconds. */
  stop(): Promise<ServiceExit & { readonly ms: number }>;
  /** Sends SIGKILL, which leaves it no time to finish anything. */
  kill(): Promise<ServiceExit>;
}

/** Starts `serve` on a free port, and waits until it prints its address. Throws where it ends before. */
export async function startServiceProcess(
  workspace: Workspace,
  { args = [], ...options }: ProcessOptions = {},
): Promise<ServiceProcess> {
  const child = spawnAdapter(workspace, ['serve', '--port', '0', '--json'], { args, ...options });
  const printed = collectOutput(child);
  let exit: ServiceExit | null = null;
  const exited = new Promise<ServiceExit>((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      resolve(exit);
    });
  });
  const origin = await waitForOrigin(child, printed, exited);
  const { pid } = child;
  if (pid === undefined) throw new Error('The service has no process id.');
  return {
    origin,
    pid,
    exited,
    hasExited: () => exit !== null,
    readLog: () => printed.err,
    signal: (name) => void child.kill(name),
    async stop() {
      const begun = performance.now();
      child.kill('SIGTERM');
      return { ...(await exited), ms: performance.now() - begun };
    },
    async kill() {
      child.kill('SIGKILL');
      return exited;
    },
  };
}

/** Waits for the line of JSON in which the service prints its address. */
async function waitForOrigin(
  child: ChildProcess,
  printed: CollectedOutput,
  exited: Promise<ServiceExit>,
): Promise<string> {
  const line = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    const check = () => {
      const found = printed.out
        .split('\n')
        .slice(0, -1)
        .find((text) => text.startsWith('{"url"'));
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on('data', check);
    void exited.then(({ code }) =>
      reject(new Error(`The service ended with ${code}: ${printed.out}${printed.err}`)),
    );
    check();
  });
  return new URL((JSON.parse(line) as { readonly url: string }).url).origin;
}
