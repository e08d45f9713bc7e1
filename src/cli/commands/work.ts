import { Command, Option } from 'commander';
import type {
  AcceptanceSummary,
  AnswerSummary,
  RejectionSummary,
} from '../../service/work-items/decisions.ts';
import type { WorkItemWithSuggestions } from '../../service/work-items/queries.ts';
import type { WorkItem } from '../../service.ts';
import { formatValidity } from '../../trial/decision-validity.ts';
import { type CommandContext, type StoreCommandOptions, withExistingStore } from '../command-context.ts';
import {
  addDecisionOptions,
  addJsonOption,
  addStoreOptions,
  createCommand,
  SHOWN_DIGITS,
} from '../command-options.ts';
import { type DecisionOptions, resolveDecider } from '../decider.ts';
import { formatTable, type Io, pluralise, printJson } from '../terminal.ts';
import { assessDueWithProgress } from '../text/assess-with-progress.ts';
import { createInboxProgress } from '../text/print-remap-summary.ts';

interface WorkListOptions extends StoreCommandOptions {
  readonly status: WorkItem['status'] | 'all';
  readonly json: boolean;
}

interface WorkItemOptions extends StoreCommandOptions {
  readonly json: boolean;
}

interface RejectOptions extends WorkItemOptions, DecisionOptions {}

interface AcceptOptions extends RejectOptions {
  readonly target?: string;
}

type DecisionSummary = Pick<AcceptanceSummary, 'id' | 'unchanged' | 'before'>;

const WORK_COLUMNS = [
  'id',
  'status',
  'site',
  'reason',
  'held',
  'group',
  'suggestion',
  'first seen',
  'last seen',
];
const WORK_DETAIL_COLUMNS = ['hash', 'decision', 'example', 'element', 'fix'];

function formatSuggestion({ suggestions: [first] }: WorkItemWithSuggestions): string {
  return first ? `${first.vocabulary}:${first.target} (${first.score})` : '';
}

/** Formats an instant (ISO 8601, UTC) to the minute. */
const formatMinute = (instant: string): string => instant.slice(0, 16).replace('T', ' ');

async function listItems(context: CommandContext, options: WorkListOptions): Promise<void> {
  const { io } = context;
  await withExistingStore(context, options, async (service) => {
    const items = await service.listWorkItems(options.status === 'all' ? null : options.status);
    const rows = items.map((item) => [
      ...[item.id, item.status, item.site, item.reason, item.count, item.group, formatSuggestion(item)],
      ...[formatMinute(item.firstSeen), formatMinute(item.lastSeen), item.hash.slice(0, SHOWN_DIGITS)],
      ...[item.decision && formatDecision(item.decision), item.example, item.element, item.fix],
    ]);
    if (options.json) printJson(io, items);
    else io.out(formatTable([...WORK_COLUMNS, ...WORK_DETAIL_COLUMNS], rows));
  });
}

const MAX_HELD_SHOWN = 20;

type ShownDecision = NonNullable<WorkItemWithSuggestions['decision']>;

/** Formats a decision with what its signature is worth: printed name, time and meaning belong to every form of it. */
function formatDecision({ verdict, target, by, at, why, validity }: ShownDecision): string {
  const mappedTo = verdict === 'accepted' ? ` as ${target ?? 'of no use'}` : '';
  const reason = why === null ? '' : `: ${why}`;
  return `${verdict}${mappedTo} by ${by} on ${formatMinute(at)}${reason} (${formatValidity(validity)})`;
}

const formatResources = (references: readonly string[]): string =>
  `${references.length}: ${references.slice(0, MAX_HELD_SHOWN).join(', ')}`;

function printItem(io: Io, item: WorkItemWithSuggestions & { readonly waiting: readonly string[] }): void {
  const lines: [string, unknown][] = [
    ['item', `${item.id}, ${item.status}, ${item.reason} at ${item.site}`],
    ['hash', item.hash],
    ['about', item.group],
    ['problem', item.detail],
    ['element', item.element],
    ['fix', item.fix],
    ['seen', `first ${formatMinute(item.firstSeen)}, last ${formatMinute(item.lastSeen)}`],
    item.subject === null
      ? ['held', formatResources(item.waiting)]
      : ['resources', formatResources(item.sources)],
  ];
  for (const { vocabulary, target, score, why } of item.suggestions)
    lines.push(['suggested', `${vocabulary}:${target} (${score}): it ${why}`]);
  for (const { target, says } of item.choices) lines.push(['answer', `${target}: ${says}`]);
  for (const [i, decision] of item.decisions.entries())
    lines.push([i === item.decisions.length - 1 ? 'decision' : 'before', formatDecision(decision)]);
  io.out(formatTable(['', ''], lines).replace(/^\s*\n/, ''));
}

async function showItem(context: CommandContext, id: string, options: WorkItemOptions): Promise<void> {
  await withExistingStore(context, options, async (service) => {
    const item = await service.getWorkItem(id);
    if (options.json) printJson(context.io, item);
    else printItem(context.io, item);
  });
}

