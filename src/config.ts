import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  buildClientConfig,
  type ClientConfig,
  refuseSharedCredentials,
  refuseUnclearNumbers,
} from './config/client-config.ts';
import { isProtectedUrl } from './config/client-settings.ts';
import {
  configFileSchema,
  type EhrSettings,
  type FileSettings,
  type SiteSettings,
} from './config/config-file-schema.ts';
import { buildPeopleConfig, type PeopleConfig } from './config/people-config.ts';
import { refusePasswordInOption, refuseWeakSecret } from './config/refuse-weak-secret.ts';
import { readSecretFile, readTextFile } from './config/secret-file.ts';
import { buildServerConfig, type ServerConfig } from './config/server-config.ts';
import { Failure } from './errors.ts';

/** The settings for writing to a site's EHR. */
export interface EhrConfig {
  /** FHIR base URL. */
  readonly base: string;
  /** null: the EHR requires no token. */
  readonly bearerToken: string | null;
  /** The file of the token, from which a renewed token is read again; null where the token is in the configuration. */
  readonly bearerTokenFile: string | null;
  /** Internal networks that the EHR's host name may resolve to, in addition to public addresses. */
  readonly networks: readonly string[];
  /** Allows unencrypted http to a machine other than this one. */
  readonly plainHttp: boolean;
  /** Whether the EHR creates and updates by identifier (R4 conditional update). */
  readonly conditionalUpdate: boolean;
  /** Whether outbox entries stay pending instead of being sent. */
  readonly pauseWrites: boolean;
}

/** The settings of a site. */
interface SiteConfig {
  /** IANA time zone; null: the one in the study's site.json. */
  readonly timeZone: string | null;
  readonly clients: readonly ClientConfig[];
  /** The subject numbers of the site, each a number or its beginning with `*`; null: any that no other site uses. */
  readonly subjectNumbers: readonly string[] | null;
  readonly ehr: EhrConfig | null;
  /** Whether ids over 64 characters are taken (`longIds`). */
  readonly takesLongIds: boolean;
}

/** The PostgreSQL database of several instances. The URLs may hold passwords. */
export interface DatabaseConfig {
  readonly url: string;
  /** The URL of the role that owns the schema; null: that of `url`. */
  readonly ownerUrl: string | null;
  /** The URL of a replica for a command that only reads; null: `url`. */
  readonly replicaUrl: string | null;
  /**
   * How long an instance waits, after another has ended while it was sending to an EHR, before it sends to the same one; in
   * milliseconds. A request to an EHR may take half of it.
   */
  readonly takeoverMs: number;
}

/** All settings from options, environment and file, validated and frozen. */
export interface Config extends PeopleConfig {
  /** The configuration file; null where none was read. */
  readonly file: string | null;
  /** The places of secrets that are in the file itself. */
  readonly secretsInFile: readonly string[];
  readonly dataDir: string;
  /** The folder of the keys; by default `keys` in `dataDir`. */
  readonly keysDir: string;
  /** The folder of the copy of the audit trail's signed heads: better one on another disk. By default `dataDir`. */
  readonly auditHeadsDir: string;
  /** null: the store is a file in `dataDir`. */
  readonly database: DatabaseConfig | null;
  readonly host: string;
  readonly port: number;
  /** Whether --dev is on: one token is accepted, on loopback only. */
  readonly dev: boolean;
  /** The token of --dev, from the environment or generated; null without --dev. */
  readonly devToken: string | null;
  /** Whether the token was generated, so that it must be printed. */
  readonly devTokenIsNew: boolean;
  readonly mappingsDir: string;
  readonly studiesDir: string;
  readonly logLevel: FileSettings['logLevel'];
  readonly limits: FileSettings['limits'];
  readonly server: ServerConfig;
  /** Issuers of access tokens, and proxies that state client certificates. */
  readonly access: FileSettings['access'];
  readonly sites: Readonly<Record<string, SiteConfig>>;
  /** The studies that have ended, with the years for which their data are kept. */
  readonly studies: FileSettings['studies'];
}

