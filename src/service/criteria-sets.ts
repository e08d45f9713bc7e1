import type { Config } from '../config.ts';
import { computeCriteriaDigest } from '../library/criteria-digest.ts';
import { type Library, readLibrary, selectCriteriaSets } from '../library.ts';
import type { CriteriaSet } from '../trial/criteria/criteria-set.ts';
import type { Protocol } from '../trial/protocol.ts';
import { buildUnknownCriteriaSetFailure } from './study-rules.ts';

/** A criteria set of the library, with its use in the studies. */
export interface CriteriaSetListing {
  readonly set: CriteriaSet;
  /** The hash of its content, which a sign-off names. */
  readonly hash: string;
  /** The study with the set in its folder; null for the general sets. */
  readonly own: string | null;
  /** The uses in studies, such as `msc-aa: overall for SAA, VSAA`; empty where no study uses the set. */
  readonly uses: readonly string[];
}

function describeUses(
  { id, criteria: { overall, lineages, severity } }: Protocol,
  setId: string,
): readonly string[] {
  const severities = Object.entries(overall).flatMap(([name, used]) => (used === setId ? [name] : []));
  return [
    ...(severities.length > 0 ? [`${id}: overall for ${severities.join(', ')}`] : []),
    ...(lineages === setId ? [`${id}: lineages`] : []),
    ...(severity === setId ? [`${id}: severity`] : []),
  ];
}

/** Collects the general sets, then those of studies. In its study, a study's set replaces the general one of that id. */
export function collectCriteriaSets(library: Library): readonly CriteriaSetListing[] {
  const protocols = [...library.protocols.values()];
  const listUses = (set: CriteriaSet): readonly string[] =>
    protocols
      .filter(({ id }) => selectCriteriaSets(library, id).get(set.id) === set)
      .flatMap((protocol) => describeUses(protocol, set.id));
  const general = [...library.criteria.values()].map((set) => ({
    set,
    hash: computeCriteriaDigest(set),
    own: null,
    uses: listUses(set),
  }));
  const own = protocols.flatMap(({ id }) =>
    [...selectCriteriaSets(library, id).values()]
      .filter((set) => library.criteria.get(set.id) !== set)
      .map((set) => ({ set, hash: computeCriteriaDigest(set), own: id, uses: listUses(set) })),
  );
  return [...general, ...own];
}

/** Lists the criteria sets of the library, or those with one id. Throws `criteria/unknown`. */
export function listCriteriaSets(config: Config, id: string | undefined): readonly CriteriaSetListing[] {
  const listings = collectCriteriaSets(readLibrary(config));
  if (id === undefined) return listings;
  const found = listings.filter(({ set }) => set.id === id);
  if (found.length > 0) return found;
  throw buildUnknownCriteriaSetFailure(
    id,
    listings.map(({ set }) => set.id),
  );
}
