import { AsyncLocalStorage } from 'node:async_hooks';

/** Who acts: a person who signed in, a client with its credential, or the adapter itself. */
export interface AuditOrigin {
  /** The id of the person or client; for the adapter itself `trial-adapter`. Never a patient's. */
  readonly actor: string;
  readonly kind: 'person' | 'client' | 'system';
  /** How they were authenticated, as a code: `bearer`, `private_key_jwt`, `oidc`, `operating-system`, `process`. */
  readonly how: string;
  /** The client through which a person acts. */
  readonly client?: string;
  /** The id of the request. */
  readonly request?: string;
  /** The network address of the client. */
  readonly network?: string;
}

/** The adapter itself: background work, and whatever nobody has asked for. */
export const SYSTEM_ORIGIN: AuditOrigin = { actor: 'trial-adapter', kind: 'system', how: 'process' };

const origins = new AsyncLocalStorage<AuditOrigin>();

/**
 * Runs work, and all that it awaits, on behalf of whoever acts: what it stores is recorded as theirs. It is not a parameter,
 * because every layer between a door and the store would have to hand it on, and one that forgot would leave a wrong name.
 */
export const runAs = <T>(origin: AuditOrigin, work: () => T): T => origins.run(origin, work);

/** Returns who acts in this call; the adapter itself where nobody was named. */
export const getAuditOrigin = (): AuditOrigin => origins.getStore() ?? SYSTEM_ORIGIN;