/** Settings of the command line. They override the environment, which overrides the file. */
export interface ConfigOptions {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly database?: string | undefined;
  readonly replica?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | number | undefined;
  readonly dev?: boolean | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_CONFIG_FILE = 'trial-adapter.json';
const BUNDLED_MAPPINGS = resolve(import.meta.dirname, '../mappings');

/**
 * Reads options, environment and file into one frozen configuration. Paths in the file are relative to its folder, other
 * paths to `cwd`. Throws `config/invalid`, naming the file, the place in it and the fix.
 */
export function loadConfig(
  options: ConfigOptions = {},
  env: Environment = process.env,
  cwd: string = process.cwd(),
): Config {
  const file = findConfigFile(options.config ?? env.TRIAL_ADAPTER_CONFIG, cwd);
  const fileFolder = file === null ? cwd : dirname(file);
  const fileSettings = file === null ? {} : readJsonObject(file);
  const overrides = readOverrides(options, env);
  const settings = parseSettings(fileSettings, overrides, file);
  const dev = options.dev ?? false;
  if (dev) requireLoopback(settings.host);
  const mappingsDir = resolveMappings(env.TRIAL_ADAPTER_MAPPINGS ?? settings.mappingsDir, fileFolder);
  const namedDataDir = options.data ?? env.TRIAL_ADAPTER_DATA;
  const dataDir =
    namedDataDir === undefined ? resolve(fileFolder, settings.dataDir) : resolve(cwd, namedDataDir);
  const sites = Object.fromEntries(
    Object.entries(settings.sites).map(([id, site]) => [id, buildSiteConfig(id, site, file, fileFolder)]),
  );
  refuseSharedCredentials(sites, file);
  refuseUnclearNumbers(sites, file);
  requirePublicUrl(settings, file);
  return freezeDeeply({
    file,
    secretsInFile: listSecrets(fileSettings),
    dataDir,
    keysDir: locateKeys(env.TRIAL_ADAPTER_KEYS, settings.keysDir, { cwd, fileFolder, dataDir }),
    auditHeadsDir: locateHeads(settings, fileFolder, dataDir),
    database: buildDatabaseConfig(settings),
    host: settings.host,
    port: settings.port,
    dev,
    ...chooseDevToken(dev, env.TRIAL_ADAPTER_DEV_TOKEN),
    mappingsDir,
    studiesDir: resolve(mappingsDir, 'studies'),
    logLevel: settings.logLevel,
    limits: settings.limits,
    studies: settings.studies,
    server: buildServerConfig(settings, fileFolder),
    access: settings.access,
    sites,
    ...buildPeopleConfig(settings, env, { cwd, file, fileFolder, readTextFile }),
  });
}

/** Returns the token of --dev: the configured one, or a new one, which must be printed. */
function chooseDevToken(
  dev: boolean,
  configured: string | undefined,
): Pick<Config, 'devToken' | 'devTokenIsNew'> {
  if (!dev) return { devToken: null, devTokenIsNew: false };
  if (configured === undefined)
    return { devToken: randomBytes(24).toString('base64url'), devTokenIsNew: true };
  refuseWeakSecret(configured, 'TRIAL_ADAPTER_DEV_TOKEN');
  return { devToken: configured, devTokenIsNew: false };
}

/** Returns the folder of keys: that of the environment, that of the file, or `keys` in the data folder. */
function locateKeys(
  ofEnvironment: string | undefined,
  ofFile: string | undefined,
  {
    cwd,
    fileFolder,
    dataDir,
  }: { readonly cwd: string; readonly fileFolder: string; readonly dataDir: string },
): string {
  if (ofEnvironment !== undefined) return resolve(cwd, ofEnvironment);
  return ofFile === undefined ? resolve(dataDir, 'keys') : resolve(fileFolder, ofFile);
}

const resolveMappings = (named: string | undefined, folder: string): string =>
  named === undefined ? BUNDLED_MAPPINGS : resolve(folder, named);

const hasPassword = (url: unknown): boolean =>
  typeof url === 'string' && URL.canParse(url) && new URL(url).password !== '';

/** Lists the places of secrets in the settings of a file: tokens of EHRs, and passwords of databases. */
function listSecrets(fileSettings: Record<string, unknown>): readonly string[] {
  const result = configFileSchema.safeParse(fileSettings);
  const sites = result.success ? Object.entries(result.data.sites) : [];
  return [
    ...sites.flatMap(([site, { ehr }]) =>
      ehr?.bearerToken === undefined ? [] : [`sites.${site}.ehr.bearerToken`],
    ),
    ...['database', 'databaseOwner', 'replica'].filter((key) => hasPassword(fileSettings[key])),
  ];
}

/** Returns the folder of the copy of the audit trail's heads. */
const locateHeads = ({ auditHeadsDir }: FileSettings, fileFolder: string, dataDir: string): string =>
  auditHeadsDir === undefined ? dataDir : resolve(fileFolder, auditHeadsDir);

/** Builds the settings of the database; a replica alone is both, and refuses to be written. */
function buildDatabaseConfig(settings: FileSettings): DatabaseConfig | null {
  const { database, databaseOwner, replica, takeoverSeconds } = settings;
  const url = database ?? replica;
  if (url === undefined) return null;
  const takeoverMs = takeoverSeconds * 1_000;
  return { url, ownerUrl: databaseOwner ?? null, replicaUrl: replica ?? null, takeoverMs };
}

function findConfigFile(named: string | undefined, cwd: string): string | null {
  if (named !== undefined) return resolve(cwd, named);
  const defaultFile = resolve(cwd, DEFAULT_CONFIG_FILE);
  return existsSync(defaultFile) ? defaultFile : null;
}

function readJsonObject(file: string): Record<string, unknown> {
  const text = readTextFile(file, '', 'Name an existing file with --config, or omit --config.');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Reported below without the message of JSON.parse, which quotes the text and could show a token.
  }
  throw new Failure('config/invalid', 'The configuration is not a JSON object.', {
    at: file,
    fix: 'Write one JSON object, as the README shows.',
  });
}

