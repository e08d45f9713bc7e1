import { createHash, timingSafeEqual } from 'node:crypto';
import type { ClientConfig } from '../config/client-config.ts';
import { parseScope, type SystemScope } from './scopes.ts';

/** The site of the developer's client. */
export const DEV_SITE = 'dev';

/** Hashes a text with SHA-256, to 64 hexadecimal digits. */
export function hashSha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A client with its site, as requests are compared with it. */
export interface RegisteredClient extends Omit<ClientConfig, 'scopes'> {
  readonly site: string;
  readonly scopes: readonly SystemScope[];
  readonly isDeveloper: boolean;
}

/** The clients that may call. The name of one with keys occurs once. */
export interface ClientRegistry {
  readonly clients: readonly RegisteredClient[];
  /** Finds a client with keys that is not disabled. */
  find(client: string): RegisteredClient | undefined;
  /** Finds the client with a static token, disabled or expired as it may be; null where it is nobody's token. */
  findTokenOwner(token: string): RegisteredClient | null;
}

/**
 * Creates the search for the client of a token. The token is compared with that of every client, in constant time, so that
 * the response time reveals nothing.
 */
function createTokenSearch(clients: readonly RegisteredClient[]): ClientRegistry['findTokenOwner'] {
  const known = clients.flatMap((client) =>
    client.tokenSha256 === null ? [] : [{ client, digest: Buffer.from(client.tokenSha256, 'hex') }],
  );
  return (token) => {
    const sentDigest = Buffer.from(hashSha256(token), 'hex');
    let found: RegisteredClient | null = null;
    for (const { client, digest } of known) {
      const isSame = digest.length === sentDigest.length && timingSafeEqual(digest, sentDigest);
      if (isSame && token !== '') found = client;
    }
    return found;
  };
}

/** The part of the configuration that decides who may call. */
interface RegistryConfig {
  readonly sites: Readonly<Record<string, { readonly clients: readonly ClientConfig[] }>>;
  /** The token of --dev, for site `dev`; null without --dev. */
  readonly devToken: string | null;
}

function requireScope(text: string): SystemScope {
  const scope = parseScope(text);
  if (!scope) throw new Error('A configured scope is not valid.');
  return scope;
}

const createDeveloper = (token: string): RegisteredClient => ({
  site: DEV_SITE,
  client: DEV_SITE,
  isDeveloper: true,
  isDisabled: false,
  scopes: ['system/*.cruds', 'system/ResearchSubject.cruds'].map(requireScope),
  tokenSha256: hashSha256(token),
  expiresAt: null,
  keys: null,
  issuedBy: null,
  certificateSha256: null,
  hmac: null,
});

/** Creates the registry of all sites' clients and, with --dev, the developer's client, who may do everything. */
export function createClientRegistry({ sites, devToken }: RegistryConfig): ClientRegistry {
  const configured = Object.entries(sites).flatMap(([site, { clients }]) =>
    clients.map((client) => ({
      ...client,
      site,
      isDeveloper: false,
      scopes: client.scopes.map(requireScope),
    })),
  );
  const clients = devToken === null ? configured : [...configured, createDeveloper(devToken)];
  const byName = new Map(
    clients.filter(({ keys }) => keys !== null).map((client) => [client.client, client] as const),
  );
  return {
    clients,
    find(name) {
      const client = byName.get(name);
      return client?.isDisabled ? undefined : client;
    },
    findTokenOwner: createTokenSearch(clients),
  };
}
