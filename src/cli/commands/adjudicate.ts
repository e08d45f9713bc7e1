import { Command } from 'commander';
import type { ListedAdjudication } from '../../service/adjudications.ts';
import { formatPersonStatement, formatStater } from '../../trial/adjudication/format-adjudication.ts';
import { formatValidity } from '../../trial/decision-validity.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreCommandOptions,
  withExistingStore,
} from '../command-context.ts';
import {
  addJsonOption,
  addReasonOptions,
  addStoreOptions,
  addStudyOption,
  createCommand,
} from '../command-options.ts';
import { type DecisionOptions, resolveDecider } from '../decider.ts';
import { parseSeenClass, parseStatedDay, parseStatement, type StatementOptions } from '../parse-statement.ts';
import { formatTable, pluralise, printJson } from '../terminal.ts';
import { assessDueWithProgress } from '../text/assess-with-progress.ts';

interface SubjectOptions extends StoreCommandOptions {
  readonly study?: string;
  readonly json: boolean;
}

interface TakeBackOptions extends SubjectOptions, DecisionOptions {}

interface AdjudicateOptions extends SubjectOptions, DecisionOptions, StatementOptions {
  readonly on?: string;
  readonly seen?: string;
}

async function recordStatement(
  context: CommandContext,
  subject: string,
  [topic = '', ...values]: readonly string[],
  options: AdjudicateOptions,
): Promise<void> {
  const { io } = context;
  const statement = parseStatement(topic, values, options);
  const on = parseStatedDay(options.on, '--on');
  const seen = parseSeenClass(options.seen);
  await withExistingStore(context, options, async (service, config) => {
    const decider = await resolveDecider(context, config, options);
    const study = await resolveStudy(service, options.study);
    // An agreement is with the class as it is now.
    await assessDueWithProgress(io, service);
    const stated = await service.adjudicate({ study, subject, statement, on, seen, ...decider });
    const assessed = await assessDueWithProgress(io, service);
    if (options.json) printJson(io, { ...stated, judged: assessed });
    else
      io.out(
        `${subject}, ${formatPersonStatement(stated.statement)}: ${stated.disposition} as ${stated.resource}; ${pluralise(assessed, 'subject')} assessed\n`,
      );
  });
}

/** Formats a statement of the list; what its signature is worth belongs to every form of it. */
const toRow = (listed: ListedAdjudication): unknown[] => {
  const { resource, statement, by, on, statedAt, state, why, validity } = listed;
  return [
    ...[resource, formatPersonStatement(statement), on, formatStater(by)],
    ...[statedAt?.slice(0, 10) ?? '', state, why ?? ''],
    validity === null ? '' : formatValidity(validity),
  ];
};

async function listForSubject(
  context: CommandContext,
  subject: string,
  options: SubjectOptions,
): Promise<void> {
  const { io } = context;
  await withExistingStore(context, options, async (service) => {
    const listed = await service.listAdjudications(await resolveStudy(service, options.study), subject);
    if (options.json) printJson(io, listed);
    else
      io.out(
        formatTable(
          ['resource', 'statement', 'about', 'by', 'stated', 'state', 'why', 'signature'],
          listed.map(toRow),
        ),
      );
  });
}

async function takeBackStatement(
  context: CommandContext,
  subject: string,
  resource: string,
  options: TakeBackOptions,
): Promise<void> {
  const { io } = context;
  await withExistingStore(context, options, async (service, config) => {
    const decider = await resolveDecider(context, config, options);
    const study = await resolveStudy(service, options.study);
    const { disposition } = await service.takeBack({ study, subject }, resource, decider);
    const assessed = await assessDueWithProgress(io, service);
    if (options.json) printJson(io, { resource, subject, disposition, judged: assessed });
    else io.out(`${resource} taken back; ${pluralise(assessed, 'subject')} assessed\n`);
  });
}

const addSubjectOptions = (command: Command): Command =>
  addJsonOption(addStudyOption(addStoreOptions(command)));

