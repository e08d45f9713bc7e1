import { Command, Option } from 'commander';
import { Failure } from '../errors.ts';
import type { Service } from '../service.ts';
import { command, withJson, withStore } from './options.ts';
import { type Session, type StoreOptions, withStored } from './session.ts';
import { plural, printJson, table } from './terminal.ts';

type Filter = Parameters<Service['outboxList']>[0];
type State = NonNullable<Filter['state']>;

interface ListOptions extends StoreOptions {
  readonly state?: State;
  readonly site?: string;
  readonly subject?: string;
  readonly json: boolean;
}

interface MoveOptions extends StoreOptions {
  readonly site?: string;
  readonly json: boolean;
}

const STATES: readonly State[] = ['pending', 'delivered', 'dead', 'paused'];

const HEADS = [
  'site',
  'subject',
  'type',
  'identifier',
  'state',
  'attempts',
  'next attempt',
  'in the EHR',
  'error',
];

function filterOf({ state, site, subject }: ListOptions): Filter {
  return {
    ...(state === undefined ? {} : { state }),
    ...(site === undefined ? {} : { site }),
    ...(subject === undefined ? {} : { subject }),
  };
}

async function list(session: Session, options: ListOptions): Promise<void> {
  await withStored(session, options, async (service) => {
    const entries = await service.outboxList(filterOf(options));
    const rows = entries.map((entry) => [
      entry.site,
      entry.subject,
      entry.resourceType,
      entry.identifier.slice(entry.identifier.indexOf('|') + 1),
      entry.state,
      entry.attempts,
      entry.state === 'pending' ? entry.nextAttemptAt : '',
      entry.location,
      entry.lastError,
    ]);
    if (options.json) printJson(session.io, entries);
    else session.io.out(table(HEADS, rows));
  });
}

interface Move {
  readonly name: string;
  readonly from: State;
  readonly to: State;
  readonly says: string;
}

const MOVES: readonly Move[] = [
  { name: 'retry', from: 'dead', to: 'pending', says: 'try again what was given up' },
  { name: 'pause', from: 'pending', to: 'paused', says: 'hold back what is to be sent' },
  { name: 'resume', from: 'paused', to: 'pending', says: 'send what was held back' },
];

function moveCommand(session: Session, { name, from, to, says }: Move): Command {
  return withJson(withStore(command(name, says, [`outbox ${name} --site site-1`])))
    .option('--site <id>', 'one site (default: all)')
    .action((options: MoveOptions) =>
      withStored(session, options, async (service) => {
        const entries = await service.outboxMove(from, to, options.site ?? null);
        if (options.json) printJson(session.io, { from, to, entries });
        else session.io.out(`${plural(entries, 'entry', 'entries')} moved from ${from} to ${to}\n`);
      }),
    );
}

interface OverwriteOptions extends StoreOptions {
  readonly site: string;
  readonly json: boolean;
}

async function overwrite(session: Session, value: string, options: OverwriteOptions): Promise<void> {
  await withStored(session, options, async (service) => {
    const dead = await service.outboxList({ state: 'dead', site: options.site });
    const identifiers = dead.map(({ identifier }) => identifier).filter((one) => one.endsWith(`|${value}`));
    for (const identifier of identifiers) {
      if (!(await service.outboxOverwrite(options.site, identifier))) continue;
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

function overwriteCommand(session: Session): Command {
  const says = 'put ours over what somebody changed or deleted in the EHR, as it was seen there';
  const example = 'outbox overwrite msc-aa.017.M3.overall.bsh-saa --site site-1';
  return withJson(withStore(command('overwrite', says, [example])))
    .argument('<identifier>', 'as outbox list shows it')
    .requiredOption('--site <id>', 'its site')
    .action((value: string, options: OverwriteOptions) => overwrite(session, value, options));
}

/** `outbox`: what the EHRs are owed. */
export function outboxCommand(session: Session): Command {
  const listing = withJson(
    withStore(command('list', 'show what is owed and was sent', ['outbox list --json'])),
  )
    .addOption(new Option('--state <state>', 'which entries').choices(STATES))
    .option('--site <id>', 'one site')
    .option('--subject <number>', 'one subject')
    .action((options: ListOptions) => list(session, options));
  const made = new Command('outbox')
    .description('what the EHRs are owed')
    .addCommand(listing, { isDefault: true })
    .addHelpText('after', '\nExample:\n  $ trial-adapter outbox list --state dead');
  for (const move of MOVES) made.addCommand(moveCommand(session, move));
  made.addCommand(overwriteCommand(session));
  return made;
}
