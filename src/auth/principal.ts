import type { SystemScope } from './scopes.ts';

/** How a client has proved who it is. */
export type AuthenticationMethod =
  | 'static-token'
  | 'access-token'
  | 'external-token'
  | 'certificate'
  | 'dev-token'
  | 'none';

/**
 * Who sent a request, and what they may do. The site comes from the credential and from nothing else: no path, header or body
 * can name another one.
 */
export interface Principal {
  readonly site: string;
  readonly client: string;
  readonly scopes: readonly SystemScope[];
  readonly method: AuthenticationMethod;
  /** What the credential is bound to: the thumbprint of a key (RFC 7638) or certificate (SHA-256); null where nothing. */
  readonly keyThumbprint: string | null;
}

/** What a request presents to prove who sent it. */
export interface Credentials {
  /** The values of every Authorization header. */
  readonly authorization: readonly string[];
  /** SHA-256 of the client's certificate in DER, 64 hexadecimal digits; null where it presented none. */
  readonly certificateSha256: string | null;
}
