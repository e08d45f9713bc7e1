import type { Command } from 'commander';
import { command, withJson, withStore } from './options.ts';
import { overInbox, printRemapped } from './remapped.ts';
import { type Session, type StoreOptions, withService } from './session.ts';
import { plural, printJson, progressOn } from './terminal.ts';

interface ReplayOptions extends StoreOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
}

async function replay(session: Session, options: ReplayOptions): Promise<void> {
  const { io } = session;
  await withService(session, options, async (service) => {
    const mapping = overInbox(io);
    const done = await service.replay(options.dryRun, mapping.step);
    mapping.done();
    const judging = progressOn(io);
    const judged = options.dryRun
      ? 0
      : await service.judgeDirty((count) => judging.step(`${plural(count, 'subject')} judged`));
    judging.done();
    if (options.json) {
      printJson(io, { dryRun: options.dryRun, ...done, judged });
      return;
    }
    printRemapped(io, done, options.dryRun);
    if (!options.dryRun) io.out(`${plural(judged, 'subject')} judged again.\n`);
  });
}

/** `replay`: the stored inbox under the mappings of today. */
export function replayCommand(session: Session): Command {
  const made = command(
    'replay',
    'map every stored resource again under the current mappings, and judge whose facts changed',
    ['replay --dry-run', 'replay --json'],
  ).option('--dry-run', 'only say what would change', false);
  return withJson(withStore(made)).action((options: ReplayOptions) => replay(session, options));
}
