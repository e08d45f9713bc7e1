import type { Command } from 'commander';
import { Failure } from '../../errors.ts';
import type { CommandContext } from '../command-context.ts';
import { addJsonOption, createCommand } from '../command-options.ts';
import { createProgressReporter, formatTable, pluralise, printJson } from '../terminal.ts';

interface MigrateOptions {
  readonly config?: string;
  readonly from: string;
  readonly to: string;
  readonly json: boolean;
}

const SQLITE_PREFIX = 'sqlite:';

function parseSource(from: string): string {
  if (from.startsWith(SQLITE_PREFIX)) return from.slice(SQLITE_PREFIX.length);
  throw new Failure('cli/usage', 'Only a SQLite store can be moved.', {
    at: '--from',
    fix: 'Write sqlite: and the path, such as sqlite:data.',
  });
}

async function runMigrate(context: CommandContext, options: MigrateOptions): Promise<void> {
  const { io } = context;
  const from = parseSource(options.from);
  const config = await context.loadConfig({ config: options.config, database: options.to });
  if (config.database === null) throw new Error('A database was named and not read.');
  const { moveStore } = await context.loadMoveOperations();
  const progress = createProgressReporter(io);
  const result = await moveStore(config, from, config.database, (table, done, step) =>
    progress.update(`${table}: ${pluralise(done, 'row')} ${step}`),
  );
  progress.finish();
  if (options.json) {
    printJson(io, result);
    return;
  }
  io.out(`${result.from} was moved to ${result.to}, and both are equal:\n`);
  io.out(
    formatTable(
      ['table', 'rows', 'SHA-256'],
      result.tables.map(({ table, rows, digest }) => [table, rows, digest]),
    ),
  );
  for (const { study, subjects } of result.reports)
    io.out(`The report of ${study} is the same, with ${pluralise(subjects, 'subject')}.\n`);
}

/** Creates `migrate`: moves a SQLite store into an empty PostgreSQL database. */
export function createMigrateCommand(context: CommandContext): Command {
  return addJsonOption(
    createCommand('migrate', 'move a SQLite store into an empty PostgreSQL database, with the proof', [
      'migrate --from sqlite:data --to postgres://adapter@db.example/trial',
    ])
      .option('--config <file>', 'configuration file (default: trial-adapter.json if it exists)')
      .requiredOption('--from <store>', 'sqlite: and the data folder or file')
      .requiredOption('--to <url>', 'the PostgreSQL database (postgres://…)'),
  ).action((options: MigrateOptions) => runMigrate(context, options));
}
