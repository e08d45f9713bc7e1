import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Resource } from '../fhir/resource.ts';
import { readLibrary } from '../library.ts';
import type { Mapped, MappingContext } from '../mapping/mapped.ts';
import type { Traced } from '../mapping/mapper.ts';
import { type Remapped, remapInbox } from '../pipeline/remap.ts';
import type { Store } from '../store/store.ts';
import type { InForce } from './in-force.ts';

/** For whose subjects something is mapped. */
export interface Whose {
  readonly site: string;
  /** null: the only study there is, else none. */
  readonly study: string | null;
}

export type Progress = (done: number, of: number) => void;

/** The mapping bench: see what a mapping does before, and while, it does it. */
export interface Bench {
  /** Dry run: what the resource would give for some subject; nothing is stored. */
  mapOnly(whose: Whose, resource: Resource): Promise<Mapped>;
  /** The same, row by row, with the expression and the element behind every value. */
  trace(whose: Whose, resource: Resource): Promise<readonly Traced[]>;
  /** Which facts of the stored inbox another mappings folder would change; nothing is stored. */
  diff(mappingsDir: string, progress: Progress): Promise<Remapped>;
  /** Maps the stored inbox again under the mappings in force; a dry run only says what would change. */
  replay(dryRun: boolean, progress: Progress): Promise<Remapped>;
}

function contextOf({ pipeline }: InForce, { site, study }: Whose): MappingContext {
  const [only, ...more] = pipeline.studies;
  const named = study ?? (more.length === 0 ? only : undefined);
  return {
    subject: 'dry-run',
    site,
    ...(named === undefined ? {} : { study: named }),
    timeZone: pipeline.site(site).timeZone,
    resolve: () => undefined,
  };
}

/** The bench over the stored inbox and the library in force. */
export function benchOf(config: Config, store: Store, inForce: () => InForce): Bench {
  return {
    mapOnly: async (whose, resource) => inForce().library.mapper.map(resource, contextOf(inForce(), whose)),
    trace: async (whose, resource) => inForce().library.mapper.trace(resource, contextOf(inForce(), whose)),
    async diff(mappingsDir, progress) {
      const { pipeline } = inForce();
      const place = { mappingsDir, studiesDir: join(mappingsDir, 'studies'), dataDir: config.dataDir };
      const { map } = readLibrary(place).mapper;
      const other = { now: pipeline.now, site: (site: string) => ({ ...pipeline.site(site), map }) };
      return remapInbox(store, pipeline, { other, dryRun: true, progress });
    },
    replay: (dryRun, progress) => remapInbox(store, inForce().pipeline, { dryRun, progress }),
  };
}
