import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { BackupResult } from '../../../service/backup/backup-operations.ts';
import {
  type CommandContext,
  loadExistingStoreConfig,
  type StoreCommandOptions,
} from '../../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../../command-options.ts';
import { formatTable, type Io, pluralise, printJson } from '../../terminal.ts';

interface BackupOptions extends StoreCommandOptions {
  readonly out: string;
  readonly json: boolean;
}

const readVersion = (): string =>
  (
    JSON.parse(readFileSync(join(import.meta.dirname, '../../../../package.json'), 'utf8')) as {
      version: string;
    }
  ).version;

function printBackup(io: Io, { folder, at, store, mark, hasKeys, files }: BackupResult): void {
  io.out(
    formatTable(
      ['file', 'bytes', 'sha256'],
      files.map(({ path, bytes, sha256 }) => [path, bytes, sha256]),
    ),
  );
  const entries = mark.reduce((sum, end) => sum + end.entries, 0);
  io.out(
    `\n${folder}: everything up to ${at}, ${pluralise(entries, 'entry', 'entries')} of the audit trail.\n`,
  );
  if (store === 'postgres') {
    io.err(
      'The database itself is not in it: back it up with pg_dump or by continuous archiving, after this. Then restore it to a ' +
        'time after this backup, and run `restore --verify`, which checks that it has all up to the mark.\n',
    );
  }
  io.err(
    hasKeys
      ? 'The keys are in it: whoever has this folder can read the store. Keep it where only you can, or use --without-keys.\n'
      : 'The keys are not in it: without them nobody can read it. Back up the folder of keys apart.\n',
  );
}

/** Creates `backup --out DIR`: a consistent copy beside a running service. */
export function createBackupCommand(context: CommandContext): Command {
  const command = createCommand(
    'backup',
    'copy store, decisions, keys and signed heads as one, beside a running service',
    ['backup --out /mnt/backup/2026-11-28', 'backup --out /mnt/backup/2026-11-28 --without-keys'],
  )
    .requiredOption('--out <dir>', 'folder to make; nothing may be there')
    .option('--without-keys', 'leave out the keys, which are then backed up apart');
  return addJsonOption(addStoreOptions(command)).action(
    async ({ out, withoutKeys = false, ...options }: BackupOptions & { readonly withoutKeys?: boolean }) => {
      const config = await loadExistingStoreConfig(context, options);
      const { writeBackup } = await context.loadBackupOperations();
      const made = await writeBackup(config, { out, withKeys: !withoutKeys, software: readVersion() });
      if (options.json) printJson(context.io, made);
      else printBackup(context.io, made);
    },
  );
}
