import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Failure } from '../errors.ts';
import { decodeUtf8 } from '../fhir/json.ts';
import { type CellProblem, type EnrolmentLine, readEnrolment } from './enrolment-file.ts';
import { command, withJson, withStore } from './options.ts';
import { type Session, type StoreOptions, studyOf, withService } from './session.ts';
import { type Io, plural, printJson, progressOn } from './terminal.ts';

interface EnrollOptions extends StoreOptions {
  readonly study: string;
  readonly json: boolean;
}

const MOST_PROBLEMS = 20;

function refuse(io: Io, file: string, problems: readonly CellProblem[]): never {
  for (const { line, column, fix } of problems.slice(0, MOST_PROBLEMS)) {
    io.err(`${file}:${line}: ${column}: ${fix}\n`);
  }
  throw new Failure('cli/failed', `${plural(problems.length, 'cell')} wrong: nobody was enrolled`, {
    at: file,
    fix: 'Mend them and enrol the whole file again.',
  });
}

function readRows(io: Io, file: string): readonly EnrolmentLine[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new Failure(
      'cli/failed',
      'The file cannot be read.',
      { at: file, fix: 'Name a CSV file.' },
      { cause },
    );
  }
  const { rows, problems } = readEnrolment(decodeUtf8(bytes), file);
  if (problems.length > 0) refuse(io, file, problems);
  if (rows.length > 0) return rows;
  throw new Failure('cli/failed', 'The file has no rows.', { at: file, fix: 'Write one row a subject.' });
}

async function enroll(session: Session, file: string, options: EnrollOptions): Promise<void> {
  const { io } = session;
  const rows = readRows(io, file);
  await withService(session, options, async (service) => {
    const results = await service.enroll(studyOf(service, options.study), rows);
    const progress = progressOn(io);
    await service.judgeDirty((done) => progress.step(`${plural(done, 'subject')} judged`));
    progress.done();
    const enrolled = results.filter(({ result }) => result === 'enrolled').length;
    const unchanged = results.length - enrolled;
    const opened = results.reduce((sum, each) => sum + each.opened, 0);
    if (options.json) printJson(io, { enrolled, unchanged, opened, rows: results });
    else {
      io.out(`${enrolled} enrolled, ${unchanged} unchanged; ${plural(opened, 'sealed payload')} opened\n`);
    }
  });
}

/** `enroll FILE.csv --study ID`: all rows or none. */
export function enrollCommand(session: Session): Command {
  const made = command('enroll', 'enrol the subjects of a CSV file, all of them or none', [
    'enroll enrolment.csv --study msc-aa',
  ])
    .argument('<file>', 'CSV with the columns subject,site,patient,enrolledOn,consentedOn')
    .requiredOption('--study <id>', 'study');
  return withJson(withStore(made)).action((file: string, options: EnrollOptions) =>
    enroll(session, file, options),
  );
}
