import type { Config } from '../../config.ts';
import type { PeopleDoors } from '../../http/people/people-router.ts';
import type { TrustConfig } from '../../library/decision-trust.ts';
import type { Store } from '../../store/store.ts';
import type { LibrarySnapshot } from '../library-snapshot.ts';
import { loadOnUse } from '../opening/load-on-use.ts';
import type { OutboxOperations } from '../outbox-operations.ts';
import type { createPeopleParts } from './people-parts.ts';
import type { SessionOperations } from './session-operations.ts';

/* What is loaded when it is called first: most commands need none of it. */

/** The part of an open service that the doors of people need. */
interface OpenedForPeople {
  readonly config: Config;
  readonly store: Store;
  loadCore(): Promise<{ getSnapshot(): LibrarySnapshot }>;
}

/** Creates the operations on the outbox. They work also where the library is broken. */
export const createOutboxCalls = (
  config: TrustConfig,
  store: Store,
  softwareVersion: string,
): OutboxOperations =>
  loadOnUse<OutboxOperations>(
    { listOutboxEntries: true, moveOutboxEntries: true, overwriteInEhr: true },
    async () => {
      const [{ createOutboxOperations }, { buildDecisionTrust }] = await Promise.all([
        import('../outbox-operations.ts'),
        import('../../library/decision-trust.ts'),
      ]);
      const rules = `fhir-trial-adapter ${softwareVersion}`;
      return createOutboxOperations(store, { trust: buildDecisionTrust(config), rules });
    },
  );

/** Creates the operations on the sessions of people. */
export const createSessionCalls = (store: Store): SessionOperations =>
  loadOnUse<SessionOperations>(
    { listSessions: true, endSession: true, endSessionsOfPerson: true },
    async () => {
      const { createSessionOperations } = await import('./session-operations.ts');
      return createSessionOperations(store, () => new Date());
    },
  );

/** Loads the doors of people; null where nobody can sign in. */
export async function loadPeopleDoors(
  { config, store, loadCore }: OpenedForPeople,
  decisions: Parameters<typeof createPeopleParts>[2],
): Promise<PeopleDoors | null> {
  if (config.signIn === null) return null;
  const [{ createPeopleParts: createParts }, { createPeopleDoors }] = await Promise.all([
    import('./people-parts.ts'),
    import('../../http/people/people-router.ts'),
  ]);
  const { getSnapshot } = await loadCore();
  return createPeopleDoors(createParts(config.signIn, { config, store, getSnapshot }, decisions));
}
