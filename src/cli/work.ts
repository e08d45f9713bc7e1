import { Command, Option } from 'commander';
import { command, withJson, withStore } from './options.ts';
import { type Session, type StoreOptions, withStored } from './session.ts';
import { plural, printJson, table } from './terminal.ts';

interface ListOptions extends StoreOptions {
  readonly status: 'open' | 'resolved' | 'rejected' | 'all';
  readonly json: boolean;
}

interface RejectOptions extends StoreOptions {
  readonly json: boolean;
}

const HEADS = ['id', 'status', 'site', 'reason', 'waiting', 'element', 'group', 'example', 'fix'];

async function list({ io, ...session }: Session, options: ListOptions): Promise<void> {
  await withStored({ io, ...session }, options, async (service) => {
    const items = await service.workList(options.status === 'all' ? null : options.status);
    const rows = items.map((item) => [
      item.id,
      item.status,
      item.site,
      item.reason,
      item.count,
      item.element,
      item.group,
      item.example,
      item.fix,
    ]);
    if (options.json) printJson(io, items);
    else io.out(table(HEADS, rows));
  });
}

async function reject(session: Session, id: string, options: RejectOptions): Promise<void> {
  await withStored(session, options, async (service) => {
    const resources = await service.workReject(id);
    if (options.json) printJson(session.io, { id, resources });
    else session.io.out(`${id} rejected; ${plural(resources, 'resource')} ignored from now on\n`);
  });
}

/** `work`: what waits for a person. */
export function workCommand(session: Session): Command {
  const status = new Option('--status <status>', 'which items')
    .choices(['open', 'resolved', 'rejected', 'all'])
    .default('open');
  const listing = withJson(withStore(command('list', 'show what waits for a person', ['work list --json'])))
    .addOption(status)
    .action((options: ListOptions) => list(session, options));
  const rejecting = withJson(
    withStore(command('reject', 'ignore what waits for an item', ['work reject W-9dd9d6a7b2'])),
  )
    .argument('<id>', 'work item')
    .action((id: string, options: RejectOptions) => reject(session, id, options));
  return new Command('work')
    .description('what waits for a person')
    .addCommand(listing, { isDefault: true })
    .addCommand(rejecting)
    .addHelpText('after', '\nExample:\n  $ trial-adapter work list --status open');
}
