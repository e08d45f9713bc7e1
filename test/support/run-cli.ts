import { join } from 'node:path';
import { runCli } from '../../src/cli/run.ts';
import { loadConfig } from '../../src/config.ts';
import { SIGNING_KEY_OPERATIONS } from '../../src/service/access/signing-key-operations.ts';
import { AUDIT_OPERATIONS } from '../../src/service/audit/audit-operations.ts';
import { BACKUP_OPERATIONS } from '../../src/service/backup/backup-operations.ts';
import { checkLibrary } from '../../src/service/check-library.ts';
import { listCriteriaSets } from '../../src/service/criteria-sets.ts';
import { MOVE_OPERATIONS } from '../../src/service/move-store.ts';
import { openCommandLineSigner } from '../../src/service/people/command-line-signer.ts';
import { PERSONAL_KEY_OPERATIONS } from '../../src/service/people/personal-key.ts';
import { SEAL_KEY_OPERATIONS } from '../../src/service/seal-key.ts';
import { readSqlViews } from '../../src/service/sql-views.ts';
import { openService } from '../../src/service.ts';
import { waitUntil } from './wait-until.ts';
import type { TestFolder } from './with-folder.ts';

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What surrounds a command, in addition to its arguments. */
export interface CliSurroundings {
  readonly stdin?: string;
  /** What is typed where a secret is asked for; absent: there is no terminal. */
  readonly secret?: string;
  /** Whether standard error is a terminal; false by default. */
  readonly isTerminal?: boolean;
  readonly env?: Record<string, string>;
  /** Receives the function that SIGHUP calls. */
  readonly onReload?: (reload: () => void) => void;
  /** Called with standard output while `serve` runs; `serve` stops when it returns. */
  readonly whileServing?: (out: string) => Promise<void>;
}

/** Runs a command as main.js does, with the real service, on the store in the folder's `data`. */
export async function runInFolder(
  folder: TestFolder,
  args: readonly string[],
  surroundings: CliSurroundings = {},
): Promise<CliResult> {
  let out = '';
  let err = '';
  const env = {
    TRIAL_ADAPTER_DATA: join(folder.path, 'data'),
    TRIAL_ADAPTER_LOG_LEVEL: 'silent',
    ...surroundings.env,
  };
  const code = await runCli(args, {
    io: {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      errIsTerminal: surroundings.isTerminal ?? false,
      stdin: (async function* () {
        yield Buffer.from(surroundings.stdin ?? '');
      })(),
      askSecret: async () => surroundings.secret ?? null,
      onReload: (reload) => surroundings.onReload?.(reload),
      waitUntilStopped: async () => {
        await waitUntil(() => out.includes('Listening'));
        await surroundings.whileServing?.(out);
      },
    },
    loadConfig: async (options) => loadConfig(options, env, folder.path),
    openService,
    checkLibrary: async (config) => checkLibrary(config),
    listCriteriaSets: async (config, id) => listCriteriaSets(config, id),
    readSqlViews: async (config) => readSqlViews(config),
    loadAuditOperations: async () => AUDIT_OPERATIONS,
    loadBackupOperations: async () => BACKUP_OPERATIONS,
    loadSealKeyOperations: async () => SEAL_KEY_OPERATIONS,
    loadSigningKeyOperations: async () => SIGNING_KEY_OPERATIONS,
    loadMoveOperations: async () => MOVE_OPERATIONS,
    loadSigner: openCommandLineSigner,
    loadPersonalKeys: async () => PERSONAL_KEY_OPERATIONS,
  });
  return { code, out, err };
}

/** Formats an enrolment file of rows `subject,site,patient,enrolledOn,consentedOn`. */
export const formatEnrolmentFile = (...rows: readonly string[]): string =>
  ['subject,site,patient,enrolledOn,consentedOn', ...rows].join('\n');
