import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCli } from '../../src/cli/run.ts';
import { loadConfig } from '../../src/config.ts';
import { criteriaSets } from '../../src/service/criteria-sets.ts';
import { checkLibrary, openService } from '../../src/service.ts';

/** A folder of its own for one test file: the store and whatever files the test writes. */
export interface Place {
  readonly dir: string;
  /** Writes a file and returns its path. */
  file(name: string, text: string): string;
  remove(): void;
}

export function place(): Place {
  const dir = mkdtempSync(join(tmpdir(), 'trial-adapter-'));
  return {
    dir,
    file(name, text) {
      const path = join(dir, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What `run` may be told beyond the arguments. */
export interface Around {
  readonly stdin?: string;
  readonly terminal?: boolean;
  readonly env?: Record<string, string>;
  /** Gets what SIGHUP would call. */
  readonly onReload?: (reload: () => void) => void;
  /** Called while `serve` runs; `serve` stops when it is done. */
  readonly whileServing?: (out: string) => Promise<void>;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Runs one command as main.ts does, with the real service, on the place's own store. */
export async function run(at: Place, args: readonly string[], around: Around = {}): Promise<Run> {
  let out = '';
  let err = '';
  const env = { TRIAL_ADAPTER_DATA: join(at.dir, 'data'), TRIAL_ADAPTER_LOG_LEVEL: 'silent', ...around.env };
  const code = await runCli(args, {
    io: {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      errIsTerminal: around.terminal ?? false,
      stdin: (async function* () {
        yield Buffer.from(around.stdin ?? '');
      })(),
      onReload: (reload) => around.onReload?.(reload),
      untilStopped: async () => {
        await until(() => out.includes('Listening'));
        await around.whileServing?.(out);
      },
    },
    load: (options) => loadConfig(options, env, at.dir),
    open: openService,
    check: checkLibrary,
    criteria: criteriaSets,
  });
  return { code, out, err };
}
