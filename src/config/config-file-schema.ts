import { z } from 'zod';
import {
  accessSchema,
  clientSchema,
  nameSchema,
  networkSchema,
  subjectNumbersSchema,
} from './client-settings.ts';
import { decisionsSchema, peopleSchema, signInSchema } from './people-schema.ts';
import { SERVER_SETTINGS } from './server-config.ts';

const MEGABYTE = 1_048_576;

/** Creates the schema of a limit from 1 kB to 1 GB; `bytes` is the default. */
const createByteLimitSchema = (bytes: number) =>
  z
    .int()
    .min(1_024)
    .max(1_000 * MEGABYTE)
    .default(bytes);

const limitsSchema = z.strictObject({
  resourceBytes: createByteLimitSchema(MEGABYTE),
  bundleBytes: createByteLimitSchema(5 * MEGABYTE),
  lineBytes: createByteLimitSchema(MEGABYTE),
});

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

/** The settings for writing to a site's EHR, as they are in the file. */
export type EhrSettings = z.infer<typeof ehrSchema>;

const ehrSchema = z
  .strictObject({
    base: z.string().refine(isHttpUrl, 'must be an http or https URL'),
    bearerToken: z.string().min(1).optional(),
    bearerTokenFile: z.string().min(1).optional(),
    networks: z.array(networkSchema).default([]),
    plainHttp: z.boolean().default(false),
    conditionalUpdate: z.boolean().default(true),
    pauseWrites: z.boolean().default(false),
  })
  .refine((ehr) => ehr.bearerToken === undefined || ehr.bearerTokenFile === undefined, {
    error: 'has both bearerToken and bearerTokenFile; keep one',
  });

/** The settings of a site, as they are in the file. */
export type SiteSettings = z.infer<typeof siteSchema>;

const siteSchema = z.strictObject({
  timeZone: z.string().refine(isTimeZone, 'must be an IANA time zone such as Asia/Shanghai').optional(),
  clients: z.array(clientSchema).default([]),
  ehr: ehrSchema.optional(),
  longIds: z.literal('as-identifiers').optional(),
  subjectNumbers: subjectNumbersSchema.optional(),
});

const isDatabaseUrl = (text: string): boolean =>
  URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol);

const databaseSchema = z.string().refine(isDatabaseUrl, 'must be a postgres:// URL');

const logLevelSchema = z.enum(['debug', 'info', 'warn', 'error', 'silent']);

/** How long the data of a study are kept: so many years after its end. */
const studySchema = z.strictObject({
  endedOn: z.iso.date('must be a day (YYYY-MM-DD)'),
  retentionYears: z.int().min(1).max(100),
});

/** The configuration file. */
export const configFileSchema = z.strictObject({
  dataDir: z.string().min(1).default('data'),
  keysDir: z.string().min(1).optional(),
  auditHeadsDir: z.string().min(1).optional(),
  database: databaseSchema.optional(),
  databaseOwner: databaseSchema.optional(),
  replica: databaseSchema.optional(),
  takeoverSeconds: z.number().min(1).max(3_600).default(60),
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(8080),
  mappingsDir: z.string().min(1).optional(),
  logLevel: logLevelSchema.default('info'),
  limits: limitsSchema.prefault({}),
  ...SERVER_SETTINGS,
  access: accessSchema.prefault({}),
  sites: z.record(nameSchema, siteSchema).default({}),
  studies: z.record(nameSchema, studySchema).default({}),
  people: peopleSchema,
  decisions: decisionsSchema.prefault({}),
  signIn: signInSchema.optional(),
});

/** The configuration file, read, with its defaults. */
export type FileSettings = z.infer<typeof configFileSchema>;
