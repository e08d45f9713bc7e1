import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { Failure } from './errors.ts';

const MEGABYTE = 1_048_576;

const createByteLimitSchema = (bytes: number) =>
  z
    .int()
    .min(1_024)
    .max(1_000 * MEGABYTE)
    .default(bytes);

const limitsSchema = z.strictObject({
  resourceBytes: createByteLimitSchema(MEGABYTE),
  bundleBytes: createByteLimitSchema(10 * MEGABYTE),
  lineBytes: createByteLimitSchema(MEGABYTE),
});

const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const nameSchema = z.string().regex(NAME_PATTERN, 'must be letters, digits, "_", "." and "-", at most 64');

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

const networkSchema = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'must be an address, or a network such as 10.20.0.0/16',
});

const ehrSchema = z
  .strictObject({
    base: z.string().refine(isHttpUrl, 'must be an http or https URL'),
    bearerToken: z.string().min(1).optional(),
    bearerTokenFile: z.string().min(1).optional(),
    networks: z.array(networkSchema).default([]),
    plainHttp: z.boolean().default(false),
    pauseWrites: z.boolean().default(false),
  })
  .refine((ehr) => ehr.bearerToken === undefined || ehr.bearerTokenFile === undefined, {
    error: 'has bearerToken and bearerTokenFile: keep one',
  });

const clientSchema = z.strictObject({
  client: nameSchema,
  tokenSha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be the SHA-256 of the token, 64 hexadecimal digits'),
});

const siteSchema = z.strictObject({
  timeZone: z.string().refine(isTimeZone, 'must be an IANA time zone such as Asia/Shanghai').optional(),
  clients: z.array(clientSchema).default([]),
  ehr: ehrSchema.optional(),
});

const logLevelSchema = z.enum(['debug', 'info', 'warn', 'error', 'silent']);

const configFileSchema = z.strictObject({
  dataDir: z.string().min(1).default('data'),
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(8080),
  mappingsDir: z.string().min(1).optional(),
  logLevel: logLevelSchema.default('info'),
  limits: limitsSchema.prefault({}),
  sites: z.record(nameSchema, siteSchema).default({}),
});

/** What a site's EHR needs to be written to. */
export interface EhrConfig {
  readonly base: string;
  /** null: the EHR asks for none. */
  readonly bearerToken: string | null;
  /** Where it was read from, and may be read again once it has been renewed; null where it stands in the configuration. */
  readonly bearerTokenFile: string | null;
  /** Networks inside the house, beside public addresses, in which the EHR's name may stand for an address. */
  readonly networks: readonly string[];
  /** Allows unencrypted http to a machine other than this one. */
  readonly plainHttp: boolean;
  readonly pauseWrites: boolean;
}

export interface SiteConfig {
  /** null: what the study's site.json says. */
  readonly timeZone: string | null;
  readonly clients: readonly { readonly client: string; readonly tokenSha256: string }[];
  readonly ehr: EhrConfig | null;
}

/** Everything that can be set from outside, checked and frozen. */
export interface Config {
  /** The file it was read from; null where there is none. */
  readonly file: string | null;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly dev: boolean;
  /** The token of --dev, given or made up; null without --dev. */
  readonly devToken: string | null;
  /** Whether the token was made up, so that somebody has to be told. */
  readonly devTokenIsNew: boolean;
  readonly mappingsDir: string;
  readonly studiesDir: string;
  readonly logLevel: z.infer<typeof logLevelSchema>;
  readonly limits: z.infer<typeof limitsSchema>;
  readonly sites: Readonly<Record<string, SiteConfig>>;
}

