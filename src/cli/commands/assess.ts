import type { Command } from 'commander';
import { Failure } from '../../errors.ts';
import type { AssessmentComparison } from '../../service/study-queries.ts';
import type { Assessment, SubjectAssessment } from '../../trial/assessment.ts';
import { type AsOfOptions, addAsOfOptions, parseAsOf } from '../as-of-options.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreOptions,
  withExistingStore,
} from '../command-context.ts';
import { addJsonOption, addStoreOptions, addStudyOption, createCommand } from '../command-options.ts';
import { parseCriteriaOption } from '../criteria-option.ts';
import { formatTable, type Io, pluralize, printJson } from '../terminal.ts';

interface AssessOptions extends StoreOptions, AsOfOptions {
  readonly study?: string;
  readonly subject?: string;
  readonly criteria?: string;
  readonly diff?: string;
  readonly json: boolean;
}

interface AssessmentEntry {
  readonly subject: string;
  readonly judgement: SubjectAssessment;
}

const ASSESSMENT_COLUMNS = [
  'subject',
  'severity',
  'visit',
  'scope',
  'kind',
  'value',
  'status',
  'effective',
  'criteria',
];

function formatValueCell({ value }: Assessment): string {
  return value.kind === 'class' ? value.class : `${value.days} d`;
}

function toAssessmentRows({ subject, judgement }: AssessmentEntry): string[][] {
  const { severity, assessments } = judgement;
  if (assessments.length === 0) return [[subject, severity, '(no assessment yet)']];
  return assessments.map((each) => [
    subject,
    severity,
    each.visit,
    each.scope,
    each.kind,
    formatValueCell(each),
    each.status,
    each.effective,
    `${each.criteria.id} ${each.criteria.version}`,
  ]);
}

function printDifference(io: Io, { flips, counts, ...size }: AssessmentComparison): void {
  const rows = flips.map((flip) => [
    flip.subject,
    flip.visit,
    flip.kind,
    flip.before ?? '(none)',
    flip.after ?? '(none)',
    flip.clause,
  ]);
  if (rows.length > 0)
    io.out(`${formatTable(['subject', 'visit', 'kind', 'before', 'after', 'decides'], rows)}\n`);
  const summary = Object.entries(counts).map(([change, count]) => `${change}: ${count}`);
  const some = summary.length > 0 ? `: ${summary.join(', ')}` : '';
  io.out(`${flips.length} of ${pluralize(size.assessments, 'overall assessment')} would change`);
  io.out(`, of ${size.subjectsFlipped} of ${pluralize(size.subjects, 'subject')}${some}\n`);
}

async function runAssess(session: CommandContext, options: AssessOptions): Promise<void> {
  const { io } = session;
  const { subject = null, criteria, diff, json } = options;
  if (criteria !== undefined && diff !== undefined) {
    const fix = 'Use --criteria for the judgements, --diff for what would change.';
    throw new Failure('cli/usage', '--criteria and --diff exclude each other.', { at: '--diff', fix });
  }
  const asOf = parseAsOf(options);
  await withExistingStore(session, options, async (service) => {
    const asked = { study: resolveStudy(service, options.study), subject, asOf };
    if (diff !== undefined) {
      const difference = await service.compareCriteria(asked, parseCriteriaOption('--diff', diff));
      if (json) printJson(io, difference);
      else printDifference(io, difference);
      return;
    }
    const other = criteria === undefined ? null : parseCriteriaOption('--criteria', criteria);
    const judged = await service.assess(asked, other);
    if (json) printJson(io, judged);
    else io.out(formatTable(ASSESSMENT_COLUMNS, judged.flatMap(toAssessmentRows)));
  });
}

/** `assess`: assessments, judged anew from the facts; as of an earlier day; by other criteria. */
export function createAssessCommand(session: CommandContext): Command {
  const made = createCommand('assess', 'judge the subjects anew from their facts; nothing is stored', [
    'assess --subject MSC-001',
    'assess --subject MSC-001 --as-of 2026-03-31',
    'assess --diff nih-saa',
  ])
    .option('--subject <number>', 'one subject (default: all)')
    .option('--criteria <set>', 'judge the overall response by SET, SET@VERSION or a file')
    .option('--diff <set>', 'who would get another class by SET, SET@VERSION or a file');
  return addJsonOption(addStudyOption(addStoreOptions(addAsOfOptions(made)))).action(
    (options: AssessOptions) => runAssess(session, options),
  );
}
