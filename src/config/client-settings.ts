import { z } from 'zod';

const SHA256_PATTERN = /^[0-9a-fA-F]{64}$/;

/** SMART App Launch 2.2, scopes: `system/Type.cruds` with the letters in this order; `.read`, `.write`, `.*` of version 1. */
const SCOPE_PATTERN = /^system\/(?:\*|[A-Z][A-Za-z]{1,63})\.(?:(?=[cruds])c?r?u?d?s?|read|write|\*)$/;

const isScopeList = (text: string): boolean => text.split(' ').every((scope) => SCOPE_PATTERN.test(scope));

/** Whether what is at a URL is revealed to nobody and changed by nobody on the way: https, or http on this machine. */
export function isProtectedUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return (
    protocol === 'https:' || (protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname))
  );
}

const protectedUrlSchema = z
  .string()
  .refine(isProtectedUrl, 'must be an https URL without a password (http only on this machine)');

/** A day, to whose end (UTC) something holds, or an instant. */
const expirySchema = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error:
    'must be a day such as 2027-06-30 (valid to its end, UTC) or an instant such as 2027-06-30T12:00:00Z',
});

const fingerprintSchema = z
  .string()
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .refine((text) => SHA256_PATTERN.test(text), 'must be a SHA-256, 64 hexadecimal digits');

const keySetSchema = z.strictObject({
  keys: z
    .array(z.looseObject({ kty: z.enum(['RSA', 'EC']), kid: z.string().min(1) }))
    .min(1, 'must have a key'),
});

/** The networks that names of configured URLs may resolve to, besides public addresses. */
export const networkSchema = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'must be an address, or a network such as 10.20.0.0/16',
});

const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** The name of a site or client. */
export const nameSchema = z
  .string()
  .regex(NAME_PATTERN, 'must be letters, digits, "_", "." and "-", at most 64');

/** A client of a site, as it is in the file. */
export type ClientSettings = z.infer<typeof clientSchema>;

const hasCredential = (client: object): boolean =>
  ['tokenSha256', 'jwksUri', 'jwks', 'issuedBy', 'certificateSha256'].some((key) => key in client);

/** A client: who sends, by which credential, and what it may send. */
export const clientSchema = z
  .strictObject({
    client: nameSchema,
    disabled: z.boolean().default(false),
    scopes: z
      .string()
      .refine(isScopeList, 'must be scopes such as "system/Observation.cu", separated by one space')
      .optional(),
    mayEnrol: z.boolean().default(false),
    tokenSha256: z
      .string()
      .regex(SHA256_PATTERN, 'must be the SHA-256 of the token, 64 hexadecimal digits')
      .optional(),
    expires: expirySchema.optional(),
    jwksUri: protectedUrlSchema.optional(),
    jwksNetworks: z.array(networkSchema).default([]),
    jwks: keySetSchema.optional(),
    issuedBy: z.strictObject({ issuer: z.string().min(1), clientId: z.string().min(1).max(256) }).optional(),
    certificateSha256: fingerprintSchema.optional(),
    hmac: z
      .strictObject({ scheme: z.enum(['x-signature', 'standard-webhooks']), secretFile: z.string().min(1) })
      .optional(),
  })
  .refine(hasCredential, 'has no credential: tokenSha256, jwksUri, jwks, issuedBy or certificateSha256')
  .refine((client) => client.jwksUri === undefined || client.jwks === undefined, {
    error: 'has both jwksUri and jwks; keep one',
  })
  .refine((client) => client.expires === undefined || client.tokenSha256 !== undefined, {
    error: 'has expires without tokenSha256',
  })
  .refine(
    ({ scopes, jwksUri, jwks, issuedBy }) =>
      scopes !== undefined || (jwksUri ?? jwks ?? issuedBy) === undefined,
    { error: 'has keys or an issuer, and no scopes: state what it may do, such as "system/*.cud"' },
  );

/** An issuer of access tokens other than the adapter. */
const issuerSchema = z.strictObject({
  issuer: z.string().min(1),
  jwksUri: protectedUrlSchema,
  jwksNetworks: z.array(networkSchema).default([]),
  audience: z.string().min(1),
  clientClaim: z.string().min(1).default('client_id'),
  /** The claim with the scopes; null: the issuer knows none, and a client has the scopes of its registration. */
  scopeClaim: z.string().min(1).nullable().default('scope'),
});

/** Who issues access tokens, and which proxies state the certificate of a client. */
export const accessSchema = z.strictObject({
  issuers: z.array(issuerSchema).default([]),
  clientCertificates: z
    .strictObject({
      header: z.enum(['client-cert', 'x-forwarded-client-cert']),
      proxies: z.array(networkSchema).min(1),
    })
    .optional(),
});

const SUBJECT_NUMBERS_PATTERN = /^[^*\s][^*]{0,62}\*?$/;

/** Subject numbers of a site: a number, or the beginning of numbers followed by `*`. */
export const subjectNumbersSchema = z.array(
  z
    .string()
    .regex(SUBJECT_NUMBERS_PATTERN, 'must be a subject number, or its beginning and "*", such as "01-*"'),
);
