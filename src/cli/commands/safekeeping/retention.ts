import type { Command } from 'commander';
import type { RetentionReport, StudyDestruction } from '../../../service.ts';
import { type CommandContext, type StoreCommandOptions, withExistingStore } from '../../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../../command-options.ts';
import { type DecisionOptions, resolveDecider } from '../../decider.ts';
import { formatTable, type Io, pluralise, printJson } from '../../terminal.ts';

interface RetentionOptions extends StoreCommandOptions, DecisionOptions {
  readonly destroy?: string;
  readonly yes: boolean;
  readonly json: boolean;
}

function printRetention(io: Io, { studies, sealed }: RetentionReport): void {
  io.out(
    formatTable(
      ['study', 'subjects', 'ended', 'years', 'kept until', 'due'],
      studies.map(({ study, subjects, endedOn, retentionYears, dueOn, isDue }) => [
        study,
        subjects,
        endedOn ?? '(not stated)',
        retentionYears ?? '',
        dueOn ?? '',
        isDue ? 'yes' : 'no',
      ]),
    ),
  );
  io.out('\nSealed until the patient is enrolled; destroyed by themselves after the days of the protocol:\n');
  io.out(
    formatTable(
      ['site', 'payloads', 'first received'],
      sealed.map(({ site, payloads, firstReceivedAt }) => [site, payloads, firstReceivedAt]),
    ),
  );
}

function printDestruction(io: Io, { study, isDone, subjects, contents }: StudyDestruction): void {
  io.out(`${study}: ${pluralise(subjects, 'subject')}, ${pluralise(contents, 'content')}.\n`);
  if (isDone) io.out('Destroyed. `erase --list` has the records.\n');
  else io.err('Nothing was destroyed yet. Run the same again with --yes; it cannot be undone.\n');
}

/** Creates `retention`: what has been kept long enough, and its destruction. */
export function createRetentionCommand(context: CommandContext, exit: (code: number) => void): Command {
  const command = createCommand(
    'retention',
    'list until when data are kept, and destroy those of a study that is due',
    ['retention', 'retention --destroy msc-aa --why "archive period over" --yes'],
  )
    .option('--destroy <study>', 'erase every subject of a study whose time is over')
    .option('--by <name>', 'person who decides (default: the user of the system)')
    .option('--why <text>', 'reason, stored with each record; it must not name a person')
    .option('--yes', 'destroy; without it, only what would be destroyed is printed', false);
  return addJsonOption(addStoreOptions(command)).action(async (options: RetentionOptions) => {
    await withExistingStore(context, options, async (service) => {
      const { destroy, yes, json } = options;
      if (destroy === undefined) {
        const report = await service.listRetention();
        if (json) printJson(context.io, report);
        else printRetention(context.io, report);
        return;
      }
      await service.requireStudy(destroy);
      const decider = await resolveDecider(context, await context.loadConfig(options), options);
      const destruction = await service.destroyStudy(destroy, decider, !yes);
      if (json) printJson(context.io, destruction);
      else printDestruction(context.io, destruction);
      if (!destruction.isDone) exit(1);
    });
  });
}
