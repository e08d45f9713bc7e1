import type { Command } from 'commander';
import { type CommandContext, type StoreOptions, withService } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { createProgressReporter, pluralize, printJson } from '../terminal.ts';
import { createInboxProgress, printRemapSummary } from '../text/print-remap-summary.ts';

interface ReplayOptions extends StoreOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
}

async function runReplay(session: CommandContext, options: ReplayOptions): Promise<void> {
  const { io } = session;
  await withService(session, options, async (service) => {
    const mapping = createInboxProgress(io);
    const done = await service.remapInbox(options.dryRun, mapping.step);
    mapping.done();
    const judging = createProgressReporter(io);
    const judged = options.dryRun
      ? 0
      : await service.assessDueSubjects((count) => judging.update(`${pluralize(count, 'subject')} judged`));
    judging.finish();
    if (options.json) {
      printJson(io, { dryRun: options.dryRun, ...done, judged });
      return;
    }
    printRemapSummary(io, done, options.dryRun);
    if (!options.dryRun) io.out(`${pluralize(judged, 'subject')} judged again.\n`);
  });
}

/** `replay`: the stored inbox under the mappings of today. */
export function createReplayCommand(session: CommandContext): Command {
  const made = createCommand(
    'replay',
    'map every stored resource again under the current mappings, and judge whose facts changed',
    ['replay --dry-run', 'replay --json'],
  ).option('--dry-run', 'only say what would change', false);
  return addJsonOption(addStoreOptions(made)).action((options: ReplayOptions) => runReplay(session, options));
}
