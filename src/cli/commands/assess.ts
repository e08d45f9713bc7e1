import type { Command } from 'commander';
import { Failure } from '../../errors.ts';
import type { AssessmentComparison, AssessmentEntry } from '../../service.ts';
import type { Assessment } from '../../trial/assessment.ts';
import { type AsOfOptions, addAsOfOptions, parseAsOf } from '../as-of-options.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreCommandOptions,
  withExistingStore,
} from '../command-context.ts';
import { addJsonOption, addStoreOptions, addStudyOption, createCommand } from '../command-options.ts';
import { parseCriteriaOption } from '../criteria-option.ts';
import { formatTable, type Io, pluralise, printJson } from '../terminal.ts';

interface AssessOptions extends StoreCommandOptions, AsOfOptions {
  readonly study?: string;
  readonly subject?: string;
  readonly criteria?: string;
  readonly diff?: string;
  readonly json: boolean;
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
  return assessments.map((assessment) => [
    subject,
    severity,
    assessment.visit,
    assessment.scope,
    assessment.kind,
    formatValueCell(assessment),
    assessment.status,
    assessment.effective,
    `${assessment.criteria.id} ${assessment.criteria.version}`,
  ]);
}

function printComparison(io: Io, { flips, counts, ...totals }: AssessmentComparison): void {
  const rows = flips.map((flip) => [
    flip.subject,
    flip.visit,
    flip.scope,
    flip.kind,
    flip.before ?? '(none)',
    flip.after ?? '(none)',
    flip.clause,
  ]);
  if (rows.length > 0)
    io.out(`${formatTable(['subject', 'visit', 'scope', 'kind', 'before', 'after', 'decides'], rows)}\n`);
  const changes = Object.entries(counts).map(([change, count]) => `${change}: ${count}`);
  const suffix = changes.length > 0 ? `: ${changes.join(', ')}` : '';
  io.out(`${flips.length} of ${pluralise(totals.assessments, 'assessment')} would change`);
  io.out(`, of ${totals.subjectsFlipped} of ${pluralise(totals.subjects, 'subject')}${suffix}\n`);
}

async function runAssess(context: CommandContext, options: AssessOptions): Promise<void> {
  const { io } = context;
  const { subject = null, criteria, diff, json } = options;
  if (criteria !== undefined && diff !== undefined) {
    const fix = 'Use --criteria for the assessments, or --diff for what would change.';
    throw new Failure('cli/usage', '--criteria and --diff cannot be used together.', { at: '--diff', fix });
  }
  const asOf = parseAsOf(options);
  await withExistingStore(context, options, async (service) => {
    const query = { study: await resolveStudy(service, options.study), subject, asOf };
    if (diff !== undefined) {
      const comparison = await service.compareRules(query, parseCriteriaOption('--diff', diff));
      if (json) printJson(io, comparison);
      else printComparison(io, comparison);
      return;
    }
    const alternatives = criteria === undefined ? [] : parseCriteriaOption('--criteria', criteria);
    const entries = await service.assess(query, alternatives);
    if (json) printJson(io, entries);
    else io.out(formatTable(ASSESSMENT_COLUMNS, entries.flatMap(toAssessmentRows)));
  });
}

/** Creates `assess`: assessments computed from the facts, now or as of an earlier day, by these or other criteria. */
export function createAssessCommand(context: CommandContext): Command {
  const command = createCommand('assess', 'assess the subjects again from their facts; nothing is stored', [
    'assess --subject MSC-001',
    'assess --subject MSC-001 --as-of 2026-03-31',
    'assess --diff nih-saa',
    'assess --diff bsh-saa@1.0.0,bsh-nsaa@1.0.0',
    'assess --diff protocol@1.0.0',
  ])
    .option('--subject <number>', 'one subject (default: all)')
    .option(
      '--criteria <rules>',
      'assess by SET, SET@VERSION, protocol@VERSION or a file, separated by commas',
    )
    .option('--diff <rules>', 'list the classes and times that would differ by these rules');
  return addJsonOption(addStudyOption(addStoreOptions(addAsOfOptions(command)))).action(
    (options: AssessOptions) => runAssess(context, options),
  );
}
