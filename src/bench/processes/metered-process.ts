import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** What a process has used since it began. */
export interface ProcessUsage {
  /** User and system time of all its threads, in microseconds. */
  readonly cpuMicros: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
}

/** A process that has ended. */
interface FinishedProcess extends ProcessUsage {
  readonly wallMs: number;
  /** What it printed on standard output. */
  readonly out: string;
}

/** A server that runs in a process of its own. */
export interface MeteredServer {
  /** Scheme, host and port. */
  readonly origin: string;
  readUsage(): Promise<ProcessUsage>;
  stop(): Promise<void>;
}

const METER = pathToFileURL(join(import.meta.dirname, 'meter.mjs')).href;
const PACKAGE_ROOT = join(import.meta.dirname, '../../..');
const POLL_MS = 2;
const SETTLED_MS = 250;
/** CPU of an idle service in that time: it looks for work a few times a second. */
const SETTLED_MICROS = 25_000;

/** The script that `npx trial-adapter` runs, as package.json names it. */
function readMainScript(): string {
  const { bin } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>;
  };
  return join(PACKAGE_ROOT, bin['trial-adapter'] ?? '');
}

/** The floors are scripts next to this file. */
export const BARE_EXPRESS = join(import.meta.dirname, 'bare-express.mjs');
export const PARSE_LINES = join(import.meta.dirname, 'parse-lines.mjs');
export const ADAPTER = readMainScript();

let startedProcesses = 0;

interface StartedProcess {
  readonly child: ChildProcess;
  readonly started: number;
  readonly outFile: string;
  readonly errFile: string;
  readonly reportFile: string;
}

/**
 * Starts a script with the meter. Its output goes to files: a pipe would let this process take part in its work. It has no
 * environment, so that nobody's settings change what is measured.
 */
function startProcess(folder: string, script: string, args: readonly string[]): StartedProcess {
  startedProcesses += 1;
  const path = join(folder, `process-${startedProcesses}`);
  const [outFile, errFile, reportFile] = [`${path}.out`, `${path}.err`, `${path}.usage`];
  const [out, err] = [openSync(outFile, 'w'), openSync(errFile, 'w')];
  const meter = `${METER}?report=${encodeURIComponent(pathToFileURL(reportFile).href)}`;
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', meter, script, ...args], {
    cwd: folder,
    env: {},
    stdio: ['ignore', out, err, 'ipc'],
  });
  closeSync(out);
  closeSync(err);
  return { child, started, outFile, errFile, reportFile };
}

function refuseEnd({ errFile, outFile }: StartedProcess, code: number | null): never {
  const said = `${readFileSync(errFile, 'utf8')}${readFileSync(outFile, 'utf8')}`.slice(-2_000);
  throw new Error(`A measured process ended with ${code}: ${said}`);
}

/** Runs a script to its end. Throws where it does not end with exit code 0. */
export async function runMetered(
  folder: string,
  script: string,
  args: readonly string[],
): Promise<FinishedProcess> {
  const process = startProcess(folder, script, args);
  const [code] = (await once(process.child, 'exit')) as [number | null];
  const wallMs = performance.now() - process.started;
  if (code !== 0) refuseEnd(process, code);
  const usage = JSON.parse(readFileSync(process.reportFile, 'utf8')) as ProcessUsage;
  return { ...usage, wallMs, out: readFileSync(process.outFile, 'utf8') };
}

async function readUsage(process: StartedProcess): Promise<ProcessUsage> {
  const { child } = process;
  const answered = new AbortController();
  const { signal } = answered;
  child.send('usage');
  try {
    const [usage] = await Promise.race([
      once(child, 'message', { signal }) as Promise<[ProcessUsage]>,
      once(child, 'exit', { signal }).then(([code]) => refuseEnd(process, code)),
    ]);
    return usage;
  } finally {
    answered.abort();
  }
}

/** Waits for the line in which a server prints its address; returns its origin. */
async function waitForAddress(process: StartedProcess): Promise<string> {
  for (;;) {
    if (process.child.exitCode !== null) refuseEnd(process, process.child.exitCode);
    const line = readFileSync(process.outFile, 'utf8')
      .split('\n')
      .slice(0, -1)
      .find((text) => text.startsWith('{"url"'));
    if (line !== undefined) return new URL((JSON.parse(line) as { readonly url: string }).url).origin;
    await setTimeout(POLL_MS);
  }
}

/** A server, with the cost of its start. */
interface StartedServer extends MeteredServer {
  /** From the start of the process to its first answer. */
  readonly start: { readonly wallMs: number; readonly cpuMicros: number };
}

/** Starts a server, and waits until it answers `GET /ready` with 200. */
export async function startMeteredServer(
  folder: string,
  script: string,
  args: readonly string[],
): Promise<StartedServer> {
  const process = startProcess(folder, script, args);
  const { child } = process;
  try {
    const origin = await waitForAddress(process);
    const answer = await fetch(`${origin}/ready`, { headers: { connection: 'close' } });
    const wallMs = performance.now() - process.started;
    if (!answer.ok) throw new Error(`A measured server is not ready: ${await answer.text()}`);
    const { cpuMicros } = await readUsage(process);
    return {
      origin,
      start: { wallMs, cpuMicros },
      readUsage: () => readUsage(process),
      stop: () => stopProcess(child),
    };
  } catch (cause) {
    await stopProcess(child);
    throw cause;
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Waits until a server has finished what it does in the background, so that it does not count as work of what follows. */
export async function waitUntilSettled(server: MeteredServer): Promise<void> {
  let before = (await server.readUsage()).cpuMicros;
  for (;;) {
    await setTimeout(SETTLED_MS);
    const { cpuMicros } = await server.readUsage();
    if (cpuMicros - before < SETTLED_MICROS) return;
    before = cpuMicros;
  }
}
