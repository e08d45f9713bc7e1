import { z } from 'zod';

/** What a person may do; `src/auth/people/rights.ts` says what that is. */
export const PERSON_ROLES = ['coordinator', 'investigator', 'monitor', 'exporter', 'administrator'] as const;

const roleSchema = z.enum(PERSON_ROLES);

/** The sites whose data a person may see; `*`: all. */
const sitesSchema = z.array(z.string().min(1)).min(1);

const instantSchema = z.iso.datetime({
  offset: true,
  error: 'must be an instant such as 2026-12-01T00:00:00Z',
});

const publicKeySchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'must be an Ed25519 public key as `signing-key` prints it, 43 characters');

const personSchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'must be letters, digits, "_", "." and "-"'),
  name: z.string().trim().min(1).max(200),
  user: z.string().min(1).optional(),
  keys: z
    .array(z.strictObject({ publicKey: publicKeySchema, retiredAt: instantSchema.optional() }))
    .default([]),
  roles: z.array(roleSchema).default([]),
  sites: sitesSchema.default(['*']),
});

/** A person who may decide at the command line, as in the file. */
export type PersonSettings = z.infer<typeof personSchema>;

const hasOneEach = <T>(values: readonly T[]): boolean => new Set(values).size === values.length;

/** Two people of one name, user or key could be taken for each other: their statements replace each other by name. */
export const peopleSchema = z
  .array(personSchema)
  .refine((people) => hasOneEach(people.map(({ id }) => id)), 'two people have one id')
  .refine(
    (people) => hasOneEach(people.map(({ name }) => name.toLowerCase())),
    'two people have one printed name; add what tells them apart',
  )
  .refine((people) => hasOneEach(people.flatMap(({ user }) => user ?? [])), 'two people have one user')
  .refine(
    (people) => hasOneEach(people.flatMap(({ keys }) => keys.map(({ publicKey }) => publicKey))),
    'two people have one key',
  )
  .default([]);

/** When decisions need a signature. */
export const decisionsSchema = z.strictObject({ unsignedBefore: instantSchema.optional() });

const isOrigin = (text: string): boolean =>
  URL.canParse(text) && new URL(text).origin === text.replace(/\/$/, '') && /^https?:/.test(text);

const isLoopback = (url: string): boolean =>
  /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);

/** Whether a text is an address that browsers may use: scheme, host and port, https or this machine. */
export const isBrowserOrigin = (text: string): boolean => isOrigin(text) && isProtected(text);

const isProtected = (url: string): boolean => url.startsWith('https:') || isLoopback(url);

const urlSchema = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:/.test(text), 'must be a URL')
  .refine(isProtected, 'must be https, except on this machine');

/** Sign-in by OpenID Connect. */
export const signInSchema = z.strictObject({
  issuer: urlSchema,
  clientId: z.string().min(1),
  clientSecretFile: z.string().min(1),
  publicUrl: urlSchema.refine(isOrigin, 'must be scheme, host and port, without a path').optional(),
  scope: z.string().default('openid profile'),
  nameClaim: z.string().min(1).default('name'),
  rolesClaim: z.string().min(1).default('roles'),
  roles: z.record(z.string().min(1), roleSchema),
  sitesClaim: z.string().min(1).optional(),
  sessionMinutes: z.number().min(1).max(1_440).default(480),
  idleMinutes: z.number().min(1).max(1_440).default(30),
  stepUpMinutes: z.number().min(1).max(5).default(5),
});

/** Sign-in by OpenID Connect, as in the file. */
export type SignInSettings = z.infer<typeof signInSchema>;