/** Collects the settings of options and environment, by the keys of the configuration file. */
function readOverrides(options: ConfigOptions, env: Environment): Record<string, unknown> {
  refusePasswordInOption(options.database, 'database');
  refusePasswordInOption(options.replica, 'replica');
  const host = options.host ?? env.TRIAL_ADAPTER_HOST;
  const port = options.port ?? env.TRIAL_ADAPTER_PORT;
  const logLevel = env.TRIAL_ADAPTER_LOG_LEVEL;
  const database = options.database ?? env.TRIAL_ADAPTER_DATABASE;
  const databaseOwner = env.TRIAL_ADAPTER_DATABASE_OWNER;
  return {
    ...(database === undefined ? {} : { database }),
    ...(databaseOwner === undefined ? {} : { databaseOwner }),
    ...(options.replica === undefined ? {} : { replica: options.replica }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: port === '' ? Number.NaN : Number(port) }),
    ...(logLevel === undefined ? {} : { logLevel }),
  };
}

/** Parses the settings of the file with those that override them. A fault of the latter is not in the file. */
function parseSettings(
  fileSettings: Record<string, unknown>,
  overrides: Record<string, unknown>,
  file: string | null,
): FileSettings {
  const result = configFileSchema.safeParse({ ...fileSettings, ...overrides });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const unknownKeys = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const path = [...(issue?.path ?? []), ...unknownKeys.slice(0, 1)];
  const place = path.join('.');
  const isInFile = file !== null && !Object.hasOwn(overrides, String(path[0]));
  throw new Failure('config/invalid', `The configuration is not valid: ${issue?.message ?? 'unknown'}.`, {
    at: isInFile ? `${file} (${place})` : place,
    fix:
      unknownKeys.length > 0
        ? 'Remove this key, or correct its spelling.'
        : 'Correct this value, as the README describes.',
  });
}

function buildSiteConfig(
  id: string,
  site: SiteSettings,
  file: string | null,
  fileFolder: string,
): SiteConfig {
  const { ehr } = site;
  return {
    timeZone: site.timeZone ?? null,
    clients: site.clients.map((client, index) =>
      buildClientConfig(client, { file, folder: fileFolder, path: `sites.${id}.clients.${index}` }),
    ),
    subjectNumbers: site.subjectNumbers ?? null,
    ehr: ehr ? buildEhrConfig(id, ehr, file, fileFolder) : null,
    takesLongIds: site.longIds === 'as-identifiers',
  };
}

function buildEhrConfig(id: string, ehr: EhrSettings, file: string | null, fileFolder: string): EhrConfig {
  const { bearerToken, bearerTokenFile, ...settings } = ehr;
  const place = `${file ?? ''} (sites.${id}.ehr`;
  if (bearerTokenFile === undefined) {
    if (bearerToken !== undefined) refuseWeakSecret(bearerToken, `${place}.bearerToken)`);
    return { ...settings, bearerToken: bearerToken ?? null, bearerTokenFile: null };
  }
  const at = `${place}.bearerTokenFile)`;
  const path = resolve(fileFolder, bearerTokenFile);
  const token = readSecretFile(path, at);
  refuseWeakSecret(token, at);
  return { ...settings, bearerToken: token, bearerTokenFile: path };
}

/** Refuses clients with keys where it is not stated under which URL they ask for tokens: a token names whom it is for. */
function requirePublicUrl({ publicUrl, sites }: FileSettings, file: string | null): void {
  const hasKeys = Object.values(sites).some(({ clients }) =>
    clients.some(({ jwks, jwksUri }) => (jwks ?? jwksUri) !== undefined),
  );
  if (!hasKeys || (publicUrl !== undefined && isProtectedUrl(publicUrl))) return;
  throw new Failure(
    'config/invalid',
    'Clients with keys ask for tokens, and there is no https URL at which they do.',
    {
      at: file === null ? 'publicUrl' : `${file} (publicUrl)`,
      fix: 'State where clients reach the adapter, such as "publicUrl": "https://adapter.hospital.example".',
    },
  );
}

/** Refuses --dev on a network address: a development token must not give access from a network. */
function requireLoopback(host: string): void {
  if (/^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/.test(host)) return;
  throw new Failure('config/invalid', 'With --dev the adapter listens on loopback only.', {
    at: 'host',
    fix: 'Omit --host, or configure clients and omit --dev.',
  });
}

/** Freezes a value and everything in it. */
function freezeDeeply<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freezeDeeply(inner);
  }
  return value;
}
