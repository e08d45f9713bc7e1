import type { Service } from '../../service.ts';
import { createProgressReporter, type Io, pluralise } from '../terminal.ts';

/** Assesses every subject with changed facts, and shows the progress. Returns the number of assessed subjects. */
export async function assessDueWithProgress(io: Io, service: Service): Promise<number> {
  const progress = createProgressReporter(io);
  const assessed = await service.assessDueSubjects((done) =>
    progress.update(`${pluralise(done, 'subject')} assessed`),
  );
  progress.finish();
  return assessed;
}
