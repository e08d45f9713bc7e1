import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCli } from '../../src/cli/run.ts';
import { loadConfig } from '../../src/config.ts';
import { checkLibrary } from '../../src/service/check-library.ts';
import { listCriteriaSets } from '../../src/service/criteria-sets.ts';
import { openService } from '../../src/service.ts';

/** A folder of its own for one test file: the store and whatever files the test writes. */
export interface TestFolder {
  readonly path: string;
  /** Writes a file and returns its path. */
  writeFile(name: string, text: string): string;
  remove(): void;
}

export function createTestFolder(): TestFolder {
  const dir = mkdtempSync(join(tmpdir(), 'trial-adapter-'));
  return {
    path: dir,
    writeFile(name, text) {
      const path = join(dir, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What `run` may be told beyond the arguments. */
export interface CliSurroundings {
  readonly stdin?: string;
  readonly isTerminal?: boolean;
  readonly env?: Record<string, string>;
  /** Gets what SIGHUP would call. */
  readonly onReload?: (reload: () => void) => void;
  /** Called while `serve` runs; `serve` stops when it is done. */
  readonly whileServing?: (out: string) => Promise<void>;
}

async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Runs one command as main.ts does, with the real service, on the place's own store. */
export async function runInFolder(
  at: TestFolder,
  args: readonly string[],
  around: CliSurroundings = {},
): Promise<CliResult> {
  let out = '';
  let err = '';
  const env = { TRIAL_ADAPTER_DATA: join(at.path, 'data'), TRIAL_ADAPTER_LOG_LEVEL: 'silent', ...around.env };
  const code = await runCli(args, {
    io: {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      errIsTerminal: around.isTerminal ?? false,
      stdin: (async function* () {
        yield Buffer.from(around.stdin ?? '');
      })(),
      onReload: (reload) => around.onReload?.(reload),
      waitUntilStopped: async () => {
        await waitUntil(() => out.includes('Listening'));
        await around.whileServing?.(out);
      },
    },
    loadConfig: (options) => loadConfig(options, env, at.path),
    openService: openService,
    checkLibrary: checkLibrary,
    listCriteriaSets: listCriteriaSets,
  });
  return { code, out, err };
}
