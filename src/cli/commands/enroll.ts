import type { Command } from 'commander';
import { Failure } from '../../errors.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreCommandOptions,
  withService,
} from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import type { CellProblem, LocatedRow } from '../files/enrolment-file.ts';
import { readInputFile } from '../files/input-files.ts';
import { refuseUnknownSite } from '../refuse-unknown.ts';
import { type Io, pluralise, printJson } from '../terminal.ts';
import { assessDueWithProgress } from '../text/assess-with-progress.ts';

interface EnrollOptions extends StoreCommandOptions {
  readonly study: string;
  readonly json: boolean;
}

const MAX_PROBLEMS_SHOWN = 20;

function refuseEnrolmentFile(io: Io, file: string, problems: readonly CellProblem[]): never {
  for (const { line, column, fix } of problems.slice(0, MAX_PROBLEMS_SHOWN)) {
    io.err(`${file}:${line}: ${column}: ${fix}\n`);
  }
  throw new Failure('cli/failed', `${pluralise(problems.length, 'invalid cell')}; no subject was enrolled.`, {
    at: file,
    fix: 'Correct the cells and enrol the whole file again.',
  });
}

async function readEnrolmentRows(
  io: Io,
  file: string,
  takesLongIds: (site: string) => boolean,
): Promise<readonly LocatedRow[]> {
  const { decodeEnrolmentFile, parseEnrolmentFile } = await import('../files/enrolment-file.ts');
  const text = decodeEnrolmentFile(readInputFile(file), file);
  const { rows, problems } = parseEnrolmentFile(text, file, takesLongIds);
  if (problems.length > 0) refuseEnrolmentFile(io, file, problems);
  if (rows.length > 0) return rows;
  throw new Failure('cli/failed', 'The file has no rows.', { at: file, fix: 'Write one row per subject.' });
}

async function runEnroll(context: CommandContext, file: string, options: EnrollOptions): Promise<void> {
  const { io } = context;
  const { sites } = await context.loadConfig({ config: options.config, data: options.data });
  const rows = await readEnrolmentRows(io, file, (site) => sites[site]?.takesLongIds ?? false);
  await withService(context, options, async (service) => {
    const study = await resolveStudy(service, options.study);
    const known = await service.listSites();
    for (const { site, at } of rows) refuseUnknownSite(site, known, `${at}: site`);
    const results = await service.enrol(study, rows);
    await assessDueWithProgress(io, service);
    const enrolled = results.filter(({ result }) => result === 'enrolled').length;
    const unchanged = results.length - enrolled;
    const opened = results.reduce((sum, row) => sum + row.opened, 0);
    if (options.json) printJson(io, { enrolled, unchanged, opened, rows: results });
    else {
      io.out(
        `${enrolled} enrolled, ${unchanged} unchanged; ${pluralise(opened, 'sealed payload')} unsealed\n`,
      );
    }
  });
}

/** Creates `enroll FILE.csv --study ID`: enrols all rows or none. */
export function createEnrollCommand(context: CommandContext): Command {
  const command = createCommand('enroll', 'enrol the subjects of a CSV file, all or none', [
    'enroll enrolment.csv --study msc-aa',
  ])
    .argument('<file>', 'CSV with the columns subject,site,patient,enrolledOn,consentedOn')
    .requiredOption('--study <id>', 'study to enrol into');
  return addJsonOption(addStoreOptions(command)).action((file: string, options: EnrollOptions) =>
    runEnroll(context, file, options),
  );
}
