import type { Config } from '../config.ts';
import type { LibraryProblem } from '../library/library-problem.ts';
import { inspectLibrary } from '../library.ts';
import { findLayerOverlaps, type LayerOverlap } from '../mapping/layer-overlaps.ts';

/** The findings of `check`, which needs no store. */
export interface LibraryCheck {
  readonly problems: readonly LibraryProblem[];
  /** Finds definitions in more than one layer at the site, the winning layer first; null for an unreadable library. */
  findOverlaps(site: string): readonly LayerOverlap[] | null;
}

/** Checks mappings, protocols and criteria, and runs the cases of the views. */
export function checkLibrary(config: Config): LibraryCheck {
  const { library, problems } = inspectLibrary(config, { runCases: true });
  return { problems, findOverlaps: (site) => library && findLayerOverlaps(library.mappingFiles, site) };
}
