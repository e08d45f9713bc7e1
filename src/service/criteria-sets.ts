import type { Config } from '../config.ts';
import { type Library, readLibrary, selectCriteriaSets } from '../library.ts';
import type { CriteriaSet } from '../trial/criteria/criteria-set.ts';
import type { Protocol } from '../trial/protocol.ts';
import { buildUnknownCriteriaSetFailure } from './study-rules.ts';

/** A criteria set of the library, and what the studies ask of it. */
export interface CriteriaSetListing {
  readonly set: CriteriaSet;
  /** The study in whose folder it lies; null for the general sets. */
  readonly own: string | null;
  /** Such as `msc-aa: overall for SAA, VSAA`; empty where no study uses it. */
  readonly uses: readonly string[];
}

function describeUses(
  { id, criteria: { overall, lineages, severity } }: Protocol,
  set: string,
): readonly string[] {
  const severities = Object.entries(overall).flatMap(([word, used]) => (used === set ? [word] : []));
  return [
    ...(severities.length > 0 ? [`${id}: overall for ${severities.join(', ')}`] : []),
    ...(lineages === set ? [`${id}: lineages`] : []),
    ...(severity === set ? [`${id}: severity`] : []),
  ];
}

/** A study's own set hides the general one of that name, in that study only. */
function collectCriteriaSets(library: Library): readonly CriteriaSetListing[] {
  const protocols = [...library.protocols.values()];
  const uses = (set: CriteriaSet): readonly string[] =>
    protocols
      .filter(({ id }) => selectCriteriaSets(library, id).get(set.id) === set)
      .flatMap((protocol) => describeUses(protocol, set.id));
  const general = [...library.criteria.values()].map((set) => ({ set, own: null, uses: uses(set) }));
  const own = protocols.flatMap(({ id }) =>
    [...selectCriteriaSets(library, id).values()]
      .filter((set) => library.criteria.get(set.id) !== set)
      .map((set) => ({ set, own: id, uses: uses(set) })),
  );
  return [...general, ...own];
}

/** The criteria sets of the library, or those of one name. Throws `criteria/unknown`. */
export function listCriteriaSets(config: Config, id: string | undefined): readonly CriteriaSetListing[] {
  const all = collectCriteriaSets(readLibrary(config));
  if (id === undefined) return all;
  const found = all.filter(({ set }) => set.id === id);
  if (found.length > 0) return found;
  throw buildUnknownCriteriaSetFailure(
    id,
    all.map(({ set }) => set.id),
  );
}
