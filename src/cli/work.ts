import { userInfo } from 'node:os';
import { Command, Option } from 'commander';
import { Failure } from '../errors.ts';
import type { Service } from '../service.ts';
import { command, withJson, withStore } from './options.ts';
import { type Session, type StoreOptions, withStored } from './session.ts';
import { type Io, plural, printJson, progressOn, table } from './terminal.ts';

interface ListOptions extends StoreOptions {
  readonly status: 'open' | 'resolved' | 'rejected' | 'all';
  readonly json: boolean;
}

interface JsonOptions extends StoreOptions {
  readonly json: boolean;
}

interface DecideOptions extends JsonOptions {
  readonly by?: string;
  readonly why?: string;
}

interface AcceptOptions extends DecideOptions {
  readonly target?: string;
}

type Item = Awaited<ReturnType<Service['workList']>>[number];

const HEADS = ['id', 'status', 'site', 'reason', 'waiting', 'group', 'suggestion', 'first seen', 'last seen'];
const MORE_HEADS = ['example', 'element', 'fix'];

function suggestionOf({ suggestions: [first] }: Item): string {
  return first ? `${first.vocabulary}:${first.target} (${first.score})` : '';
}

const day = (instant: string): string => instant.slice(0, 16).replace('T', ' ');

async function list(session: Session, options: ListOptions): Promise<void> {
  const { io } = session;
  await withStored(session, options, async (service) => {
    const items = await service.workList(options.status === 'all' ? null : options.status);
    const rows = items.map((item) => [
      ...[item.id, item.status, item.site, item.reason, item.count, item.group, suggestionOf(item)],
      ...[day(item.firstSeen), day(item.lastSeen), item.example, item.element, item.fix],
    ]);
    if (options.json) printJson(io, items);
    else io.out(table([...HEADS, ...MORE_HEADS], rows));
  });
}

const MOST_SHOWN = 20;

function printItem(io: Io, item: Awaited<ReturnType<Service['workShow']>>): void {
  const lines: [string, unknown][] = [
    ['item', `${item.id}, ${item.status}, ${item.reason} at ${item.site}`],
    ['about', item.group],
    ['matter', item.detail],
    ['element', item.element],
    ['fix', item.fix],
    ['seen', `first ${day(item.firstSeen)}, last ${day(item.lastSeen)}`],
    ['waiting', `${item.count}: ${item.waiting.slice(0, MOST_SHOWN).join(', ')}`],
  ];
  for (const { vocabulary, target, score, why } of item.suggestions)
    lines.push(['suggested', `${vocabulary}:${target} (${score}): it ${why}`]);
  const { decision } = item;
  if (decision) {
    const why = decision.why === null ? '' : `: ${decision.why}`;
    const target = decision.verdict === 'accepted' ? ` as ${decision.target ?? 'of no use'}` : '';
    lines.push(['decision', `${decision.verdict}${target} by ${decision.by} on ${day(decision.at)}${why}`]);
  }
  io.out(table(['', ''], lines).replace(/^\s*\n/, ''));
}

async function show(session: Session, id: string, options: JsonOptions): Promise<void> {
  await withStored(session, options, async (service) => {
    const item = await service.workShow(id);
    if (options.json) printJson(session.io, item);
    else printItem(session.io, item);
  });
}

/** Who decides: as he says, else the user of the system. */
function deciderOf({ by, why }: DecideOptions): { by: string; why: string | null } {
  const named = by?.trim() ?? systemUser();
  if (named === '')
    throw new Failure('cli/usage', 'It is not clear who decides.', { at: '--by', fix: 'Name yourself.' });
  return { by: named, why: why?.trim() || null };
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return '';
  }
}

async function judge(io: Io, service: Service): Promise<number> {
  const progress = progressOn(io);
  const judged = await service.judgeDirty((done) => progress.step(`${plural(done, 'subject')} judged`));
  progress.done();
  return judged;
}

async function accept(session: Session, id: string, options: AcceptOptions): Promise<void> {
  const { io } = session;
  const decider = deciderOf(options);
  await withStored(session, options, async (service) => {
    const progress = progressOn(io);
    const acceptance = { id, target: options.target ?? null, ...decider };
    const done = await service.workAccept(acceptance, (at, of) =>
      progress.step(`${at} of ${plural(of, 'resource')}`),
    );
    progress.done();
    const judged = await judge(io, service);
    if (options.json) {
      printJson(io, { ...done, judged });
      return;
    }
    const { resources, mapped, held, ignored } = done.rerun;
    io.out(
      `${id} accepted: ${done.code} is ${done.target === null ? 'of no use' : `${done.vocabulary}:${done.target}`} at ${done.site}, written to ${done.file}\n` +
        `${plural(resources, 'resource')} mapped again: ${mapped} mapped, ${held} held, ${ignored} ignored; ${plural(judged, 'subject')} judged\n`,
    );
  });
}

async function reject(session: Session, id: string, options: DecideOptions): Promise<void> {
  const { io } = session;
  const decider = deciderOf(options);
  await withStored(session, options, async (service) => {
    const resources = await service.workReject(id, decider);
    await judge(io, service);
    if (options.json) printJson(io, { id, resources });
    else io.out(`${id} rejected; ${plural(resources, 'resource')} ignored from now on\n`);
  });
}

function deciding(name: string, description: string, example: string): Command {
  return withJson(withStore(command(name, description, [example])))
    .argument('<id>', 'work item')
    .option('--by <name>', 'who decides (default: the user of the system)')
    .option('--why <text>', 'why; kept with the decision, no patient data');
}

/** `work`: what waits for a person. */
export function workCommand(session: Session): Command {
  const status = new Option('--status <status>', 'which items')
    .choices(['open', 'resolved', 'rejected', 'all'])
    .default('open');
  const listing = withJson(withStore(command('list', 'show what waits for a person', ['work list --json'])))
    .addOption(status)
    .action((options: ListOptions) => list(session, options));
  const showing = withJson(
    withStore(command('show', 'show one item, and all that waits for it', ['work show W-3f2a'])),
  )
    .argument('<id>', 'work item')
    .action((id: string, options: JsonOptions) => show(session, id, options));
  const accepting = deciding(
    'accept',
    'map what the item is about, as suggested or to a target, and take in what waited for it',
    'work accept W-3f2a --target platelets --by "M. Li" --why "asked the laboratory"',
  )
    .option('--target <code>', "the trial's word or UCUM unit, vocabulary:word where needed, or none")
    .action((id: string, options: AcceptOptions) => accept(session, id, options));
  const rejecting = deciding(
    'reject',
    'ignore what waits for an item',
    'work reject W-3f2a --why "not needed"',
  ).action((id: string, options: DecideOptions) => reject(session, id, options));
  return new Command('work')
    .description('what waits for a person')
    .addCommand(listing, { isDefault: true })
    .addCommand(showing)
    .addCommand(accepting)
    .addCommand(rejecting)
    .addHelpText('after', '\nExample:\n  $ trial-adapter work list --status open');
}
