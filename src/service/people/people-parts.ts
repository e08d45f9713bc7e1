import {
  createPersonSessions,
  type SessionRepository,
  type StoredSession,
} from '../../auth/people/sessions.ts';
import { createSignIn } from '../../auth/people/sign-in.ts';
import { deriveKey } from '../../auth/people/sign-in-attempt.ts';
import type { SignInConfig } from '../../config/people-config.ts';
import type { Config } from '../../config.ts';
import type { PersonOperations } from '../../http/people/api-routes.ts';
import type { PeopleDependencies } from '../../http/people/people-router.ts';
import type { DecisionSigner } from '../../signatures/sign-decision.ts';
import type { Store } from '../../store/store.ts';
import { collectCriteriaSets } from '../criteria-sets.ts';
import type { CriteriaSignOffOperations } from '../criteria-sign-offs.ts';
import type { LibrarySnapshot } from '../library-snapshot.ts';
import { listCheckedDecisions } from './decision-history.ts';
import { openServiceSigningKey } from './service-signing-key.ts';

/** Keeps sessions in the store. */
const createSessionRepository = (store: Store): SessionRepository => ({
  add: (session) => store.transaction((tx) => tx.personSessions.add(session)),
  find: (idHash) => store.read((tx) => tx.personSessions.find(idHash)),
  touch: (idHash, lastSeenAt) => store.transaction((tx) => tx.personSessions.touch(idHash, lastSeenAt)),
  end: (selection) => store.transaction((tx) => tx.personSessions.end(selection)),
  removeExpired: (now, idleSince) =>
    store.transaction((tx) => tx.personSessions.removeExpired(now, idleSince)),
});

/** Signs for somebody who signed in: with the service's key, and with how they proved who they are. */
function openSessionSigner(keysDir: string, session: StoredSession): DecisionSigner {
  const { issuer, subject, name, authenticatedAt, contextClass, methods } = session;
  return {
    identity: { name, id: `${issuer}|${subject}` },
    authentication: { method: 'oidc', issuer, authenticatedAt, contextClass, methods },
    privateKey: openServiceSigningKey(keysDir),
  };
}

/** What the doors need of the service. */
interface PeopleSurroundings {
  readonly config: Pick<Config, 'keysDir'>;
  readonly store: Store;
  getSnapshot(): LibrarySnapshot;
}

/** The decisions of people, as the command line makes them too. */
type DecisionCalls = Pick<
  PersonOperations,
  'listWorkItems' | 'getWorkItem' | 'acceptWorkItem' | 'rejectWorkItem' | 'signCriteriaSet'
> &
  CriteriaSignOffOperations;

/** Lists the criteria sets with their sign-offs, and with the hash that a sign-off names. */
async function listCriteria(
  { library }: LibrarySnapshot,
  { listCriteriaSignOffs }: CriteriaSignOffOperations,
): Promise<readonly unknown[]> {
  const nameSet = (own: string | null, id: string) => JSON.stringify([own, id]);
  const hashes = new Map(
    collectCriteriaSets(library).map(({ set, own, hash }) => [nameSet(own, set.id), hash]),
  );
  const signOffs = await listCriteriaSignOffs();
  return signOffs.map((set) => ({ ...set, hash: hashes.get(nameSet(set.own, set.id)) ?? null }));
}

/** Creates what the doors of people need. `now` is the clock of sessions. */
export function createPeopleParts(
  signIn: SignInConfig,
  { config: { keysDir }, store, getSnapshot }: PeopleSurroundings,
  decisions: DecisionCalls,
  now: () => Date = () => new Date(),
): PeopleDependencies {
  const { issuer, publicUrl, clientSecret, stepUpMinutes } = signIn;
  const operations: PersonOperations = {
    ...decisions,
    listCriteria: () => listCriteria(getSnapshot(), decisions),
    listDecisions: (filter) => listCheckedDecisions(store, getSnapshot().assessment.trust, filter),
    openSigner: (session) => openSessionSigner(keysDir, session),
  };
  return {
    ...{ issuer, publicUrl, stepUpMinutes, operations },
    signIn: createSignIn(signIn, now),
    sessions: createPersonSessions(createSessionRepository(store), signIn, now),
    csrfSecret: Buffer.from(deriveKey(clientSecret, 'csrf')).toString('base64url'),
  };
}
