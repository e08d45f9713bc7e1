import type { Command } from 'commander';
import type { Assessment, Judgement } from '../trial/assessment.ts';
import { command, withJson, withStore, withStudy } from './options.ts';
import { type Session, type StoreOptions, studyOf, withStored } from './session.ts';
import { printJson, table } from './terminal.ts';

interface AssessOptions extends StoreOptions {
  readonly study?: string;
  readonly subject?: string;
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

async function assess(session: Session, options: AssessOptions): Promise<void> {
  const { io } = session;
  await withStored(session, options, async (service) => {
    const judged = await service.assess(studyOf(service, options.study), options.subject ?? null);
    if (options.json) printJson(io, judged);
    else io.out(table(HEADS, judged.flatMap(rowsOf)));
  });
}

/** `assess`: assessments, judged anew from the facts. */
export function assessCommand(session: Session): Command {
  const made = command('assess', 'judge the subjects anew from their facts', [
    'assess --subject MSC-001',
  ]).option('--subject <number>', 'one subject (default: all)');
  return withJson(withStudy(withStore(made))).action((options: AssessOptions) => assess(session, options));
}
