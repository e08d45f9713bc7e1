import { Command, Option } from 'commander';
import { Failure } from '../../errors.ts';
import type { OutboxState, Service } from '../../service.ts';
import { type CommandContext, type StoreCommandOptions, withExistingStore } from '../command-context.ts';
import {
  addDecisionOptions,
  addJsonOption,
  addStoreOptions,
  createCommand,
  SHOWN_DIGITS,
} from '../command-options.ts';
import { type DecisionOptions, resolveDecider } from '../decider.ts';
import { requireKnownSite, requireKnownSubject } from '../refuse-unknown.ts';
import { formatTable, pluralise, printJson } from '../terminal.ts';

type OutboxFilter = Parameters<Service['listOutboxEntries']>[0];

interface OutboxListOptions extends StoreCommandOptions {
  readonly state?: OutboxState;
  readonly site?: string;
  readonly subject?: string;
  readonly json: boolean;
}

interface MoveOptions extends StoreCommandOptions {
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
  'hash',
  'error',
];

function toOutboxFilter({ state, site, subject }: OutboxListOptions): OutboxFilter {
  return {
    ...(state === undefined ? {} : { state }),
    ...(site === undefined ? {} : { site }),
    ...(subject === undefined ? {} : { subject }),
  };
}

async function listEntries(context: CommandContext, options: OutboxListOptions): Promise<void> {
  await withExistingStore(context, options, async (service) => {
    await requireKnownSite(service, options.site);
    await requireKnownSubject(service, options.subject);
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
      entry.state === 'dead' ? entry.hash.slice(0, SHOWN_DIGITS) : '',
      entry.lastError,
    ]);
    if (options.json) printJson(context.io, entries);
    else context.io.out(formatTable(OUTBOX_COLUMNS, rows));
  });
}

interface StateMove {
  readonly name: string;
  readonly from: OutboxState;
  readonly to: OutboxState;
  readonly description: string;
}

const STATE_MOVES: readonly StateMove[] = [
  { name: 'retry', from: 'dead', to: 'pending', description: 'send entries again that were given up' },
  { name: 'pause', from: 'pending', to: 'paused', description: 'pause pending entries' },
  { name: 'resume', from: 'paused', to: 'pending', description: 'send paused entries' },
];

function createMoveCommand(context: CommandContext, { name, from, to, description }: StateMove): Command {
  return addJsonOption(addStoreOptions(createCommand(name, description, [`outbox ${name} --site site-1`])))
    .option('--site <id>', 'one site (default: all)')
    .action((options: MoveOptions) =>
      withExistingStore(context, options, async (service) => {
        await requireKnownSite(service, options.site);
        const entries = await service.moveOutboxEntries(from, to, options.site ?? null);
        if (options.json) printJson(context.io, { from, to, entries });
        else context.io.out(`${pluralise(entries, 'entry', 'entries')} moved from ${from} to ${to}\n`);
      }),
    );
}

interface OverwriteOptions extends StoreCommandOptions, DecisionOptions {
  readonly site: string;
  readonly json: boolean;
}

async function overwriteEntry(
  context: CommandContext,
  value: string,
  options: OverwriteOptions,
): Promise<void> {
  await withExistingStore(context, options, async (service, config) => {
    const decider = await resolveDecider(context, config, options);
    await requireKnownSite(service, options.site);
    const dead = await service.listOutboxEntries({ state: 'dead', site: options.site });
    const identifiers = dead
      .map(({ identifier }) => identifier)
      .filter((identifier) => identifier.endsWith(`|${value}`));
    for (const identifier of identifiers) {
      if (!(await service.overwriteInEhr(options.site, identifier, decider))) continue;
      if (options.json) printJson(context.io, { site: options.site, identifier });
      else context.io.out(`${identifier} will overwrite the version that was found in the EHR\n`);
      return;
    }
    throw new Failure(
      'cli/failed',
      `At ${options.site} there is no entry ${value} that was changed or deleted in the EHR.`,
      {
        at: 'IDENTIFIER',
        fix: 'Run `outbox list --state dead` and name an entry that was changed or deleted in the EHR.',
      },
    );
  });
}

function createOverwriteCommand(context: CommandContext): Command {
  const description = 'replace the version in the EHR of an entry that somebody changed or deleted there';
  const example = 'outbox overwrite msc-aa.017.M3.overall.bsh-saa --site site-1';
  return addDecisionOptions(
    addJsonOption(addStoreOptions(createCommand('overwrite', description, [example]))),
  )
    .argument('<identifier>', 'identifier as `outbox list` shows it')
    .requiredOption('--site <id>', 'site of the entry')
    .action((value: string, options: OverwriteOptions) => overwriteEntry(context, value, options));
}

/** Creates `outbox`: the entries that are written back to EHRs. */
export function createOutboxCommand(context: CommandContext): Command {
  const listing = addJsonOption(
    addStoreOptions(
      createCommand('list', 'list pending, delivered, paused and given-up entries', ['outbox list --json']),
    ),
  )
    .addOption(
      new Option('--state <state>', 'entries in this state (default: all; dead: given up)').choices(
        ENTRY_STATES,
      ),
    )
    .option('--site <id>', 'one site (default: all)')
    .option('--subject <number>', 'one subject (default: all)')
    .action((options: OutboxListOptions) => listEntries(context, options));
  const command = new Command('outbox')
    .description('list and control the entries that are written back to EHRs')
    .addCommand(listing, { isDefault: true })
    .addHelpText('after', '\nExample:\n  $ trial-adapter outbox list --state dead');
  for (const move of STATE_MOVES) command.addCommand(createMoveCommand(context, move));
  command.addCommand(createOverwriteCommand(context));
  return command;
}
