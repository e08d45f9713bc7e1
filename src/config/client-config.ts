import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { Failure } from '../errors.ts';
import type { ClientSettings } from './client-settings.ts';
import { readSecretFile } from './secret-file.ts';

/** Public keys of a client: those at a URL, or those in the configuration. */
export type KeySource =
  | { readonly kind: 'url'; readonly url: string; readonly networks: readonly string[] }
  | { readonly kind: 'inline'; readonly keys: readonly Readonly<Record<string, unknown>>[] };

/** How a client signs the bodies that it sends. */
export interface BodySignatureConfig {
  readonly scheme: 'x-signature' | 'standard-webhooks';
  /** The secret as text; of Standard Webhooks without `whsec_`, in base64. */
  readonly secret: string;
  readonly secretFile: string;
}

/** A client of a site: its credentials, each null where it has none, and what it may do. */
export interface ClientConfig {
  readonly client: string;
  readonly isDisabled: boolean;
  /** SMART scopes. The right to enrol is in them only by the name of the type ResearchSubject. */
  readonly scopes: readonly string[];
  readonly tokenSha256: string | null;
  /** The instant from which the token is refused; null: it never expires. */
  readonly expiresAt: string | null;
  readonly keys: KeySource | null;
  readonly issuedBy: { readonly issuer: string; readonly clientId: string } | null;
  readonly certificateSha256: string | null;
  readonly hmac: BodySignatureConfig | null;
}

/** What a static token or certificate may do where the configuration does not say: everything except enrol. */
const DEFAULT_SCOPES = 'system/*.cud';
const ENROL_SCOPE = 'system/ResearchSubject.cud';

/** Where something is in the configuration, for messages. */
interface ConfigPlace {
  readonly file: string | null;
  readonly folder: string;
  readonly path: string;
}

export const formatPlace = ({ file, path }: Pick<ConfigPlace, 'file' | 'path'>): string =>
  file === null ? path : `${file} (${path})`;

/** The end of a day (UTC), or the instant itself. */
function toExpiryInstant(expires: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(expires);
  return new Date(
    isDay ? Date.parse(`${expires}T00:00:00Z`) + 86_400_000 : Date.parse(expires),
  ).toISOString();
}

function refusePrivateKeys(keys: readonly Record<string, unknown>[], place: ConfigPlace): void {
  const index = keys.findIndex((key) => 'd' in key || 'p' in key);
  if (index < 0) return;
  throw new Failure('config/invalid', 'A private key is among the public keys of a client.', {
    at: formatPlace({ ...place, path: `${place.path}.jwks.keys.${index}` }),
    fix: 'Replace this key, which is no longer secret, and configure its public part only.',
  });
}

function buildHmac(
  { scheme, secretFile }: NonNullable<ClientSettings['hmac']>,
  place: ConfigPlace,
): BodySignatureConfig {
  const file = resolve(place.folder, secretFile);
  const at = formatPlace({ ...place, path: `${place.path}.hmac.secretFile` });
  const secret = readSecretFile(file, at).replace(/^whsec_/, '');
  if (secret.length >= 24) return { scheme, secret, secretFile: file };
  throw new Failure('config/invalid', 'The secret is shorter than 24 characters.', {
    at,
    fix: 'Create a random one, for instance with `openssl rand -base64 32`, for both sides.',
  });
}

/** Builds the settings of a client; reads its secrets. Throws `config/invalid`. */
export function buildClientConfig(settings: ClientSettings, place: ConfigPlace): ClientConfig {
  const { scopes = DEFAULT_SCOPES, mayEnrol, jwksUri, jwks, jwksNetworks } = settings;
  if (jwks) refusePrivateKeys(jwks.keys, place);
  const inline = jwks ? ({ kind: 'inline', keys: jwks.keys } as const) : null;
  return {
    client: settings.client,
    isDisabled: settings.disabled,
    scopes: [...scopes.split(' '), ...(mayEnrol ? [ENROL_SCOPE] : [])],
    tokenSha256: settings.tokenSha256?.toLowerCase() ?? null,
    expiresAt: settings.expires === undefined ? null : toExpiryInstant(settings.expires),
    keys: jwksUri === undefined ? inline : { kind: 'url', url: jwksUri, networks: jwksNetworks },
    issuedBy: settings.issuedBy ?? null,
    certificateSha256: settings.certificateSha256 ?? null,
    hmac: settings.hmac ? buildHmac(settings.hmac, place) : null,
  };
}

/** The required members of a public key in the order of RFC 7638, section 3.2. */
const THUMBPRINT_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  RSA: ['e', 'kty', 'n'],
};

/** The digest by which a public key is known, whatever its kid (RFC 7638). */
function digestKey(key: Readonly<Record<string, unknown>>): string {
  const members = THUMBPRINT_MEMBERS[String(key.kty)] ?? [];
  const canonical = JSON.stringify(Object.fromEntries(members.map((member) => [member, key[member]])));
  return createHash('sha256').update(canonical).digest('base64url');
}

