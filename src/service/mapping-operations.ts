import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Resource } from '../fhir/resource.ts';
import { readLibrary } from '../library.ts';
import type { MappingTrace } from '../mapping/mapper.ts';
import type { MappingContext, MappingResult } from '../mapping/mapping-result.ts';
import { type RemapSummary, remapInbox } from '../pipeline/facts/remap-inbox.ts';
import type { LibrarySnapshot } from './active-library.ts';

/** For whose subjects something is mapped. */
export interface MappingScope {
  readonly site: string;
  /** null: the only study there is, else none. */
  readonly study: string | null;
}

export type ProgressCallback = (done: number, of: number) => void;

/** The mapping bench: see what a mapping does before, and while, it does it. */
export interface MappingOperations {
  /** Dry run: what the resource would give for some subject; nothing is stored. */
  previewMapping(whose: MappingScope, resource: Resource): Promise<MappingResult>;
  /** The same, row by row, with the expression and the element behind every value. */
  traceMapping(whose: MappingScope, resource: Resource): Promise<readonly MappingTrace[]>;
  /** Which facts of the stored inbox another mappings folder would change; nothing is stored. */
  compareMappings(mappingsDir: string, progress: ProgressCallback): Promise<RemapSummary>;
  /** Maps the stored inbox again under the mappings in force; a dry run only says what would change. */
  remapInbox(dryRun: boolean, progress: ProgressCallback): Promise<RemapSummary>;
}

function buildDryRunContext({ pipeline }: LibrarySnapshot, { site, study }: MappingScope): MappingContext {
  const [only, ...more] = pipeline.studies;
  const named = study ?? (more.length === 0 ? only : undefined);
  return {
    subject: 'dry-run',
    site,
    ...(named === undefined ? {} : { study: named }),
    timeZone: pipeline.siteContext(site).timeZone,
    resolve: () => undefined,
  };
}

/** The bench over the stored inbox and the library in force. */
export function createMappingOperations(config: Config, inForce: () => LibrarySnapshot): MappingOperations {
  return {
    previewMapping: async (whose, resource) =>
      inForce().library.mapper.map(resource, buildDryRunContext(inForce(), whose)),
    traceMapping: async (whose, resource) =>
      inForce().library.mapper.trace(resource, buildDryRunContext(inForce(), whose)),
    async compareMappings(mappingsDir, progress) {
      const { pipeline } = inForce();
      const place = { mappingsDir, studiesDir: join(mappingsDir, 'studies'), dataDir: config.dataDir };
      const { map } = readLibrary(place).mapper;
      const alternative = (site: string) => ({ ...pipeline.siteContext(site), map });
      return remapInbox(pipeline, { alternative, dryRun: true, progress });
    },
    remapInbox: (dryRun, progress) => remapInbox(inForce().pipeline, { dryRun, progress }),
  };
}
