import type { Command } from 'commander';
import { type AsOfOptions, addAsOfOptions, parseAsOf } from '../as-of-options.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreOptions,
  withExistingStore,
} from '../command-context.ts';
import { addJsonOption, addStoreOptions, addStudyOption, createCommand } from '../command-options.ts';
import { printJson } from '../terminal.ts';

interface ExplainOptions extends StoreOptions, AsOfOptions {
  readonly study?: string;
  readonly visit?: string;
  readonly json: boolean;
}

/** `explain SUBJECT`: why a class is what it is. */
export function createExplainCommand(session: CommandContext): Command {
  const made = createCommand('explain', 'say why a subject has the class that he has', [
    'explain MSC-001 --visit M3',
    'explain MSC-001 --visit M3 --json',
  ])
    .argument('<subject>', 'subject number')
    .option('--visit <visit>', 'one visit (default: all)');
  return addJsonOption(addStudyOption(addStoreOptions(addAsOfOptions(made)))).action(
    (subject: string, options: ExplainOptions) =>
      withExistingStore(session, options, async (service) => {
        const asked = { study: resolveStudy(service, options.study), subject, asOf: parseAsOf(options) };
        const { text, ...data } = await service.explain(asked, options.visit ?? null);
        if (options.json) printJson(session.io, data);
        else session.io.out(text);
      }),
  );
}
