import { createHash, randomBytes } from 'node:crypto';
import type { PersonIdentity } from './identity.ts';

/** A session as it is stored. Instants are ISO 8601 in UTC. */
export interface StoredSession extends Omit<PersonIdentity, 'roles'> {
  readonly idHash: string;
  readonly roles: readonly string[];
  readonly startedAt: string;
  readonly lastSeenAt: string;
  readonly expiresAt: string;
}

/** Which sessions to end. */
type EndedSessions =
  | { readonly idHash: string }
  | { readonly issuer: string; readonly subject: string }
  | { readonly issuer: string; readonly issuerSession: string };

/** Where sessions are kept; each call is a transaction of its own. */
export interface SessionRepository {
  add(session: StoredSession): Promise<void>;
  find(idHash: string): Promise<StoredSession | undefined>;
  touch(idHash: string, lastSeenAt: string): Promise<void>;
  end(selection: EndedSessions): Promise<number>;
  removeExpired(now: string, idleSince: string): Promise<void>;
}

/** How long a session lasts. */
export interface SessionTimes {
  /** However much it is used. */
  readonly sessionMinutes: number;
  /** Without being used. */
  readonly idleMinutes: number;
  /** How long ago a person may have proved who they are to sign a decision. */
  readonly stepUpMinutes: number;
}

/** The sessions of people who signed in. */
export interface PersonSessions {
  /**
   * Starts a session under a new id, which is returned and stored nowhere; ends the one that the browser had, so that nobody
   * can have prepared it.
   */
  start(
    person: PersonIdentity,
    formerId: string | undefined,
  ): Promise<{ id: string; session: StoredSession }>;
  /** Finds the session of a request; null where there is none, or it has ended. */
  find(id: string | undefined): Promise<StoredSession | null>;
  end(
    selection: { readonly id: string } | Exclude<EndedSessions, { readonly idHash: string }>,
  ): Promise<void>;
  /** Whether the person has just proved who they are, so that they may sign. */
  isFresh(session: StoredSession): boolean;
}

const ID_BYTES = 32;
const ID_PATTERN = /^[A-Za-z0-9_-]{43}$/;

const MINUTE_MS = 60_000;
/** How exactly the last use is stored: not each request is a write. */
const TOUCH_MS = 60_000;

const hashId = (id: string): string => createHash('sha256').update(id).digest('hex');

/** Creates the sessions. */
export function createPersonSessions(
  repository: SessionRepository,
  { sessionMinutes, idleMinutes, stepUpMinutes }: SessionTimes,
  now: () => Date,
): PersonSessions {
  const formatAgo = (minutes: number) => new Date(now().getTime() - minutes * MINUTE_MS).toISOString();
  return {
    async start(person, formerId) {
      const id = randomBytes(ID_BYTES).toString('base64url');
      const at = now();
      const session: StoredSession = {
        ...person,
        idHash: hashId(id),
        startedAt: at.toISOString(),
        lastSeenAt: at.toISOString(),
        expiresAt: new Date(at.getTime() + sessionMinutes * MINUTE_MS).toISOString(),
      };
      await repository.removeExpired(at.toISOString(), formatAgo(idleMinutes));
      if (formerId !== undefined && ID_PATTERN.test(formerId))
        await repository.end({ idHash: hashId(formerId) });
      await repository.add(session);
      return { id, session };
    },
    async find(id) {
      // What cannot be an id costs no look-up.
      if (id === undefined || !ID_PATTERN.test(id)) return null;
      const session = await repository.find(hashId(id));
      const at = now().toISOString();
      if (!session || session.expiresAt <= at || session.lastSeenAt <= formatAgo(idleMinutes)) return null;
      if (now().getTime() - Date.parse(session.lastSeenAt) >= TOUCH_MS)
        await repository.touch(session.idHash, at);
      return session;
    },
    async end(selection) {
      await repository.end('id' in selection ? { idHash: hashId(selection.id) } : selection);
    },
    // A minute of tolerance where the issuer's clock is ahead; not more, or an old proof could be a new one.
    isFresh: ({ authenticatedAt }) =>
      authenticatedAt >= formatAgo(stepUpMinutes) && authenticatedAt <= formatAgo(-1),
  };
}
