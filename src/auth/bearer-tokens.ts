import { createHash, timingSafeEqual } from 'node:crypto';

/** A client that may send resources about the patients of one site. The token itself is not stored. */
interface BearerClient {
  readonly site: string;
  readonly client: string;
  /** SHA-256 of the token, 64 hexadecimal digits. */
  readonly tokenSha256: string;
}

/** The client that sent a request. */
interface AuthenticatedCaller {
  readonly site: string;
  readonly client: string;
}

/** Returns the caller that the Authorization header identifies; null where it identifies no client. */
type Authenticator = (authorization: string | undefined) => AuthenticatedCaller | null;

/** RFC 6750: the scheme in upper or lower case, one space, the token. */
const BEARER_PATTERN = /^bearer ([A-Za-z0-9\-._~+/]{1,512}={0,2})$/i;

/** Hashes a text with SHA-256, to 64 hexadecimal digits. */
export function hashSha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Creates the authenticator for the clients. The token is compared with that of every client, in constant time, so that the
 * response time reveals nothing. Without clients no request is authenticated.
 */
export function createBearerAuthenticator(clients: readonly BearerClient[]): Authenticator {
  const knownClients = clients.map(({ site, client, tokenSha256 }) => ({
    caller: { site, client },
    digest: Buffer.from(tokenSha256, 'hex'),
  }));
  return (authorization) => {
    const token = BEARER_PATTERN.exec(authorization ?? '')?.[1];
    const sentDigest = Buffer.from(hashSha256(token ?? ''), 'hex');
    let found: AuthenticatedCaller | null = null;
    for (const { caller, digest } of knownClients) {
      const isSame = digest.length === sentDigest.length && timingSafeEqual(digest, sentDigest);
      if (isSame && token !== undefined) found = caller;
    }
    return found;
  };
}

/** The part of the configuration that decides who may send. */
interface AccessConfig {
  readonly sites: Readonly<
    Record<string, { readonly clients: readonly { readonly client: string; readonly tokenSha256: string }[] }>
  >;
  /** The token of --dev, for site `dev`; null without --dev. */
  readonly devToken: string | null;
}

/** The site of the developer's client. */
export const DEV_SITE = 'dev';

/** Lists the clients of all sites and, with --dev, the developer's client. */
export function listClients({ sites, devToken }: AccessConfig): readonly BearerClient[] {
  const configuredClients = Object.entries(sites).flatMap(([site, { clients }]) =>
    clients.map((client) => ({ site, ...client })),
  );
  if (devToken === null) return configuredClients;
  return [...configuredClients, { site: DEV_SITE, client: 'dev', tokenSha256: hashSha256(devToken) }];
}
