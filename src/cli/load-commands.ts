import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';

/** Creates one command. It calls `exit` where it is refused in part, with the exit code. */
type CreateCommand = (context: CommandContext, exit: (code: number) => void) => Command;

/** The commands by name, in the order of `--help`, each with the loading of its module. */
const COMMANDS: ReadonlyMap<string, () => Promise<CreateCommand>> = new Map([
  ['serve', async () => (await import('./commands/serve.ts')).createServeCommand],
  ['enroll', async () => (await import('./commands/enroll.ts')).createEnrollCommand],
  ['ingest', async () => (await import('./commands/ingest.ts')).createIngestCommand],
  ['map', async () => (await import('./commands/map.ts')).createMapCommand],
  ['adjudicate', async () => (await import('./commands/adjudicate.ts')).createAdjudicateCommand],
  ['assess', async () => (await import('./commands/assess.ts')).createAssessCommand],
  ['explain', async () => (await import('./commands/explain.ts')).createExplainCommand],
  ['report', async () => (await import('./commands/report.ts')).createReportCommand],
  ['export', async () => (await import('./commands/export.ts')).createExportCommand],
  ['changes', async () => (await import('./commands/changes.ts')).createChangesCommand],
  ['work', async () => (await import('./commands/work.ts')).createWorkCommand],
  ['outbox', async () => (await import('./commands/outbox.ts')).createOutboxCommand],
  ['replay', async () => (await import('./commands/replay.ts')).createReplayCommand],
  ['audit', async () => (await import('./commands/inspection/audit.ts')).createAuditCommand],
  [
    'disclosures',
    async () => (await import('./commands/inspection/disclosures.ts')).createDisclosuresCommand,
  ],
  ['backup', async () => (await import('./commands/safekeeping/backup.ts')).createBackupCommand],
  ['restore', async () => (await import('./commands/safekeeping/restore.ts')).createRestoreCommand],
  ['seal-key', async () => (await import('./commands/seal-key.ts')).createSealKeyCommand],
  ['erase', async () => (await import('./commands/safekeeping/erase.ts')).createEraseCommand],
  ['keys', async () => (await import('./commands/keys.ts')).createKeysCommand],
  ['retention', async () => (await import('./commands/safekeeping/retention.ts')).createRetentionCommand],
  ['signing-key', async () => (await import('./commands/signing-key.ts')).createSigningKeyCommand],
  ['sessions', async () => (await import('./commands/sessions.ts')).createSessionsCommand],
  ['migrate', async () => (await import('./commands/migrate.ts')).createMigrateCommand],
  ['check', async () => (await import('./commands/check.ts')).createCheckCommand],
  ['criteria', async () => (await import('./commands/criteria.ts')).createCriteriaCommand],
  ['simulate', async () => (await import('./commands/simulate.ts')).createSimulateCommand],
  ['sql', async () => (await import('./commands/sql.ts')).createSqlCommand],
  ['bench', async () => (await import('./commands/bench.ts')).createBenchCommand],
]);

/**
 * Loads the command that the arguments begin with, and no other: most commands need a small part of the adapter. Loads all
 * where the arguments begin with none: the list of commands is printed, or a similar name is suggested.
 */
export async function loadCommands([name = '']: readonly string[]): Promise<readonly CreateCommand[]> {
  const load = COMMANDS.get(name);
  if (load) return [await load()];
  return Promise.all([...COMMANDS.values()].map((loadOne) => loadOne()));
}
