import type { Command } from 'commander';
import { type CommandContext, type StoreCommandOptions, withService } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { pluralise, printJson } from '../terminal.ts';
import { assessDueWithProgress } from '../text/assess-with-progress.ts';
import { createInboxProgress, printRemapSummary } from '../text/print-remap-summary.ts';

interface ReplayOptions extends StoreCommandOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
}

async function runReplay(context: CommandContext, options: ReplayOptions): Promise<void> {
  const { io } = context;
  await withService(context, options, async (service) => {
    const progress = createInboxProgress(io);
    const summary = await service.remapInbox(options.dryRun, progress.step);
    progress.finish();
    const assessed = options.dryRun ? 0 : await assessDueWithProgress(io, service);
    if (options.json) {
      printJson(io, { dryRun: options.dryRun, ...summary, judged: assessed });
      return;
    }
    printRemapSummary(io, summary, options.dryRun);
    if (!options.dryRun) io.out(`${pluralise(assessed, 'subject')} assessed again.\n`);
  });
}

/** Creates `replay`: maps the stored inbox again under the current mappings. */
export function createReplayCommand(context: CommandContext): Command {
  const command = createCommand(
    'replay',
    'map every stored resource again under the current mappings, and assess the subjects with changed facts',
    ['replay --dry-run', 'replay --json'],
  ).option('--dry-run', 'only show what would change', false);
  return addJsonOption(addStoreOptions(command)).action((options: ReplayOptions) =>
    runReplay(context, options),
  );
}
