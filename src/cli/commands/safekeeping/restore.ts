import type { Command } from 'commander';
import type { RestoreResult } from '../../../service/backup/backup-operations.ts';
import type { CommandContext, StoreCommandOptions } from '../../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../../command-options.ts';
import { type Io, pluralise, printJson } from '../../terminal.ts';

interface RestoreOptions extends StoreCommandOptions {
  readonly verify: boolean;
  readonly json: boolean;
}

function printRestoration(io: Io, { folder, madeAt, files, trail, last }: RestoreResult): void {
  const entries = pluralise(trail.entries, 'entry', 'entries');
  io.out(`The backup of ${madeAt} is whole: ${pluralise(files, 'file')}, ${entries} of the audit trail, `);
  io.out(`${pluralise(trail.heads, 'signed head')}; the keys fit.\n`);
  if (last)
    io.out(`Last: ${last.action} by ${last.actor} at ${last.at}. What was done later is not in it.\n`);
  io.out(folder === null ? 'Nothing was restored.\n' : `Restored to ${folder}.\n`);
}

/** Creates `restore FROM`: restores a backup into an empty data folder, or only verifies it. */
export function createRestoreCommand(context: CommandContext): Command {
  const command = createCommand(
    'restore',
    'restore a backup into an empty data folder, after verifying all of it',
    [
      'restore /mnt/backup/2026-11-28 --data data',
      'restore --verify /mnt/backup/2026-11-28',
      'restore --verify /mnt/backup/2026-11-28 --data data',
    ],
  )
    .argument('<from>', 'folder that `backup` has made')
    .option('--verify', 'without --data: verify the backup and restore nothing', false);
  return addJsonOption(addStoreOptions(command)).action(async (from: string, options: RestoreOptions) => {
    const config = await context.loadConfig({
      config: options.config,
      data: options.data,
      database: options.database,
    });
    const { restoreBackup } = await context.loadBackupOperations();
    const isTrial = options.verify && options.data === undefined;
    const result = await restoreBackup(config, { from, isTrial });
    if (options.json) printJson(context.io, result);
    else printRestoration(context.io, result);
  });
}