const EXAMPLES = [
  'adjudicate MSC-001 severity SAA --on 2026-01-05',
  'adjudicate MSC-001 response M3 agree --seen PR',
  'adjudicate MSC-001 response M3 CR --scope overall --why "platelets of the second laboratory"',
  'adjudicate MSC-001 evaluable no --why "no count after day 30"',
  'adjudicate MSC-001 infection yes --from 2026-03-01 --to 2026-03-09',
  'adjudicate MSC-001 event AdverseEvent/12 --relation not-related --grade 2 --why "influenza"',
  'adjudicate MSC-001 marrow --cellularity 10 --criterion yes',
];

/** Adds the options that state parts; each is of one topic, which its text begins with. */
const addStatementOptions = (command: Command): Command =>
  command
    .option('--scope <scope>', 'response: overall, erythroid, neutrophil or platelet (default: overall)')
    .option('--from <day>', 'infection: first day')
    .option('--to <day>', 'infection: last day')
    .option(
      '--about <reference>',
      'infection: Condition/ID (default: the subject, whatever conditions were sent)',
    )
    .option(
      '--relation <relation>',
      'event: related, probable, possible, unlikely, not-related or unassessable',
    )
    .option('--grade <grade>', 'event: 1 to 5')
    .option('--serious <answer>', 'event: yes or no')
    .option('--of-study <answer>', 'event: whether it is an event of the study, yes or no')
    .option('--cellularity <percent>', 'marrow: cellularity in percent, such as 10 or <10')
    .option('--criterion <answer>', 'marrow: whether its criterion is met, yes or no')
    .option('--clonal <finding>', 'marrow: none, clonal or high-risk');

function createStateCommand(context: CommandContext): Command {
  const stating = createCommand('state', 'state what only a person can know about a subject', EXAMPLES)
    .argument('<subject>', 'subject number')
    .argument(
      '<statement...>',
      'severity SAA|VSAA|NSAA; response VISIT agree|CR|PR|NR|NE (all: the best response); evaluable, per-protocol or infection yes|no; event AdverseEvent/ID; marrow',
    )
    .option('--on <day>', 'day that the statement is about, such as that of the diagnosis (default: today)')
    .option('--seen <class>', 'class that you have seen and agree with (required with a signature)');
  return addSubjectOptions(addReasonOptions(addStatementOptions(stating))).action(
    (subject: string, statement: string[], options: AdjudicateOptions) =>
      recordStatement(context, subject, statement, options),
  );
}

/**
 * Creates `adjudicate SUBJECT TOPIC …`: what only a person can state, received as the Observation that a site would send.
 * `adjudicate list SUBJECT` shows what is stated, `adjudicate take-back SUBJECT RESOURCE` takes it back.
 */
export function createAdjudicateCommand(context: CommandContext): Command {
  const listing = addSubjectOptions(
    createCommand('list', 'list what people have stated about a subject', ['adjudicate list MSC-001 --json']),
  )
    .argument('<subject>', 'subject number')
    .action((subject: string, options: SubjectOptions) => listForSubject(context, subject, options));
  const taking = addSubjectOptions(
    addReasonOptions(
      createCommand('take-back', 'take back a statement that was made with this command', [
        'adjudicate take-back MSC-001 Observation/3f0c…',
      ]),
    ),
  )
    .argument('<subject>', 'subject number')
    .argument('<resource>', 'Observation/ID, as `adjudicate list` shows it')
    .action((subject: string, resource: string, options: TakeBackOptions) =>
      takeBackStatement(context, subject, resource, options),
    );
  const lines = EXAMPLES.map((example) => `  $ trial-adapter ${example}`).join('\n');
  return new Command('adjudicate')
    .usage('<subject> <statement...> [options] | list <subject> | take-back <subject> <resource>')
    .description('state what only a person can know about a subject; list and take back what was stated')
    .addCommand(createStateCommand(context), { isDefault: true })
    .addCommand(listing)
    .addCommand(taking)
    .addHelpText('after', `\nExample:\n${lines}\n\nOptions of a statement: adjudicate state --help`);
}