/** What the command line says; it wins over the environment, which wins over the file. */
export interface ConfigOptions {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | number | undefined;
  readonly dev?: boolean | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that are read, and what for; `--help` shows them. */
export const CONFIG_VARIABLES: Readonly<Record<string, string>> = {
  TRIAL_ADAPTER_CONFIG: 'configuration file (as --config)',
  TRIAL_ADAPTER_DATA: 'folder of the store (as --data)',
  TRIAL_ADAPTER_HOST: 'address to listen on (as --host)',
  TRIAL_ADAPTER_PORT: 'port to listen on (as --port)',
  TRIAL_ADAPTER_MAPPINGS: 'folder of mappings and studies, instead of the bundled one',
  TRIAL_ADAPTER_LOG_LEVEL: 'debug, info, warn, error or silent',
  TRIAL_ADAPTER_DEV_TOKEN: 'bearer token that serve --dev admits',
};

const DEFAULT_CONFIG_FILE = 'trial-adapter.json';
const BUNDLED_MAPPINGS = resolve(import.meta.dirname, '../mappings');

/**
 * Reads options, environment and file into one frozen Config. Relative paths in the file are relative to it. Throws a
 * `config/invalid` Failure that names the file, the place in it and the fix.
 */
export function loadConfig(
  options: ConfigOptions = {},
  env: Environment = process.env,
  cwd: string = process.cwd(),
): Config {
  const file = findConfigFile(options.config ?? env.TRIAL_ADAPTER_CONFIG, cwd);
  const home = file === null ? cwd : dirname(file);
  const raw = file === null ? {} : readJsonObject(file);
  const set = parseWithSchema(configFileSchema, { ...raw, ...readOverrides(options, env) }, file);
  const dev = options.dev ?? false;
  if (dev) requireLoopback(set.host);
  const mappings = env.TRIAL_ADAPTER_MAPPINGS ?? set.mappingsDir;
  const mappingsDir = mappings === undefined ? BUNDLED_MAPPINGS : resolve(home, mappings);
  const given = env.TRIAL_ADAPTER_DEV_TOKEN;
  return deepFreeze({
    file,
    dataDir: resolveDataDir(options, env, home, cwd, set.dataDir),
    host: set.host,
    port: set.port,
    dev,
    devToken: dev ? (given ?? randomBytes(24).toString('base64url')) : null,
    devTokenIsNew: dev && given === undefined,
    mappingsDir,
    studiesDir: resolve(mappingsDir, 'studies'),
    logLevel: set.logLevel,
    limits: set.limits,
    sites: Object.fromEntries(
      Object.entries(set.sites).map(([id, site]) => [id, buildSiteConfig(id, site, file, home)]),
    ),
  });
}

function findConfigFile(named: string | undefined, cwd: string): string | null {
  if (named !== undefined) return resolve(cwd, named);
  const found = resolve(cwd, DEFAULT_CONFIG_FILE);
  return existsSync(found) ? found : null;
}

function readJsonObject(file: string): Record<string, unknown> {
  const text = readTextFile(file, '', 'Name an existing file with --config, or leave it out.');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below: JSON.parse quotes the text, which may hold tokens.
  }
  throw new Failure('config/invalid', 'The configuration is not a JSON object.', {
    at: file,
    fix: 'Write one JSON object; see the README.',
  });
}

function readTextFile(file: string, at: string, fix: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Failure('config/invalid', `The file ${file} cannot be read.`, { at, fix }, { cause });
  }
}

/** Options and environment, by the names that they have in the file. */
function readOverrides(options: ConfigOptions, env: Environment): Record<string, unknown> {
  const host = options.host ?? env.TRIAL_ADAPTER_HOST;
  const port = options.port ?? env.TRIAL_ADAPTER_PORT;
  const logLevel = env.TRIAL_ADAPTER_LOG_LEVEL;
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: port === '' ? Number.NaN : Number(port) }),
    ...(logLevel === undefined ? {} : { logLevel }),
  };
}

function parseWithSchema<T>(schema: z.ZodType<T>, value: unknown, file: string | null): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const place = [...(issue?.path ?? []), ...unknown.slice(0, 1)].join('.');
  throw new Failure('config/invalid', `The configuration is wrong: ${issue?.message ?? 'unknown'}.`, {
    at: file === null ? place : `${file} (${place})`,
    fix: unknown.length > 0 ? 'Remove it, or mend its spelling.' : 'Mend this value; see the README.',
  });
}

/** A folder on the command line or in the environment is relative to where we stand, one in the file to the file. */
function resolveDataDir(
  options: ConfigOptions,
  env: Environment,
  home: string,
  cwd: string,
  set: string,
): string {
  const named = options.data ?? env.TRIAL_ADAPTER_DATA;
  return named === undefined ? resolve(home, set) : resolve(cwd, named);
}

function buildSiteConfig(
  id: string,
  site: z.infer<typeof siteSchema>,
  file: string | null,
  home: string,
): SiteConfig {
  const { ehr } = site;
  return {
    timeZone: site.timeZone ?? null,
    clients: site.clients,
    ehr: ehr ? buildEhrConfig(id, ehr, file, home) : null,
  };
}

function buildEhrConfig(
  id: string,
  ehr: z.infer<typeof ehrSchema>,
  file: string | null,
  home: string,
): EhrConfig {
  const { bearerToken, bearerTokenFile, ...rest } = ehr;
  if (bearerTokenFile === undefined) {
    return { ...rest, bearerToken: bearerToken ?? null, bearerTokenFile: null };
  }
  const at = `${file ?? ''} (sites.${id}.ehr.bearerTokenFile)`;
  const path = resolve(home, bearerTokenFile);
  return { ...rest, bearerToken: readTokenFile(path, at), bearerTokenFile: path };
}

/** A token in a file of its own, as it is now. Throws a `config/invalid` Failure where it cannot be read. */
export function readTokenFile(path: string, at = path): string {
  return readTextFile(path, at, 'Put the token in this file.').trim();
}

/** A token that a developer made up must not open the door to a network. */
function requireLoopback(host: string): void {
  if (/^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/.test(host)) return;
  throw new Failure('config/invalid', '--dev listens on loopback only.', {
    at: 'host',
    fix: 'Leave --host out, or configure clients and leave --dev out.',
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
