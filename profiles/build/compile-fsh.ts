import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { DefinitionResource } from './definition-resource.ts';

const require = createRequire(import.meta.url);

interface CompileFshOptions {
  /** The folder with sushi-config.yaml and fsh/. */
  readonly source: string;
  /** A folder that may be emptied. */
  readonly workFolder: string;
  /** The folder that sushi takes for the user's home: its package cache is below. */
  readonly home: string;
  readonly version: string;
  /** Resources that FSH refers to and that are not written in FSH. */
  readonly extraResources: readonly DefinitionResource[];
}

/** Compiles the FSH with snapshots; throws with sushi's words where it has an error. Touches no network and no home. */
export function compileFsh({
  source,
  workFolder: work,
  home,
  version,
  extraResources: beside,
}: CompileFshOptions): readonly DefinitionResource[] {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'input', 'vocabulary'), { recursive: true });
  cpSync(join(source, 'sushi-config.yaml'), join(work, 'sushi-config.yaml'));
  cpSync(join(source, 'fsh'), join(work, 'input', 'fsh'), { recursive: true });
  for (const resource of beside) {
    const file = `${resource.resourceType}-${resource.id}.json`;
    writeFileSync(join(work, 'input', 'vocabulary', file), JSON.stringify(resource));
  }
  const done = spawnSync(
    process.execPath,
    [require.resolve('fsh-sushi/dist/app.js'), 'build', work, '--snapshot', '--config', `version:${version}`],
    { encoding: 'utf8', maxBuffer: 1 << 26, env: buildOfflineEnv(home) },
  );
  if (done.status !== 0) throw new Error(`sushi failed:\n${extractErrors(done.stdout) || done.stderr}`);
  const folder = join(work, 'fsh-generated', 'resources');
  return readdirSync(folder).map(
    (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as DefinitionResource,
  );
}

/** Whom sushi would ask for newer versions and for packages that we do not use, it finds not at home. */
function buildOfflineEnv(home: string): NodeJS.ProcessEnv {
  const nowhere = 'http://127.0.0.1:9';
  return {
    PATH: process.env.PATH,
    HOME: home,
    USERPROFILE: home,
    FPL_REGISTRY: nowhere,
    HTTPS_PROXY: nowhere,
    HTTP_PROXY: nowhere,
    npm_config_registry: nowhere,
    npm_config_fetch_retries: '0',
  };
}

/** Errors, and warnings but those of packages that were not looked for. */
export function extractErrors(log: string): string {
  const blocks = log.split(/\n(?=(?:error|warn|info)\b)/);
  return blocks.filter((block) => /^error\b/.test(block)).join('\n');
}
