import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const DEFAULT_OUT = 'out/demo';

export const DEMO_HELP = `Usage: npm run demo -- [options]

Seven hospitals send a study of 74 subjects, each in its own dialect, over HTTP to the adapter; it judges the
subjects, writes the assessments back into seven stand-in EHRs, and exports the study in every format. Then one
platelet count is corrected.
Needs no network. Exit code 0 where every figure is that of the publication, 1 where one differs, 2 usage.

Options:
  --out DIR    where config, enrolment file, log, summary.json and exports/ go (default: ${DEFAULT_OUT})
  --data DIR   folder of the store, empty or new (default: data in the --out folder, emptied first)
  --seed N     another cohort with the same figures (default: 2017)
  --help
`;

export interface DemoOptions {
  readonly out: string;
  readonly data: string;
  readonly seed: number;
}

/** Reads the command line; a string is what to tell the user instead of running. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | { readonly usage: string } | 'help' {
  try {
    const options = { out: { type: 'string' }, data: { type: 'string' }, seed: { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options: { ...options, help: { type: 'boolean' } } });
    if (values.help) return 'help';
    const out = resolve(values.out ?? DEFAULT_OUT);
    const seed = Number(values.seed ?? 2017);
    if (!Number.isSafeInteger(seed)) return { usage: '--seed: give a whole number' };
    return { out, data: resolve(values.data ?? join(out, 'data')), seed };
  } catch (error) {
    return { usage: error instanceof Error ? error.message : 'unknown option' };
  }
}

/** Makes the folders. A store that the demonstration did not make is never emptied: then this says what to do. */
export function prepareFolders({ out, data }: DemoOptions): string | null {
  mkdirSync(out, { recursive: true });
  if (data === join(out, 'data')) rmSync(data, { recursive: true, force: true });
  if (existsSync(data) && readdirSync(data).length > 0)
    return `--data: ${data} is not empty, name a new folder`;
  mkdirSync(data, { recursive: true });
  rmSync(join(out, 'service.log'), { force: true });
  for (const folder of ['exports', 'exports-after-correction'])
    rmSync(join(out, folder), { recursive: true, force: true });
  return null;
}
