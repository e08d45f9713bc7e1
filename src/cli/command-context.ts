import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, ConfigOptions } from '../config.ts';
import { Failure } from '../errors.ts';
import type { SigningKeyOperations } from '../service/access/signing-key-operations.ts';
import type { AuditOperations } from '../service/audit/audit-operations.ts';
import type { BackupOperations } from '../service/backup/backup-operations.ts';
import type { LibraryCheck } from '../service/check-library.ts';
import type { CriteriaSetListing } from '../service/criteria-sets.ts';
import type { MoveOperations } from '../service/move-store.ts';
import type { PersonalKeyOperations } from '../service/people/personal-key.ts';
import type { SealKeyOperations } from '../service/seal-key.ts';
import type { SqlViews } from '../service/sql-views.ts';
import type { Decider, OpeningOptions, Service } from '../service.ts';
import { limitHeapGrowth } from './heap-limit.ts';
import type { Io } from './terminal.ts';

/** Everything that commands need from outside; a test passes its own. */
export interface CommandContext {
  readonly io: Io;
  readonly loadConfig: (options: ConfigOptions) => Promise<Config>;
  readonly openService: (config: Config, options?: OpeningOptions) => Promise<Service>;
  readonly checkLibrary: (config: Config) => Promise<LibraryCheck>;
  readonly listCriteriaSets: (
    config: Config,
    id: string | undefined,
  ) => Promise<readonly CriteriaSetListing[]>;
  readonly loadAuditOperations: () => Promise<AuditOperations>;
  readonly loadBackupOperations: () => Promise<BackupOperations>;
  readonly loadSealKeyOperations: () => Promise<SealKeyOperations>;
  readonly loadSigningKeyOperations: () => Promise<SigningKeyOperations>;
  /** Opens the signature of the user of the operating system. */
  readonly loadSigner: (
    config: Config,
    systemUser: string,
    askPassphrase: () => Promise<string>,
  ) => Promise<Pick<Decider, 'by' | 'signer' | 'mayDecide'>>;
  readonly loadPersonalKeys: () => Promise<PersonalKeyOperations>;
  readonly loadMoveOperations: () => Promise<MoveOperations>;
  readonly readSqlViews: (config: Config) => Promise<SqlViews>;
}

/** Options of every command that needs the store. */
export interface StoreCommandOptions {
  readonly config?: string;
  readonly data?: string;
  readonly database?: string;
  readonly replica?: string;
}

async function runWithService<T>(
  context: CommandContext,
  config: Config,
  work: (service: Service, config: Config) => Promise<T>,
  opening: OpeningOptions = {},
): Promise<T> {
  limitHeapGrowth();
  const service = await context.openService(config, opening);
  try {
    return await work(service, config);
  } finally {
    await service.close();
  }
}

const loadStoreConfig = (
  context: CommandContext,
  { config, data, database, replica }: StoreCommandOptions,
): Promise<Config> => context.loadConfig({ config, data, database, replica });

/** Opens the service, with a new store if none exists; runs the work; closes the service in any case. */
export async function withService<T>(
  context: CommandContext,
  options: StoreCommandOptions,
  work: (service: Service, config: Config) => Promise<T>,
): Promise<T> {
  return runWithService(context, await loadStoreConfig(context, options), work);
}

/** Whether there is a store to open. A database that is named is taken for one. */
const hasStoreIn = ({ dataDir, database }: Config): boolean =>
  database !== null || existsSync(join(dataDir, 'store.db'));

/** Whether the folder of the command has a store. */
export const hasStore = async (context: CommandContext, options: StoreCommandOptions): Promise<boolean> =>
  hasStoreIn(await loadStoreConfig(context, options));

/** Loads the configuration of an existing store, so that a query in the wrong folder is refused (`cli/failed`). */
export async function loadExistingStoreConfig(
  context: CommandContext,
  options: StoreCommandOptions,
): Promise<Config> {
  const config = await loadStoreConfig(context, options);
  if (hasStoreIn(config)) return config;
  throw new Failure('cli/failed', 'There is no store in this folder.', {
    at: config.dataDir,
    fix: 'Name the folder with --data. The commands serve, enroll and ingest create a store.',
  });
}

/** Does the same with an existing store only. The library is read when the work needs it. */
export async function withExistingStore<T>(
  context: CommandContext,
  options: StoreCommandOptions,
  work: (service: Service, config: Config) => Promise<T>,
): Promise<T> {
  const config = await loadExistingStoreConfig(context, options);
  return runWithService(context, config, work, { readsLibraryOnUse: true });
}

/** Resolves the study by name, or the only one of the library. Throws `study/unknown` or, without a name, `cli/usage`. */
export async function resolveStudy(service: Service, named: string | undefined): Promise<string> {
  if (named !== undefined) {
    await service.requireStudy(named);
    return named;
  }
  const studies = await service.listStudies();
  const [only] = studies;
  if (only !== undefined && studies.length === 1) return only;
  throw new Failure('cli/usage', 'The study must be named: there are several, or none.', {
    at: '--study',
    fix: `Name one of: ${studies.join(', ') || '(none)'}`,
  });
}
