import type { PersonSession } from '../../store/person-sessions.ts';
import type { Store } from '../../store/store.ts';

/** A session as an operator sees it. The id here names it, and opens nothing. Printed as JSON. */
export type ListedSession = Omit<PersonSession, 'idHash'> & { readonly id: string };

/** Operations on the sessions of people who signed in. */
export interface SessionOperations {
  /** Lists the sessions that have not ended, by start. */
  listSessions(): Promise<readonly ListedSession[]>;
  /** Ends the session whose id begins with these digits (at least 8); returns the number ended. */
  endSession(id: string): Promise<number>;
  /** Ends every session of a person, named by their subject at the issuer; returns their number. */
  endSessionsOfPerson(subject: string): Promise<number>;
}

const MIN_DIGITS = 8;

/** Creates the operations on the store's sessions. A service sees at its next request that one has ended. */
export function createSessionOperations(store: Store, now: () => Date): SessionOperations {
  const endWhere = (isMeant: (session: PersonSession) => boolean): Promise<number> =>
    store.transaction(async (tx) => {
      const meant = (await tx.personSessions.list()).filter(isMeant);
      for (const { idHash } of meant) await tx.personSessions.end({ idHash });
      return meant.length;
    });
  return {
    async listSessions() {
      const at = now().toISOString();
      const sessions = await store.read((tx) => tx.personSessions.list());
      return sessions
        .filter(({ expiresAt }) => expiresAt > at)
        .map(({ idHash, ...session }) => ({ id: idHash, ...session }));
    },
    endSession: async (id) =>
      id.length < MIN_DIGITS ? 0 : endWhere(({ idHash }) => idHash.startsWith(id.toLowerCase())),
    endSessionsOfPerson: (subject) => endWhere((session) => session.subject === subject),
  };
}
