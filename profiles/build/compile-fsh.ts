import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { DefinitionResource } from './definition-resource.ts';

const require = createRequire(import.meta.url);

interface CompileFshOptions {
  /** The folder with sushi-config.yaml and fsh/. */
  readonly source: string;
  /** A folder for the build, which is emptied first. */
  readonly workFolder: string;
  /** Sushi's home folder, which has its package cache. */
  readonly home: string;
  readonly version: string;
  /** Resources that the FSH refers to and that are not written in FSH. */
  readonly extraResources: readonly DefinitionResource[];
}

/** Compiles the FSH with snapshots. Throws with sushi's messages for an error. Uses no network and no home folder. */
export function compileFsh({
  source,
  workFolder,
  home,
  version,
  extraResources,
}: CompileFshOptions): readonly DefinitionResource[] {
  rmSync(workFolder, { recursive: true, force: true });
  mkdirSync(join(workFolder, 'input', 'vocabulary'), { recursive: true });
  cpSync(join(source, 'sushi-config.yaml'), join(workFolder, 'sushi-config.yaml'));
  cpSync(join(source, 'fsh'), join(workFolder, 'input', 'fsh'), { recursive: true });
  for (const resource of extraResources) {
    const file = `${resource.resourceType}-${resource.id}.json`;
    writeFileSync(join(workFolder, 'input', 'vocabulary', file), JSON.stringify(resource));
  }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      require.resolve('fsh-sushi/dist/app.js'),
      'build',
      workFolder,
      '--snapshot',
      '--config',
      `version:${version}`,
    ],
    { encoding: 'utf8', maxBuffer: 1 << 26, env: buildOfflineEnv(home) },
  );
  if (status !== 0) throw new Error(`sushi failed:\n${extractErrors(stdout) || stderr}`);
  const folder = join(workFolder, 'fsh-generated', 'resources');
  return readdirSync(folder).map(
    (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as DefinitionResource,
  );
}

/** Builds the environment in which sushi's requests for newer versions and unused packages fail at once. */
function buildOfflineEnv(home: string): NodeJS.ProcessEnv {
  const closedPort = 'http://127.0.0.1:9';
  return {
    PATH: process.env.PATH,
    HOME: home,
    USERPROFILE: home,
    FPL_REGISTRY: closedPort,
    HTTPS_PROXY: closedPort,
    HTTP_PROXY: closedPort,
    npm_config_registry: closedPort,
    npm_config_fetch_retries: '0',
  };
}

/** Extracts the errors from sushi's log, without its warnings. */
function extractErrors(log: string): string {
  const blocks = log.split(/\n(?=(?:error|warn|info)\b)/);
  return blocks.filter((block) => /^error\b/.test(block)).join('\n');
}
