import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

const MAIN_SCRIPT = join(import.meta.dirname, '..', 'src', 'main.js');

/** The adapter as any user runs it: by its command line, with one configuration file. */
export interface AdapterCli {
  /** Runs a command and returns its output. Throws with the command's message where it fails. */
  runCommand(...args: readonly string[]): Promise<string>;
  /** Starts the service on a free port. */
  startService(): Promise<RunningService>;
}

export interface RunningService {
  readonly baseUrl: string;
  /** Throws, with what the service said last, where it has ended by itself. */
  requireRunning(): void;
  stop(): Promise<void>;
}

export function createAdapterCli(configFile: string, dataDir: string, logFile: string): AdapterCli {
  const options = ['--config', configFile, '--data', dataDir];
  return {
    runCommand: (...args) => readOutput(startProcess([...args, ...options])),
    startService: () => waitForService(startProcess(['serve', ...options, '--port', '0', '--json']), logFile),
  };
}

function startProcess(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN_SCRIPT, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TRIAL_ADAPTER_LOG_LEVEL: 'warn' },
  });
}

async function readOutput(child: ChildProcess): Promise<string> {
  const [readStdout, readStderr] = [collectStream(child.stdout), collectStream(child.stderr)];
  const code = await waitForExit(child);
  if (code === 0) return readStdout();
  throw new Error(`${child.spawnargs.slice(3).join(' ')} exited with code ${code}: ${readStderr()}`);
}

function collectStream(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

function waitForExit(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}

async function waitForService(child: ChildProcess, logFile: string): Promise<RunningService> {
  const exited = waitForExit(child);
  const log = createWriteStream(logFile, { flags: 'a' });
  const readStderr = collectStream(child.stderr);
  child.stdout?.on('data', (chunk: Buffer) => log.write(chunk));
  child.stderr?.on('data', (chunk: Buffer) => log.write(chunk));
  const stopAtExit = () => void child.kill();
  process.once('exit', stopAtExit);
  const baseUrl = await Promise.race([
    waitForBaseUrl(child),
    exited.then((code) => Promise.reject(new Error(`The service exited with code ${code}: ${readStderr()}`))),
  ]);
  return {
    baseUrl,
    requireRunning() {
      const { exitCode, signalCode } = child;
      if (exitCode === null && signalCode === null) return;
      throw new Error(`The service ended with ${signalCode ?? `code ${exitCode}`}: ${readStderr()}`);
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      process.off('exit', stopAtExit);
      await new Promise((resolve) => log.end(resolve));
    },
  };
}

/** Waits for the first line that the service prints: the address on which it listens. */
function waitForBaseUrl(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      const end = output.indexOf('\n');
      if (end >= 0) resolve((JSON.parse(output.slice(0, end)) as { url: string }).url);
    });
  });
}
