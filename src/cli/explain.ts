import type { Command } from 'commander';
import { type AsOfOptions, asOfFrom, withAsOf } from './as-of.ts';
import { command, withStore, withStudy } from './options.ts';
import { type Session, type StoreOptions, studyOf, withStored } from './session.ts';

interface ExplainOptions extends StoreOptions, AsOfOptions {
  readonly study?: string;
  readonly visit?: string;
}

/** `explain SUBJECT`: why a class is what it is. */
export function explainCommand(session: Session): Command {
  const made = command('explain', 'say why a subject has the class that he has', [
    'explain MSC-001 --visit M3',
  ])
    .argument('<subject>', 'subject number')
    .option('--visit <visit>', 'one visit (default: all)');
  return withStudy(withStore(withAsOf(made))).action((subject: string, options: ExplainOptions) =>
    withStored(session, options, async (service) => {
      const asked = { study: studyOf(service, options.study), subject, asOf: asOfFrom(options) };
      const text = await service.explain(asked, options.visit ?? null);
      session.io.out(text.endsWith('\n') ? text : `${text}\n`);
    }),
  );
}
