import type { Config } from '../config.ts';
import type { LibraryProblem } from '../library/library-problem.ts';
import { inspectLibrary } from '../library.ts';
import { findLayerOverlaps, type LayerOverlap } from '../mapping/layer-overlaps.ts';
import { listDeclaredSites } from './known-names.ts';

/** The findings of `check`, which needs no store. */
export interface LibraryCheck {
  readonly problems: readonly LibraryProblem[];
  /** The sites that the configuration, a study's folder or a decision names; null for an unreadable library. */
  readonly sites: readonly string[] | null;
  /** Finds definitions in more than one layer at the site, the winning layer first; null for an unreadable library. */
  findOverlaps(site: string): readonly LayerOverlap[] | null;
}

/** Checks mappings, protocols and criteria, and runs the cases of the views. */
export function checkLibrary(config: Config): LibraryCheck {
  const { library, problems } = inspectLibrary(config, { runCases: true });
  const decided = library?.mappingFiles.decided?.map(({ site }) => site) ?? [];
  return {
    problems,
    sites: library && [...new Set([...listDeclaredSites(config, library), ...decided])].sort(),
    findOverlaps: (site) => library && findLayerOverlaps(library.mappingFiles, site),
  };
}
