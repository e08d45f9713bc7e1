import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';

const MAIN_SCRIPT = join(import.meta.dirname, '../../src/main.js');

export interface CommandResult {
  readonly exit: number | null;
  readonly out: string;
  readonly stderr: string;
}

/** The installed adapter, with a site of its own for each case: nothing that one case sends can reach another. */
export interface FieldInstallation {
  readonly folder: string;
  run(...args: readonly string[]): CommandResult;
  /** Runs a command that must succeed, and parses what it prints. */
  runJson<T>(...args: readonly string[]): T;
  /** Starts the service; the caller stops it. */
  serve(): Promise<FieldService>;
  /** Exports the tables of the study, and returns the rows of the tables by name. */
  exportTables(): (table: string) => readonly Record<string, string>[];
}

export interface FieldService {
  post(site: string, path: string, body: string, contentType: string): Promise<Response>;
  stop(): Promise<void>;
}

const getToken = (site: string): string => `token-of-${site}`;

/** Prepares the folder: configuration with a client for each site, and the enrolments. */
export function createFieldInstallation(
  folder: string,
  sites: readonly string[],
  enrolments: readonly string[],
): FieldInstallation {
  const config = join(folder, 'config.json');
  const clients = sites.map((site) => {
    const tokenSha256 = createHash('sha256').update(getToken(site)).digest('hex');
    return [site, { clients: [{ client: `${site}-laboratory`, tokenSha256, mayEnrol: sites.length === 1 }] }];
  });
  const settings = { dataDir: join(folder, 'data'), logLevel: 'error', sites: Object.fromEntries(clients) };
  writeFileSync(config, JSON.stringify(settings));
  const env = { ...process.env, TRIAL_ADAPTER_CONFIG: config };
  const run: FieldInstallation['run'] = (...args) => {
    const options = { encoding: 'utf8', env, cwd: folder, maxBuffer: 1 << 26 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN_SCRIPT, ...args], options);
    return { exit: status, out: stdout, stderr };
  };
  const require = (...args: readonly string[]): string => {
    const done = run(...args);
    if (done.exit !== 0) throw new Error(`${args.join(' ')}: ${done.stderr}`);
    return done.out;
  };
  const csv = join(folder, 'enrolment.csv');
  writeFileSync(csv, ['subject,site,patient,enrolledOn,consentedOn', ...enrolments].join('\n'));
  require('enroll', csv, '--study', 'msc-aa');
  return {
    folder,
    run,
    runJson: (...args) => JSON.parse(require(...args, '--json')),
    serve: () => startFieldService(env, folder),
    exportTables() {
      const out = join(folder, 'export');
      require('export', 'csv', '--study', 'msc-aa', '--out', out, '--no-trace');
      return (table) => parse(readFileSync(join(out, `${table}.csv`)), { columns: true });
    },
  };
}

async function startFieldService(env: NodeJS.ProcessEnv, cwd: string): Promise<FieldService> {
  const args = [MAIN_SCRIPT, 'serve', '--port', '0', '--json'];
  const child = spawn(process.execPath, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const base = await waitForAddress(child);
  return {
    post: (site, path, body, contentType) =>
      fetch(`${base}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${getToken(site)}`, 'content-type': contentType },
        body,
      }),
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Waits for the line of JSON that the service prints when it listens. */
function waitForAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      const end = printed.indexOf('\n');
      if (end >= 0) resolve((JSON.parse(printed.slice(0, end)) as { url: string }).url);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
    });
    child.once('exit', (code) => reject(new Error(`The service ended with ${code}: ${printed}`)));
  });
}
