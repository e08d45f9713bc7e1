import { Command, Option } from 'commander';
import { Failure } from '../../errors.ts';
import type { Service } from '../../service.ts';
import { type CommandContext, type StoreOptions, withExistingStore } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { formatTable, pluralize, printJson } from '../terminal.ts';

type OutboxFilter = Parameters<Service['listOutboxEntries']>[0];
type OutboxState = NonNullable<OutboxFilter['state']>;

interface OutboxListOptions extends StoreOptions {
  readonly state?: OutboxState;
  readonly site?: string;
  readonly subject?: string;
  readonly json: boolean;
}

interface MoveOptions extends StoreOptions {
  readonly site?: string;
  readonly json: boolean;
}

const ENTRY_STATES: readonly OutboxState[] = ['pending', 'delivered', 'dead', 'paused'];

const OUTBOX_COLUMNS = [
  'site',
  'subject',
  'type',
  'identifier',
  'state',
  'attempts',
  'next attempt',
  'in the EHR',
  'failing since',
  'error',
];

function toOutboxFilter({ state, site, subject }: OutboxListOptions): OutboxFilter {
  return {
    ...(state === undefined ? {} : { state }),
    ...(site === undefined ? {} : { site }),
    ...(subject === undefined ? {} : { subject }),
  };
}

async function listEntries(session: CommandContext, options: OutboxListOptions): Promise<void> {
  await withExistingStore(session, options, async (service) => {
    const entries = await service.listOutboxEntries(toOutboxFilter(options));
    const rows = entries.map((entry) => [
      entry.site,
      entry.subject,
      entry.resourceType,
      entry.identifier.slice(entry.identifier.indexOf('|') + 1),
      entry.state,
      entry.attempts,
      entry.state === 'pending' ? entry.nextAttemptAt : '',
      entry.location,
      entry.failingSince,
      entry.lastError,
    ]);
    if (options.json) printJson(session.io, entries);
    else session.io.out(formatTable(OUTBOX_COLUMNS, rows));
  });
}

interface StateMove {
  readonly name: string;
  readonly from: OutboxState;
  readonly to: OutboxState;
  readonly description: string;
}

const STATE_MOVES: readonly StateMove[] = [
  { name: 'retry', from: 'dead', to: 'pending', description: 'try again what was given up' },
  { name: 'pause', from: 'pending', to: 'paused', description: 'hold back what is to be sent' },
  { name: 'resume', from: 'paused', to: 'pending', description: 'send what was held back' },
];

function createMoveCommand(
  session: CommandContext,
  { name, from, to, description: says }: StateMove,
): Command {
  return addJsonOption(addStoreOptions(createCommand(name, says, [`outbox ${name} --site site-1`])))
    .option('--site <id>', 'one site (default: all)')
    .action((options: MoveOptions) =>
      withExistingStore(session, options, async (service) => {
        const entries = await service.moveOutboxEntries(from, to, options.site ?? null);
        if (options.json) printJson(session.io, { from, to, entries });
        else session.io.out(`${pluralize(entries, 'entry', 'entries')} moved from ${from} to ${to}\n`);
      }),
    );
}

interface OverwriteOptions extends StoreOptions {
  readonly site: string;
  readonly json: boolean;
}

async function overwriteEntry(
  session: CommandContext,
  value: string,
  options: OverwriteOptions,
): Promise<void> {
  await withExistingStore(session, options, async (service) => {
    const dead = await service.listOutboxEntries({ state: 'dead', site: options.site });
    const identifiers = dead.map(({ identifier }) => identifier).filter((one) => one.endsWith(`|${value}`));
    for (const identifier of identifiers) {
      if (!(await service.overwriteInEhr(options.site, identifier))) continue;
      if (options.json) printJson(session.io, { site: options.site, identifier });
      else session.io.out(`${identifier} is written over what was seen in the EHR\n`);
      return;
    }
    throw new Failure('cli/failed', `Nothing called ${value} waits for that at ${options.site}.`, {
      at: 'IDENTIFIER',
      fix: 'Take the identifier of an entry from `outbox list --state dead` that somebody changed in the EHR.',
    });
  });
}

function createOverwriteCommand(session: CommandContext): Command {
  const says = 'put ours over what somebody changed or deleted in the EHR, as it was seen there';
  const example = 'outbox overwrite msc-aa.017.M3.overall.bsh-saa --site site-1';
  return addJsonOption(addStoreOptions(createCommand('overwrite', says, [example])))
    .argument('<identifier>', 'as outbox list shows it')
    .requiredOption('--site <id>', 'its site')
    .action((value: string, options: OverwriteOptions) => overwriteEntry(session, value, options));
}

/** `outbox`: what the EHRs are owed. */
export function createOutboxCommand(session: CommandContext): Command {
  const listing = addJsonOption(
    addStoreOptions(createCommand('list', 'show what is owed and was sent', ['outbox list --json'])),
  )
    .addOption(new Option('--state <state>', 'which entries').choices(ENTRY_STATES))
    .option('--site <id>', 'one site')
    .option('--subject <number>', 'one subject')
    .action((options: OutboxListOptions) => listEntries(session, options));
  const made = new Command('outbox')
    .description('what the EHRs are owed')
    .addCommand(listing, { isDefault: true })
    .addHelpText('after', '\nExample:\n  $ trial-adapter outbox list --state dead');
  for (const move of STATE_MOVES) made.addCommand(createMoveCommand(session, move));
  made.addCommand(createOverwriteCommand(session));
  return made;
}
