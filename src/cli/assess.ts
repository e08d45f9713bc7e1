import type { Command } from 'commander';
import { Failure } from '../errors.ts';
import type { Difference } from '../service.ts';
import type { Assessment, Judgement } from '../trial/assessment.ts';
import { type AsOfOptions, asOfFrom, withAsOf } from './as-of.ts';
import { otherCriteria } from './criteria-option.ts';
import { command, withJson, withStore, withStudy } from './options.ts';
import { type Session, type StoreOptions, studyOf, withStored } from './session.ts';
import { type Io, plural, printJson, table } from './terminal.ts';

interface AssessOptions extends StoreOptions, AsOfOptions {
  readonly study?: string;
  readonly subject?: string;
  readonly criteria?: string;
  readonly diff?: string;
  readonly json: boolean;
}

interface Judged {
  readonly subject: string;
  readonly judgement: Judgement;
}

const HEADS = ['subject', 'severity', 'visit', 'scope', 'kind', 'value', 'status', 'effective', 'criteria'];

function shownValue({ value }: Assessment): string {
  return value.kind === 'class' ? value.class : `${value.days} d`;
}

function rowsOf({ subject, judgement }: Judged): string[][] {
  const { severity, assessments } = judgement;
  if (assessments.length === 0) return [[subject, severity, '(no assessment yet)']];
  return assessments.map((each) => [
    subject,
    severity,
    each.visit,
    each.scope,
    each.kind,
    shownValue(each),
    each.status,
    each.effective,
    `${each.criteria.id} ${each.criteria.version}`,
  ]);
}

function printDifference(io: Io, { flips, counts, ...size }: Difference): void {
  const rows = flips.map((flip) => [
    flip.subject,
    flip.visit,
    flip.kind,
    flip.before ?? '(none)',
    flip.after ?? '(none)',
    flip.clause,
  ]);
  if (rows.length > 0) io.out(`${table(['subject', 'visit', 'kind', 'before', 'after', 'decides'], rows)}\n`);
  const summary = Object.entries(counts).map(([change, count]) => `${change}: ${count}`);
  const some = summary.length > 0 ? `: ${summary.join(', ')}` : '';
  io.out(`${flips.length} of ${plural(size.assessments, 'overall assessment')} would change`);
  io.out(`, of ${size.subjectsFlipped} of ${plural(size.subjects, 'subject')}${some}\n`);
}

async function assess(session: Session, options: AssessOptions): Promise<void> {
  const { io } = session;
  const { subject = null, criteria, diff, json } = options;
  if (criteria !== undefined && diff !== undefined) {
    const fix = 'Use --criteria for the judgements, --diff for what would change.';
    throw new Failure('cli/usage', '--criteria and --diff exclude each other.', { at: '--diff', fix });
  }
  const asOf = asOfFrom(options);
  await withStored(session, options, async (service) => {
    const asked = { study: studyOf(service, options.study), subject, asOf };
    if (diff !== undefined) {
      const difference = await service.differ(asked, otherCriteria('--diff', diff));
      if (json) printJson(io, difference);
      else printDifference(io, difference);
      return;
    }
    const other = criteria === undefined ? null : otherCriteria('--criteria', criteria);
    const judged = await service.assess(asked, other);
    if (json) printJson(io, judged);
    else io.out(table(HEADS, judged.flatMap(rowsOf)));
  });
}

/** `assess`: assessments, judged anew from the facts; as of an earlier day; by other criteria. */
export function assessCommand(session: Session): Command {
  const made = command('assess', 'judge the subjects anew from their facts; nothing is stored', [
    'assess --subject MSC-001',
    'assess --subject MSC-001 --as-of 2026-03-31',
    'assess --diff nih-saa',
  ])
    .option('--subject <number>', 'one subject (default: all)')
    .option('--criteria <set>', 'judge the overall response by SET, SET@VERSION or a file')
    .option('--diff <set>', 'who would get another class by SET, SET@VERSION or a file');
  return withJson(withStudy(withStore(withAsOf(made)))).action((options: AssessOptions) =>
    assess(session, options),
  );
}
