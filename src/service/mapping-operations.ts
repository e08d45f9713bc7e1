import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Resource } from '../fhir/resource.ts';
import { readLibrary } from '../library.ts';
import type { MappingTrace } from '../mapping/mapper.ts';
import type { MappingContext, MappingResult } from '../mapping/mapping-result.ts';
import { type RemapSummary, remapInbox } from '../pipeline/facts/remap-inbox.ts';
import type { LibrarySnapshot } from './library-snapshot.ts';

/** The site and study that determine the mappings of a resource. */
interface MappingScope {
  readonly site: string;
  /** null: the only study of the library; with several studies, the general mappings. */
  readonly study: string | null;
}

/** Receives the number of resources done and the number of all resources. */
export type ProgressCallback = (done: number, total: number) => void;

/** Operations that preview a mapping, or apply it to the stored inbox. */
export interface MappingOperations {
  /** Dry run: returns the facts that the resource would state for a subject; nothing is stored. */
  previewMapping(scope: MappingScope, resource: Resource): Promise<MappingResult>;
  /** The same row by row, with the expression and the element of every value. */
  traceMapping(scope: MappingScope, resource: Resource): Promise<readonly MappingTrace[]>;
  /** Returns the changes that another mappings folder would make to the facts of the inbox; nothing is stored. */
  compareMappings(mappingsDir: string, progress: ProgressCallback): Promise<RemapSummary>;
  /** Maps the stored inbox again by the mappings in use; a dry run only returns the changes. */
  remapInbox(dryRun: boolean, progress: ProgressCallback): Promise<RemapSummary>;
}

function buildDryRunContext({ pipeline }: LibrarySnapshot, { site, study }: MappingScope): MappingContext {
  const [firstStudy, ...otherStudies] = pipeline.studies;
  const scopeStudy = study ?? (otherStudies.length === 0 ? firstStudy : undefined);
  const siteContext = pipeline.getSiteContext(site);
  const visits = scopeStudy === undefined ? null : siteContext.listVisits(scopeStudy);
  return {
    subject: 'dry-run',
    site,
    ...(scopeStudy === undefined ? {} : { study: scopeStudy }),
    visits,
    timeZone: siteContext.timeZone,
    resolve: () => undefined,
  };
}

/** Creates the mapping operations on the stored inbox, by the library in use. */
export function createMappingOperations(
  config: Config,
  getSnapshot: () => LibrarySnapshot,
): MappingOperations {
  return {
    previewMapping: async (scope, resource) =>
      getSnapshot().library.mapper.map(resource, buildDryRunContext(getSnapshot(), scope)),
    traceMapping: async (scope, resource) =>
      getSnapshot().library.mapper.trace(resource, buildDryRunContext(getSnapshot(), scope)),
    async compareMappings(mappingsDir, progress) {
      const { pipeline } = getSnapshot();
      const folders = { mappingsDir, studiesDir: join(mappingsDir, 'studies'), dataDir: config.dataDir };
      const { map } = readLibrary(folders).mapper;
      const alternative = (site: string) => ({ ...pipeline.getSiteContext(site), map });
      return remapInbox(pipeline, { alternative, dryRun: true, progress });
    },
    remapInbox: (dryRun, progress) => remapInbox(getSnapshot().pipeline, { dryRun, progress }),
  };
}
