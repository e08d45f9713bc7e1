import { createHash, timingSafeEqual } from 'node:crypto';

/** A client that may call, and the one site for whose patients it may speak. The token itself is kept nowhere. */
export interface Client {
  readonly site: string;
  readonly client: string;
  /** SHA-256 of the token, 64 hexadecimal digits. */
  readonly tokenSha256: string;
}

/** Who a call belongs to. */
export interface Admitted {
  readonly site: string;
  readonly client: string;
}

/** Tells from the Authorization header who calls; null where nobody is admitted by it. */
export type Authenticate = (authorization: string | undefined) => Admitted | null;

/** RFC 6750: the scheme in any case, one space, the token. */
const BEARER = /^bearer ([A-Za-z0-9\-._~+/]{1,512}={0,2})$/i;

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Admits the clients by their tokens. Every client is compared, and in constant time, so that the answer's time tells
 * nothing. Without clients nobody is admitted.
 */
export function bearerAuthenticator(clients: readonly Client[]): Authenticate {
  const known = clients.map(({ site, client, tokenSha256 }) => ({
    admitted: { site, client },
    digest: Buffer.from(tokenSha256, 'hex'),
  }));
  return (authorization) => {
    const token = BEARER.exec(authorization ?? '')?.[1];
    const digest = Buffer.from(sha256(token ?? ''), 'hex');
    let found: Admitted | null = null;
    for (const one of known) {
      const same = one.digest.length === digest.length && timingSafeEqual(one.digest, digest);
      if (same && token !== undefined) found = one.admitted;
    }
    return found;
  };
}

/** What the configuration says of who may call. */
export interface Admission {
  readonly sites: Readonly<
    Record<string, { readonly clients: readonly { readonly client: string; readonly tokenSha256: string }[] }>
  >;
  /** The token of --dev, for site `dev`; null without --dev. */
  readonly devToken: string | null;
}

/** The clients of all sites, and the developer's own where there is one. */
export function clientsOf({ sites, devToken }: Admission): readonly Client[] {
  const configured = Object.entries(sites).flatMap(([site, { clients }]) =>
    clients.map((client) => ({ site, ...client })),
  );
  if (devToken === null) return configured;
  return [...configured, { site: 'dev', client: 'dev', tokenSha256: sha256(devToken) }];
}
