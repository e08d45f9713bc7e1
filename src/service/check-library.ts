import type { Config } from '../config.ts';
import type { LibraryProblem } from '../library/library-problem.ts';
import { inspectLibrary } from '../library.ts';
import { findLayerOverlaps, type LayerOverlap } from '../mapping/layer-overlaps.ts';

/** What `check` finds, without a store. */
export interface LibraryCheck {
  readonly problems: readonly LibraryProblem[];
  /**
   * What more than one layer defines at the site, the one that wins first; null where the library cannot be read.
   */
  findOverlaps(site: string): readonly LayerOverlap[] | null;
}

/** Finds everything that is wrong with mappings, protocols and criteria, golden cases included. */
export function checkLibrary(config: Config): LibraryCheck {
  const { library, problems } = inspectLibrary(config, { runCases: true });
  return { problems, findOverlaps: (site) => library && findLayerOverlaps(library.mappingFiles, site) };
}
