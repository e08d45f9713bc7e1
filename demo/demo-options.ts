import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const DEFAULT_OUT = 'out/demo';

export const DEMO_HELP = `Usage: npm run demo -- [options]

Seven hospitals send a study of 74 subjects to the adapter over HTTP, each in its own FHIR dialect. The adapter
assesses the subjects, writes the assessments back to seven stand-in EHRs, and exports the study in every format.
Then the laboratory corrects one platelet count.
The demonstration needs no network. Exit code: 0 if every figure matches the publication, 1 if one differs,
2 for a usage error.

Options:
  --out DIR    folder for configuration, enrolment file, log, summary.json and exports/ (default: ${DEFAULT_OUT})
  --data DIR   folder for the store, empty or new (default: data in the --out folder, emptied first)
  --seed N     seed of the cohort; every seed has the same figures (default: 2017)
  --help       show this text
`;

export interface DemoOptions {
  readonly out: string;
  readonly data: string;
  readonly seed: number;
}

/** Parses the command line; `usage` is the message for a command line that is wrong. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | { readonly usage: string } | 'help' {
  try {
    const options = { out: { type: 'string' }, data: { type: 'string' }, seed: { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options: { ...options, help: { type: 'boolean' } } });
    if (values.help) return 'help';
    const out = resolve(values.out ?? DEFAULT_OUT);
    const seed = Number(values.seed ?? 2017);
    if (!Number.isSafeInteger(seed)) return { usage: '--seed must be a whole number' };
    return { out, data: resolve(values.data ?? join(out, 'data')), seed };
  } catch (error) {
    return { usage: error instanceof Error ? error.message : 'unknown option' };
  }
}

/**
 * Creates the folders and removes the output of an earlier run. Returns a message where the store folder is not empty;
 * only the default one, which belongs to the demonstration, is emptied.
 */
export function prepareFolders({ out, data }: DemoOptions): string | null {
  // What is written looks like patient data: it is treated as such.
  process.umask(0o077);
  mkdirSync(out, { recursive: true });
  if (data === join(out, 'data')) rmSync(data, { recursive: true, force: true });
  if (existsSync(data) && readdirSync(data).length > 0)
    return `--data: ${data} is not empty. Choose a new folder.`;
  mkdirSync(data, { recursive: true });
  rmSync(join(out, 'service.log'), { force: true });
  for (const folder of ['exports', 'exports-after-correction'])
    rmSync(join(out, folder), { recursive: true, force: true });
  return null;
}
