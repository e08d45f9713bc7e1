import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, loadConfig } from '../config.ts';
import { Failure } from '../errors.ts';
import type { checkLibrary } from '../service/check-library.ts';
import type { listCriteriaSets } from '../service/criteria-sets.ts';
import type { Service } from '../service.ts';
import { limitHeapGrowth } from './heap-limit.ts';
import type { Io } from './terminal.ts';

/** What every command is handed. */
export interface CommandContext {
  readonly io: Io;
  readonly loadConfig: typeof loadConfig;
  readonly openService: (config: Config) => Promise<Service>;
  readonly checkLibrary: typeof checkLibrary;
  readonly listCriteriaSets: typeof listCriteriaSets;
}

/** Options that every command which needs the store has. */
export interface StoreOptions {
  readonly config?: string;
  readonly data?: string;
}

/** Opens the service, does the work, closes it again, whatever came of it. `there`: a store is read, not made. */
export async function withService<T>(
  session: CommandContext,
  options: StoreOptions,
  work: (service: Service, config: Config) => Promise<T>,
  store: 'made' | 'there' = 'made',
): Promise<T> {
  const config = session.loadConfig({ config: options.config, data: options.data });
  if (store === 'there' && !existsSync(join(config.dataDir, 'store.db'))) {
    throw new Failure('cli/failed', 'There is no store here.', {
      at: config.dataDir,
      fix: 'Name the folder with --data; serve, enroll and ingest make one.',
    });
  }
  const service = await session.openService(config);
  try {
    return await work(service, config);
  } finally {
    await service.close();
  }
}

/** The study that was named, or the only one there is. */
export function resolveStudy(service: Service, named: string | undefined): string {
  const studies = service.listStudies();
  if (named !== undefined) {
    service.requireStudy(named);
    return named;
  }
  const [only] = studies;
  if (only !== undefined && studies.length === 1) return only;
  throw new Failure('cli/usage', 'It is not clear which study is meant.', {
    at: '--study',
    fix: `Name one of: ${studies.join(', ') || '(none)'}`,
  });
}

/** As withService, on a store that is there: who asks a question in the wrong folder hears so. */
export function withExistingStore<T>(
  session: CommandContext,
  options: StoreOptions,
  work: (service: Service, config: Config) => Promise<T>,
): Promise<T> {
  limitHeapGrowth();
  return withService(session, options, work, 'there');
}
