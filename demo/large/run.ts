import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { createLargeSubject } from './facts.ts';

const LARGE_HELP = `Usage: node demo/large/run.ts [--subjects N] [--data DIR] [FORMAT…]

Fills a store with a large invented study (about 40 facts per subject, by default 100000 subjects) unless the folder
has one. Then runs the report and every export format by the command line, and prints time, peak memory and size.
Linux only: the peak is VmHWM in /proc. Not part of the tests: it takes an hour or two.
`;

const MAIN_SCRIPT = join(import.meta.dirname, '../../src/main.js');
const BATCH_SIZE = 500;
const SAMPLING_MS = 200;

async function fillStore(data: string, subjects: number): Promise<void> {
  const store = openSqliteStore(join(data, 'store.db'));
  for (let first = 1; first <= subjects; first += BATCH_SIZE) {
    const numbers = Array.from({ length: Math.min(BATCH_SIZE, subjects - first + 1) }, (_, i) => first + i);
    await store.transaction(async (tx) => {
      for (const { subject, facts } of numbers.map(createLargeSubject)) {
        await tx.subjects.put(subject);
        for (const fact of facts) {
          const { site, resourceType, id } = fact.sources[0];
          await tx.facts.replaceForResource({ site, resourceType, id }, subject.study, subject.subject, [
            fact,
          ]);
        }
      }
    });
  }
  await store.close();
}

/** Reads the process's peak memory so far, in MB; null once it has ended. */
function readPeakMemory({ pid }: ChildProcess): number | null {
  try {
    const [, kb] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kb === undefined ? null : Math.round(Number(kb) / 1024);
  } catch {
    return null;
  }
}

async function measureCommand(
  args: readonly string[],
): Promise<{ seconds: string; peak: number; code: number | null }> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [MAIN_SCRIPT, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, readPeakMemory(child) ?? 0);
  }, SAMPLING_MS);
  const code = await new Promise<number | null>((resolveExit) => child.once('close', resolveExit));
  clearInterval(timer);
  return { seconds: ((performance.now() - startedAt) / 1000).toFixed(1), peak, code };
}

function sumFileSizes(folder: string): number {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}

function printMeasurement(
  name: string,
  { seconds, peak, code }: Awaited<ReturnType<typeof measureCommand>>,
  bytes: number,
): void {
  const size = `${(bytes / 1e6).toFixed(1).padStart(8)} MB`;
  const failure = code === 0 ? '' : `  exited with code ${code}`;
  console.log(
    `${name.padEnd(16)} ${seconds.padStart(8)} s  ${String(peak).padStart(5)} MB peak ${size}${failure}`,
  );
}

async function listFormats(data: string): Promise<readonly string[]> {
  const child = spawn(process.execPath, [MAIN_SCRIPT, 'export', '--json', '--data', data]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  await new Promise((resolveExit) => child.once('close', resolveExit));
  return (JSON.parse(output) as { id: string }[]).map(({ id }) => id);
}

const optionSpecs = {
  subjects: { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean' },
} as const;
const { values, positionals } = parseArgs({ options: optionSpecs, allowPositionals: true });
if (values.help) console.log(LARGE_HELP);
else {
  const subjects = Number(values.subjects ?? 100_000);
  const data = resolve(values.data ?? `out/large-${subjects}`);
  if (!existsSync(join(data, 'store.db'))) {
    const startedAt = performance.now();
    await fillStore(data, subjects);
    console.log(`${subjects} subjects in ${data}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }
  const commands = positionals.length > 0 ? positionals : ['report', ...(await listFormats(data))];
  for (const name of commands) {
    const out = join(data, 'export');
    const options = ['--study', 'msc-aa', '--data', data, '--json'];
    const args =
      name === 'report' ? ['report', ...options] : ['export', name, ...options, '--draft', '--out', out];
    const measured = await measureCommand(args);
    printMeasurement(name, measured, sumFileSizes(out));
    rmSync(out, { recursive: true, force: true });
  }
}
