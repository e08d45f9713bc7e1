import { Failure } from '../errors.ts';
import type { Decider } from '../pipeline/decisions/decider.ts';
import { readSignedCriteriaSet, signOffCriteriaSet } from '../pipeline/query/criteria-sign-offs.ts';
import type { Store } from '../store/store.ts';
import type { SignedCriteriaSet } from '../trial/criteria/sign-off.ts';
import { type CriteriaSetListing, collectCriteriaSets } from './criteria-sets.ts';
import type { LibrarySnapshot } from './library-snapshot.ts';
import { formatRules } from './people/signed-rules.ts';
import { buildUnknownCriteriaSetFailure } from './study-rules.ts';

/** A set with its sign-off, and the study in whose folder it is; null for the general sets. */
export type ListedSignOff = SignedCriteriaSet & { readonly own: string | null };

/** Operations on the sign-off of criteria sets by a haematologist. */
export interface CriteriaSignOffOperations {
  /**
   * Signs off a set in its present version and content. `study`: that of a set in a study's folder. Throws `criteria/unknown`, and
   * `criteria/undefined` for a set without rules.
   */
  signCriteriaSet(
    request: { readonly set: string; readonly study: string | null },
    decider: Decider,
  ): Promise<ListedSignOff>;
  /** Lists the sets of the library with their sign-offs. */
  listCriteriaSignOffs(): Promise<readonly ListedSignOff[]>;
}

function requireSignableSet(
  listings: readonly CriteriaSetListing[],
  { set: id, study }: { readonly set: string; readonly study: string | null },
): CriteriaSetListing {
  const named = listings.filter(({ set }) => set.id === id);
  const found = named.find(({ own }) => own === study) ?? (named.length === 1 ? named[0] : undefined);
  if (!found)
    throw buildUnknownCriteriaSetFailure(
      id,
      listings.map(({ set }) => set.id),
    );
  if (found.set.status !== 'undefined') return found;
  throw new Failure('criteria/undefined', `${id} has no rules that could be signed off.`, {
    at: id,
    fix: 'Add the rules of its source as a new version.',
  });
}

/** Creates the operations, by the library in use. */
export function createCriteriaSignOffOperations(
  store: Store,
  getSnapshot: () => LibrarySnapshot,
): CriteriaSignOffOperations {
  return {
    async signCriteriaSet(request, decider) {
      const snapshot = getSnapshot();
      const { library, assessment } = snapshot;
      const { set, own } = requireSignableSet(collectCriteriaSets(library), request);
      const { trust } = assessment;
      const rules = formatRules(snapshot);
      const signedOff = await store.transaction((tx) =>
        signOffCriteriaSet(tx, { trust, rules, now: assessment.now() }, set, decider),
      );
      return { id: set.id, version: set.version, own, signedOff };
    },
    listCriteriaSignOffs: () =>
      store.read(async (tx) => {
        const signed: ListedSignOff[] = [];
        const { library, assessment } = getSnapshot();
        const { trust } = assessment;
        for (const { set, own } of collectCriteriaSets(library))
          signed.push({ ...(await readSignedCriteriaSet(tx, trust, set)), own });
        return signed;
      }),
  };
}
