import type { Command } from 'commander';
import { type AsOfOptions, addAsOfOptions, parseAsOf } from '../as-of-options.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreCommandOptions,
  withExistingStore,
} from '../command-context.ts';
import {
  addJsonOption,
  addReplicaOption,
  addStoreOptions,
  addStudyOption,
  createCommand,
} from '../command-options.ts';
import { printJson } from '../terminal.ts';
import { printVisitTable } from '../text/print-visit-table.ts';

interface ExplainOptions extends StoreCommandOptions, AsOfOptions {
  readonly study?: string;
  readonly visit?: string;
  readonly json: boolean;
}

/** Creates `explain SUBJECT`: the reasons for the classes of the subject. */
export function createExplainCommand(context: CommandContext): Command {
  const command = createCommand('explain', 'explain why a subject has their classes', [
    'explain MSC-001 --visit M3',
    'explain MSC-001 --visit M3 --json',
  ])
    .argument('<subject>', 'subject number')
    .option('--visit <visit>', 'one visit (default: all)');
  return addJsonOption(addStudyOption(addReplicaOption(addStoreOptions(addAsOfOptions(command))))).action(
    (subject: string, options: ExplainOptions) =>
      withExistingStore(context, options, async (service) => {
        const query = {
          study: await resolveStudy(service, options.study),
          subject,
          asOf: parseAsOf(options),
        };
        const explanation = await service.explain(query, options.visit ?? null);
        const { text, ...data } = explanation;
        if (options.json) {
          printJson(context.io, data);
          return;
        }
        printVisitTable(context.io, explanation);
        context.io.out(text);
      }),
  );
}