/** Prints the decision that a new one replaces; false where the new one only repeats it, so that there is no more to say. */
function printDecisionBefore(io: Io, { id, unchanged, before }: DecisionSummary): boolean {
  if (!before) return true;
  const decided = formatDecision(before);
  io.out(unchanged ? `${id} unchanged: ${decided}\n` : `Replaces: ${decided}; both decisions are kept\n`);
  return !unchanged;
}

function printAnswer(io: Io, answer: AnswerSummary, assessed: number): void {
  if (!printDecisionBefore(io, answer)) return;
  const { id, target, says } = answer;
  io.out(`${id} answered with ${target}: ${says} ${pluralise(assessed, 'subject')} assessed\n`);
}

function printRejection(io: Io, { id, resources }: RejectionSummary): void {
  const effect = resources === 0 ? '' : `; ${pluralise(resources, 'resource')} ignored from now on`;
  io.out(`${id} rejected${effect}\n`);
}

function printAcceptance(io: Io, accepted: AcceptanceSummary, assessed: number): void {
  if (!printDecisionBefore(io, accepted)) return;
  const { id, code, vocabulary, target, site, file, rerun } = accepted;
  const meaning = target === null ? 'of no use' : `${vocabulary}:${target}`;
  const { resources, mapped, held, ignored } = rerun;
  io.out(
    `${id} accepted: ${code} is ${meaning} at ${site}, written to ${file}\n` +
      `${pluralise(resources, 'resource')} mapped again: ${mapped} mapped, ${held} held, ${ignored} ignored; ${pluralise(assessed, 'subject')} assessed\n`,
  );
}

async function acceptItem(context: CommandContext, id: string, options: AcceptOptions): Promise<void> {
  const { io } = context;
  await withExistingStore(context, options, async (service, config) => {
    const decider = await resolveDecider(context, config, options);
    const progress = createInboxProgress(io);
    const acceptance = { id, target: options.target ?? null, ...decider };
    const accepted = await service.acceptWorkItem(acceptance, progress.step);
    progress.finish();
    const assessed = await assessDueWithProgress(io, service);
    if (options.json) printJson(io, { ...accepted, judged: assessed });
    else if ('rerun' in accepted) printAcceptance(io, accepted, assessed);
    else printAnswer(io, accepted, assessed);
  });
}

async function rejectItem(context: CommandContext, id: string, options: RejectOptions): Promise<void> {
  const { io } = context;
  await withExistingStore(context, options, async (service, config) => {
    const decider = await resolveDecider(context, config, options);
    const rejected = await service.rejectWorkItem(id, decider);
    await assessDueWithProgress(io, service);
    if (options.json) printJson(io, rejected);
    else if (printDecisionBefore(io, rejected)) printRejection(io, rejected);
  });
}

function createDecisionCommand(name: string, description: string, example: string): Command {
  return addDecisionOptions(
    addJsonOption(addStoreOptions(createCommand(name, description, [example]))),
  ).argument('<id>', 'work item');
}

/** Creates `work`: items that are pending review by a person. */
export function createWorkCommand(context: CommandContext): Command {
  const status = new Option('--status <status>', 'items with this status')
    .choices(['open', 'resolved', 'rejected', 'all'])
    .default('open');
  const listing = addJsonOption(
    addStoreOptions(createCommand('list', 'list the items that are pending review', ['work list --json'])),
  )
    .addOption(status)
    .action((options: WorkListOptions) => listItems(context, options));
  const showing = addJsonOption(
    addStoreOptions(
      createCommand('show', 'show one item with the resources that wait for it', ['work show W-3f2a']),
    ),
  )
    .argument('<id>', 'work item')
    .action((id: string, options: WorkItemOptions) => showItem(context, id, options));
  const accepting = createDecisionCommand(
    'accept',
    'map the code or unit of the item to the suggested or a named target, and map the held resources again; or answer a question about a subject with one of its answers',
    'work accept W-3f2a --target platelets --by "M. Li" --why "asked the laboratory"',
  )
    .option(
      '--target <code>',
      "the trial's term or a UCUM unit (vocabulary:term if ambiguous), or none if it is of no use; one of the answers that `work show` lists",
    )
    .action((id: string, options: AcceptOptions) => acceptItem(context, id, options));
  const rejecting = createDecisionCommand(
    'reject',
    'ignore the resources that wait for an item; facts that contradict each other are left as they are, until they change',
    'work reject W-3f2a --why "not needed"',
  ).action((id: string, options: RejectOptions) => rejectItem(context, id, options));
  return new Command('work')
    .description('list and decide the items that are pending review')
    .addCommand(listing, { isDefault: true })
    .addCommand(showing)
    .addCommand(accepting)
    .addCommand(rejecting)
    .addHelpText('after', '\nExample:\n  $ trial-adapter work list --status open');
}