const hasRightToEnrol = ({ scopes }: ClientConfig): boolean =>
  scopes.some((scope) => scope.startsWith('system/ResearchSubject.'));

/** What identifies a client, each with the place of it below the client in the file. */
function listCredentials(
  client: ClientConfig,
  name: string,
): readonly (readonly [path: string, credential: string])[] {
  const { keys, issuedBy } = client;
  const optional = [
    ['tokenSha256', client.tokenSha256],
    ['certificateSha256', client.certificateSha256],
    ['jwksUri', keys?.kind === 'url' ? keys.url : null],
    ['issuedBy', issuedBy && `${issuedBy.issuer} ${issuedBy.clientId}`],
    ['hmac.secretFile', client.hmac && createHash('sha256').update(client.hmac.secret).digest('hex')],
  ] as const;
  const inline = keys?.kind === 'inline' ? keys.keys : [];
  return [
    ['client', name],
    ...optional.flatMap(([path, value]) => (value === null ? [] : [[path, `${path} ${value}`] as const])),
    ...inline.map((key, index) => [`jwks.keys.${index}`, `key ${digestKey(key)}`] as const),
  ];
}

type SitesWithClients = Readonly<
  Record<
    string,
    { readonly clients: readonly ClientConfig[]; readonly subjectNumbers: readonly string[] | null }
  >
>;

/** Lists the names by which clients with keys ask for tokens. */
const listClientIds = (sites: SitesWithClients): ReadonlySet<string> =>
  new Set(
    Object.values(sites).flatMap(({ clients }) =>
      clients.filter(({ keys }) => keys !== null).map(({ client }) => client),
    ),
  );

/**
 * Refuses a credential that is configured twice: one credential names one client of one site, or data of one hospital could
 * count for another. Throws `config/invalid` with both places.
 */
export function refuseSharedCredentials(sites: SitesWithClients, file: string | null): void {
  const places = new Map<string, string>();
  for (const [credential, place] of listPlacedCredentials(sites)) {
    const first = places.get(credential);
    if (first !== undefined) throw createSharedFailure(first, formatPlace({ file, path: place }));
    places.set(credential, place);
  }
}

/** Lists the credentials of all clients, each with its place. */
function listPlacedCredentials(
  sites: SitesWithClients,
): readonly (readonly [credential: string, place: string])[] {
  const ids = listClientIds(sites);
  return Object.entries(sites).flatMap(([site, { clients }]) =>
    clients.flatMap((client, index) => {
      // The name of a client without keys is no credential: two sites may both have a laboratory.
      const name = ids.has(client.client) ? client.client : `${client.client} of ${site}`;
      return listCredentials(client, `client ${name}`).map(
        ([path, credential]) => [credential, `sites.${site}.clients.${index}.${path}`] as const,
      );
    }),
  );
}

const createSharedFailure = (first: string, at: string): Failure =>
  new Failure('config/invalid', `This credential is configured already, as ${first}.`, {
    at,
    fix: 'Give each client a name, token, key, certificate and secret of its own, and remove one of the two.',
  });

const isWithin = (pattern: string, other: string): boolean =>
  other.endsWith('*') ? pattern.replace('*', '').startsWith(other.slice(0, -1)) : pattern === other;

/**
 * Refuses clients of several sites that may enrol where the configuration does not say which subject numbers belong to their
 * site, and numbers that belong to two: a site could learn which numbers others use, or take them.
 */
export function refuseUnclearNumbers(sites: SitesWithClients, file: string | null): void {
  const entries = Object.entries(sites).filter(([, { clients }]) => clients.length > 0);
  const numbered = entries.flatMap(([site, { subjectNumbers }]) =>
    (subjectNumbers ?? []).map((pattern) => ({ site, pattern })),
  );
  for (const [site, { clients, subjectNumbers }] of entries) {
    if (entries.length < 2 || subjectNumbers !== null || !clients.some(hasRightToEnrol)) continue;
    throw new Failure(
      'config/invalid',
      'A client may enrol, and the subject numbers of its site are not stated.',
      {
        at: formatPlace({ file, path: `sites.${site}.subjectNumbers` }),
        fix: 'List the numbers of the site, such as ["01-*"], or remove the right to enrol.',
      },
    );
  }
  for (const { site, pattern } of numbered) {
    const clash = numbered.find((other) => other.site !== site && isWithin(pattern, other.pattern));
    if (!clash) continue;
    throw new Failure('config/invalid', `These subject numbers belong to the site ${clash.site} as well.`, {
      at: formatPlace({ file, path: `sites.${site}.subjectNumbers` }),
      fix: 'List each number for one site only.',
    });
  }
}
