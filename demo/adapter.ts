import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');

/** The adapter as a stranger uses it: by its command line, with one configuration. */
export interface Adapter {
  /** Runs a command and gives what it printed. Throws with its message where it fails. */
  run(...args: readonly string[]): Promise<string>;
  /** Starts the service on a free port; gives its FHIR base. */
  serve(): Promise<Running>;
}

export interface Running {
  readonly base: string;
  stop(): Promise<void>;
}

export function adapterWith(configFile: string, dataDir: string, logFile: string): Adapter {
  const options = ['--config', configFile, '--data', dataDir];
  return {
    run: (...args) => output(start([...args, ...options])),
    serve: () => serve(start(['serve', ...options, '--port', '0']), logFile),
  };
}

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TRIAL_ADAPTER_LOG_LEVEL: 'warn' },
  });
}

async function output(child: ChildProcess): Promise<string> {
  const [printed, complaints] = [collect(child.stdout), collect(child.stderr)];
  const code = await ended(child);
  if (code === 0) return printed();
  throw new Error(`${child.spawnargs.slice(3).join(' ')} ended with ${code}: ${complaints()}`);
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}

async function serve(child: ChildProcess, logFile: string): Promise<Running> {
  const end = ended(child);
  const log = createWriteStream(logFile, { flags: 'a' });
  const complaints = collect(child.stderr);
  child.stdout?.on('data', (chunk: Buffer) => log.write(chunk));
  child.stderr?.on('data', (chunk: Buffer) => log.write(chunk));
  const stopAtExit = () => void child.kill();
  process.once('exit', stopAtExit);
  const base = await Promise.race([
    listening(child),
    end.then((code) => Promise.reject(new Error(`The service ended with ${code}: ${complaints()}`))),
  ]);
  return {
    base,
    async stop() {
      child.kill('SIGTERM');
      await end;
      process.off('exit', stopAtExit);
      await new Promise((resolve) => log.end(resolve));
    },
  };
}

/** The first line that the service prints says where it listens. */
function listening(child: ChildProcess): Promise<string> {
  let printed = '';
  return new Promise((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      const url = /Listening on (\S+)/.exec(printed)?.[1];
      if (url) resolve(url);
    });
  });
}
