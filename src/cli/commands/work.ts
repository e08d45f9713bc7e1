import { userInfo } from 'node:os';
import { Command, Option } from 'commander';
import { Failure } from '../../errors.ts';
import type { Service } from '../../service.ts';
import { type CommandContext, type StoreOptions, withExistingStore } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { createProgressReporter, formatTable, type Io, pluralize, printJson } from '../terminal.ts';

interface WorkListOptions extends StoreOptions {
  readonly status: 'open' | 'resolved' | 'rejected' | 'all';
  readonly json: boolean;
}

interface WorkItemOptions extends StoreOptions {
  readonly json: boolean;
}

interface DecisionOptions extends WorkItemOptions {
  readonly by?: string;
  readonly why?: string;
}

interface AcceptOptions extends DecisionOptions {
  readonly target?: string;
}

type WorkItemWithSuggestions = Awaited<ReturnType<Service['listWorkItems']>>[number];

const WORK_COLUMNS = [
  'id',
  'status',
  'site',
  'reason',
  'waiting',
  'group',
  'suggestion',
  'first seen',
  'last seen',
];
const WORK_DETAIL_COLUMNS = ['example', 'element', 'fix'];

function formatSuggestion({ suggestions: [first] }: WorkItemWithSuggestions): string {
  return first ? `${first.vocabulary}:${first.target} (${first.score})` : '';
}

const formatMinute = (instant: string): string => instant.slice(0, 16).replace('T', ' ');

async function listItems(session: CommandContext, options: WorkListOptions): Promise<void> {
  const { io } = session;
  await withExistingStore(session, options, async (service) => {
    const items = await service.listWorkItems(options.status === 'all' ? null : options.status);
    const rows = items.map((item) => [
      ...[item.id, item.status, item.site, item.reason, item.count, item.group, formatSuggestion(item)],
      ...[formatMinute(item.firstSeen), formatMinute(item.lastSeen), item.example, item.element, item.fix],
    ]);
    if (options.json) printJson(io, items);
    else io.out(formatTable([...WORK_COLUMNS, ...WORK_DETAIL_COLUMNS], rows));
  });
}

const MAX_WAITING_SHOWN = 20;

function printItem(io: Io, item: Awaited<ReturnType<Service['getWorkItem']>>): void {
  const lines: [string, unknown][] = [
    ['item', `${item.id}, ${item.status}, ${item.reason} at ${item.site}`],
    ['about', item.group],
    ['matter', item.detail],
    ['element', item.element],
    ['fix', item.fix],
    ['seen', `first ${formatMinute(item.firstSeen)}, last ${formatMinute(item.lastSeen)}`],
    ['waiting', `${item.count}: ${item.waiting.slice(0, MAX_WAITING_SHOWN).join(', ')}`],
  ];
  for (const { vocabulary, target, score, why } of item.suggestions)
    lines.push(['suggested', `${vocabulary}:${target} (${score}): it ${why}`]);
  const { decision } = item;
  if (decision) {
    const why = decision.why === null ? '' : `: ${decision.why}`;
    const target = decision.verdict === 'accepted' ? ` as ${decision.target ?? 'of no use'}` : '';
    lines.push([
      'decision',
      `${decision.verdict}${target} by ${decision.by} on ${formatMinute(decision.at)}${why}`,
    ]);
  }
  io.out(formatTable(['', ''], lines).replace(/^\s*\n/, ''));
}

async function showItem(session: CommandContext, id: string, options: WorkItemOptions): Promise<void> {
  await withExistingStore(session, options, async (service) => {
    const item = await service.getWorkItem(id);
    if (options.json) printJson(session.io, item);
    else printItem(session.io, item);
  });
}

/** Who decides: as he says, else the user of the system. */
function resolveDecider({ by, why }: DecisionOptions): { by: string; why: string | null } {
  const named = by?.trim() ?? getSystemUser();
  if (named === '')
    throw new Failure('cli/usage', 'It is not clear who decides.', { at: '--by', fix: 'Name yourself.' });
  return { by: named, why: why?.trim() || null };
}

function getSystemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return '';
  }
}

async function assessDueWithProgress(io: Io, service: Service): Promise<number> {
  const progress = createProgressReporter(io);
  const judged = await service.assessDueSubjects((done) =>
    progress.update(`${pluralize(done, 'subject')} judged`),
  );
  progress.finish();
  return judged;
}

async function acceptItem(session: CommandContext, id: string, options: AcceptOptions): Promise<void> {
  const { io } = session;
  const decider = resolveDecider(options);
  await withExistingStore(session, options, async (service) => {
    const progress = createProgressReporter(io);
    const acceptance = { id, target: options.target ?? null, ...decider };
    const done = await service.acceptWorkItem(acceptance, (at, of) =>
      progress.update(`${at} of ${pluralize(of, 'resource')}`),
    );
    progress.finish();
    const judged = await assessDueWithProgress(io, service);
    if (options.json) {
      printJson(io, { ...done, judged });
      return;
    }
    const { resources, mapped, held, ignored } = done.rerun;
    io.out(
      `${id} accepted: ${done.code} is ${done.target === null ? 'of no use' : `${done.vocabulary}:${done.target}`} at ${done.site}, written to ${done.file}\n` +
        `${pluralize(resources, 'resource')} mapped again: ${mapped} mapped, ${held} held, ${ignored} ignored; ${pluralize(judged, 'subject')} judged\n`,
    );
  });
}

async function rejectItem(session: CommandContext, id: string, options: DecisionOptions): Promise<void> {
  const { io } = session;
  const decider = resolveDecider(options);
  await withExistingStore(session, options, async (service) => {
    const resources = await service.rejectWorkItem(id, decider);
    await assessDueWithProgress(io, service);
    if (options.json) printJson(io, { id, resources });
    else io.out(`${id} rejected; ${pluralize(resources, 'resource')} ignored from now on\n`);
  });
}

function createDecisionCommand(name: string, description: string, example: string): Command {
  return addJsonOption(addStoreOptions(createCommand(name, description, [example])))
    .argument('<id>', 'work item')
    .option('--by <name>', 'who decides (default: the user of the system)')
    .option('--why <text>', 'why; kept with the decision, no patient data');
}

/** `work`: what waits for a person. */
export function createWorkCommand(session: CommandContext): Command {
  const status = new Option('--status <status>', 'which items')
    .choices(['open', 'resolved', 'rejected', 'all'])
    .default('open');
  const listing = addJsonOption(
    addStoreOptions(createCommand('list', 'show what waits for a person', ['work list --json'])),
  )
    .addOption(status)
    .action((options: WorkListOptions) => listItems(session, options));
  const showing = addJsonOption(
    addStoreOptions(createCommand('show', 'show one item, and all that waits for it', ['work show W-3f2a'])),
  )
    .argument('<id>', 'work item')
    .action((id: string, options: WorkItemOptions) => showItem(session, id, options));
  const accepting = createDecisionCommand(
    'accept',
    'map what the item is about, as suggested or to a target, and take in what waited for it',
    'work accept W-3f2a --target platelets --by "M. Li" --why "asked the laboratory"',
  )
    .option('--target <code>', "the trial's word or UCUM unit, vocabulary:word where needed, or none")
    .action((id: string, options: AcceptOptions) => acceptItem(session, id, options));
  const rejecting = createDecisionCommand(
    'reject',
    'ignore what waits for an item',
    'work reject W-3f2a --why "not needed"',
  ).action((id: string, options: DecisionOptions) => rejectItem(session, id, options));
  return new Command('work')
    .description('what waits for a person')
    .addCommand(listing, { isDefault: true })
    .addCommand(showing)
    .addCommand(accepting)
    .addCommand(rejecting)
    .addHelpText('after', '\nExample:\n  $ trial-adapter work list --status open');
}
