import { Failure } from '../../errors.ts';
import type { PersonRole } from './rights.ts';

/** Which claims of an id token say what. */
export interface ClaimNames {
  readonly nameClaim: string;
  readonly rolesClaim: string;
  /** The role for each value of the claim; other values mean nothing here. */
  readonly roles: Readonly<Record<string, PersonRole>>;
  /** Null: every person sees all sites. */
  readonly sitesClaim: string | null;
}

/** A person as the issuer of their sign-in knows them. Instants are ISO 8601 in UTC. */
export interface PersonIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** The printed name. */
  readonly name: string;
  readonly roles: readonly PersonRole[];
  readonly sites: readonly string[];
  readonly authenticatedAt: string;
  readonly contextClass: string | null;
  readonly methods: readonly string[];
  /** The id of the session at the issuer; null where it states none. */
  readonly issuerSession: string | null;
}

type Claims = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads a claim by its name, or by its path where the name has dots (`realm_access.roles`). */
function readClaim(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.'))
    value = isObject(value) && Object.hasOwn(value, part) ? value[part] : null;
  return value;
}

/** Lists the texts of a claim that is one text, words with spaces between them, or a list. */
function listTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

const readText = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

/** Whether the claims lack what only the issuer's UserInfo may have. */
export const isMissingClaims = (claims: Claims, { nameClaim, rolesClaim, sitesClaim }: ClaimNames): boolean =>
  [nameClaim, rolesClaim, ...(sitesClaim === null ? [] : [sitesClaim])].some(
    (name) => (readClaim(claims, name) ?? null) === null,
  );

const refuse = (message: string, fix: string): Failure => new Failure('people/no-access', message, { fix });

/**
 * Reads who signed in. Throws `people/no-access` for somebody without a printed name, without a role here, or without a site:
 * a signature needs the name (21 CFR 11.50), and nothing is allowed that no role allows.
 */
export function readPersonIdentity(claims: Claims, names: ClaimNames): PersonIdentity {
  const name = readText(readClaim(claims, names.nameClaim))?.trim();
  const roles = listTexts(readClaim(claims, names.rolesClaim)).flatMap((value) =>
    Object.hasOwn(names.roles, value) ? (names.roles[value] ?? []) : [],
  );
  const sites = names.sitesClaim === null ? ['*'] : listTexts(readClaim(claims, names.sitesClaim));
  if (!name)
    throw refuse(
      'The issuer states no name for this person.',
      'Have the claim with the name set, or `signIn.nameClaim`.',
    );
  if (roles.length === 0)
    throw refuse('This person has no role here.', 'Have a role assigned at the issuer.');
  if (sites.length === 0)
    throw refuse('This person has no site here.', 'Have a site assigned at the issuer.');
  const { iss, sub, auth_time: authTime } = claims;
  if (typeof iss !== 'string' || typeof sub !== 'string')
    throw new TypeError('An id token has no issuer or subject.');
  if (typeof authTime !== 'number')
    throw refuse(
      'The issuer does not state when this person proved who they are.',
      'Have it send auth_time, which OpenID Connect requires where max_age is asked for.',
    );
  return {
    ...{ issuer: iss, subject: sub, name, sites, roles: [...new Set(roles)] },
    authenticatedAt: new Date(authTime * 1_000).toISOString(),
    contextClass: readText(claims.acr),
    methods: listTexts(claims.amr),
    issuerSession: readText(claims.sid),
  };
}
