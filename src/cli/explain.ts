import type { Command } from 'commander';
import { type AsOfOptions, asOfFrom, withAsOf } from './as-of.ts';
import { command, withJson, withStore, withStudy } from './options.ts';
import { type Session, type StoreOptions, studyOf, withStored } from './session.ts';
import { printJson } from './terminal.ts';

interface ExplainOptions extends StoreOptions, AsOfOptions {
  readonly study?: string;
  readonly visit?: string;
  readonly json: boolean;
}

/** `explain SUBJECT`: why a class is what it is. */
export function explainCommand(session: Session): Command {
  const made = command('explain', 'say why a subject has the class that he has', [
    'explain MSC-001 --visit M3',
    'explain MSC-001 --visit M3 --json',
  ])
    .argument('<subject>', 'subject number')
    .option('--visit <visit>', 'one visit (default: all)');
  return withJson(withStudy(withStore(withAsOf(made)))).action((subject: string, options: ExplainOptions) =>
    withStored(session, options, async (service) => {
      const asked = { study: studyOf(service, options.study), subject, asOf: asOfFrom(options) };
      const { text, ...data } = await service.explain(asked, options.visit ?? null);
      if (options.json) printJson(session.io, data);
      else session.io.out(text);
    }),
  );
}
