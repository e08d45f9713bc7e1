import { Command } from 'commander';
import { Failure } from '../../errors.ts';
import { type CommandContext, type StoreCommandOptions, withExistingStore } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand, SHOWN_DIGITS } from '../command-options.ts';
import { formatTable, pluralise, printJson } from '../terminal.ts';

interface SessionOptions extends StoreCommandOptions {
  readonly json: boolean;
}

interface RevokeOptions extends SessionOptions {
  readonly person?: string;
}

const COLUMNS = ['id', 'name', 'person', 'roles', 'sites', 'signed in', 'last seen', 'ends'];

const formatMinute = (instant: string): string => instant.slice(0, 16).replace('T', ' ');

async function printSessions(context: CommandContext, options: SessionOptions): Promise<void> {
  await withExistingStore(context, options, async (service) => {
    const sessions = await service.listSessions();
    const rows = sessions.map(({ id, name, subject, roles, sites, startedAt, lastSeenAt, expiresAt }) => [
      ...[id.slice(0, SHOWN_DIGITS), name, subject, roles.join(' '), sites.join(' ')],
      ...[startedAt, lastSeenAt, expiresAt].map(formatMinute),
    ]);
    if (options.json) printJson(context.io, sessions);
    else context.io.out(formatTable(COLUMNS, rows));
  });
}

async function endSessions(
  context: CommandContext,
  id: string | undefined,
  options: RevokeOptions,
): Promise<void> {
  const { person } = options;
  if ((id === undefined) === (person === undefined))
    throw new Failure('cli/usage', 'Either one session is named, or a person.', {
      at: 'ID',
      fix: 'Name the id that `sessions list` shows, or all of a person with --person.',
    });
  await withExistingStore(context, options, async (service) => {
    const ended =
      person === undefined ? await service.endSession(id ?? '') : await service.endSessionsOfPerson(person);
    if (ended === 0)
      throw new Failure('cli/failed', 'There is no such session.', {
        at: id ?? '--person',
        fix: 'Run `sessions list`; it may have ended by itself.',
      });
    if (options.json) printJson(context.io, { ended });
    else context.io.out(`${pluralise(ended, 'session')} ended\n`);
  });
}

/** Creates `sessions`: who is signed in, and how to end that. */
export function createSessionsCommand(context: CommandContext): Command {
  const listing = createCommand('list', 'list who is signed in', ['sessions list --json']);
  const revoking = createCommand('revoke', 'end a session, or all of a person', [
    'sessions revoke 3f2a90c1b7d4',
    'sessions revoke --person a.novak',
  ])
    .argument('[id]', 'session as `sessions list` shows it')
    .option('--person <subject>', 'all sessions of the person with this subject at the issuer');
  return new Command('sessions')
    .description('list and end the sessions of people who have signed in')
    .addCommand(
      addJsonOption(addStoreOptions(listing)).action((options: SessionOptions) =>
        printSessions(context, options),
      ),
      { isDefault: true },
    )
    .addCommand(
      addJsonOption(addStoreOptions(revoking)).action((id: string | undefined, options: RevokeOptions) =>
        endSessions(context, id, options),
      ),
    )
    .addHelpText('after', '\nExample:\n  $ trial-adapter sessions revoke --person a.novak');
}
