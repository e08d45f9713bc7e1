import { createHash, timingSafeEqual } from 'node:crypto';

/** A client that may call, and the one site for whose patients it may speak. The token itself is kept nowhere. */
export interface BearerClient {
  readonly site: string;
  readonly client: string;
  /** SHA-256 of the token, 64 hexadecimal digits. */
  readonly tokenSha256: string;
}

/** Who a call belongs to. */
export interface AuthenticatedCaller {
  readonly site: string;
  readonly client: string;
}

/** Tells from the Authorization header who calls; null where nobody is admitted by it. */
export type Authenticator = (authorization: string | undefined) => AuthenticatedCaller | null;

/** RFC 6750: the scheme in any case, one space, the token. */
const BEARER_PATTERN = /^bearer ([A-Za-z0-9\-._~+/]{1,512}={0,2})$/i;

export function hashSha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Admits the clients by their tokens. Every client is compared, and in constant time, so that the answer's time tells
 * nothing. Without clients nobody is admitted.
 */
export function createBearerAuthenticator(clients: readonly BearerClient[]): Authenticator {
  const known = clients.map(({ site, client, tokenSha256 }) => ({
    admitted: { site, client },
    digest: Buffer.from(tokenSha256, 'hex'),
  }));
  return (authorization) => {
    const token = BEARER_PATTERN.exec(authorization ?? '')?.[1];
    const digest = Buffer.from(hashSha256(token ?? ''), 'hex');
    let found: AuthenticatedCaller | null = null;
    for (const one of known) {
      const same = one.digest.length === digest.length && timingSafeEqual(one.digest, digest);
      if (same && token !== undefined) found = one.admitted;
    }
    return found;
  };
}

/** What the configuration says of who may call. */
export interface AccessConfig {
  readonly sites: Readonly<
    Record<string, { readonly clients: readonly { readonly client: string; readonly tokenSha256: string }[] }>
  >;
  /** The token of --dev, for site `dev`; null without --dev. */
  readonly devToken: string | null;
}

/** The clients of all sites, and the developer's own where there is one. */
export function listClients({ sites, devToken }: AccessConfig): readonly BearerClient[] {
  const configured = Object.entries(sites).flatMap(([site, { clients }]) =>
    clients.map((client) => ({ site, ...client })),
  );
  if (devToken === null) return configured;
  return [...configured, { site: 'dev', client: 'dev', tokenSha256: hashSha256(devToken) }];
}
