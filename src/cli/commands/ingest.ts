import type { Command } from 'commander';
import { Failure } from '../../errors.ts';
import {
  type IngestResult,
  type InteractionHandler,
  ingestDocument,
  ingestLines,
} from '../../fhir/ingest.ts';
import { EMPTY_SUMMARY, type IngestSummary, mergeSummaries } from '../../fhir/ingest-summary.ts';
import { formatDiagnostics } from '../../fhir/operation-outcome.ts';
import type { Service } from '../../service.ts';
import { type CommandContext, type StoreOptions, withService } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { listInputFiles, readInput } from '../files/input-files.ts';
import { createProgressReporter, formatTable, type Io, pluralize, printJson } from '../terminal.ts';

interface IngestOptions extends StoreOptions {
  readonly site: string;
  readonly json: boolean;
}

const CLI_DOOR = 'cli';
const MAX_BAD_LINES_SHOWN = 20;

async function ingestFile(
  io: Io,
  path: string,
  submit: InteractionHandler,
  onProgress: (summary: IngestSummary) => void,
): Promise<IngestResult> {
  try {
    const delivery = await readInput(path, io.stdin);
    return delivery.kind === 'document'
      ? await ingestDocument(delivery.tree, submit)
      : await ingestLines(delivery.lines, submit, onProgress);
  } catch (cause) {
    if (!isFileError(cause)) throw cause;
    throw new Failure(
      'cli/failed',
      'The file cannot be read.',
      { at: path, fix: 'Check its rights.' },
      { cause },
    );
  }
}

function isFileError(cause: unknown): boolean {
  return cause instanceof Error && 'syscall' in cause && 'path' in cause;
}

function printBadLines(io: Io, path: string, { invalidLines: bad }: IngestResult, shown: number): number {
  const name = path === '-' ? 'standard input' : path;
  for (const { line, issue } of bad.slice(0, Math.max(0, MAX_BAD_LINES_SHOWN - shown))) {
    const at = issue.expression ? `${issue.expression}: ` : '';
    io.err(`${name}:${line}: ${at}${formatDiagnostics(issue)}\n`);
  }
  return shown + bad.length;
}

async function ingestFiles(
  io: Io,
  files: readonly string[],
  submit: InteractionHandler,
): Promise<IngestSummary> {
  const progress = createProgressReporter(io);
  let sum = EMPTY_SUMMARY;
  let shown = 0;
  for (const [index, path] of files.entries()) {
    const before = sum;
    const say = ({ resources }: IngestSummary) =>
      progress.update(`file ${index + 1} of ${files.length}: ${before.resources + resources} resources`);
    const ingested = await ingestFile(io, path, submit, say);
    sum = mergeSummaries(sum, ingested.summary);
    say(EMPTY_SUMMARY);
    if (ingested.invalidLines.length > 0) progress.finish();
    shown = printBadLines(io, path, ingested, shown);
  }
  progress.finish();
  return sum;
}

function printIngestSummary(io: Io, summary: IngestSummary): void {
  const { reasons, ...counts } = summary;
  io.out(formatTable(Object.keys(counts), [Object.values(counts)]));
  const rows = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  if (rows.length > 0) io.out(`\n${formatTable(['reason', 'resources'], rows)}`);
  if (counts.held > 0)
    io.out(`\n${pluralize(counts.held, 'resource')} held for a decision: see work list.\n`);
}

async function assessDueWithProgress(io: Io, service: Service): Promise<void> {
  const progress = createProgressReporter(io);
  await service.assessDueSubjects((done) => progress.update(`${pluralize(done, 'subject')} judged`));
  progress.finish();
}

async function runIngest(
  session: CommandContext,
  paths: readonly string[],
  options: IngestOptions,
): Promise<boolean> {
  const { io } = session;
  const files = listInputFiles(paths);
  return withService(session, options, async (service) => {
    if (!(await service.isKnownSite(options.site))) {
      const fix =
        'enrol its patients, or mend the name; until then everything about them is sealed or dropped';
      io.err(`Nobody is enrolled at site ${options.site}, and nothing is configured for it. Fix: ${fix}.\n`);
    }
    const submit: InteractionHandler = (interactions, grouping) =>
      service.accept(options.site, interactions, grouping, CLI_DOOR);
    const summary = await ingestFiles(io, files, submit);
    // Somebody may have decided, meanwhile, about what was held at the start.
    await service.refreshLibrary();
    await assessDueWithProgress(io, service);
    if (options.json) printJson(io, summary);
    else printIngestSummary(io, summary);
    return summary.resources === 0 || summary.invalid < summary.resources;
  });
}

/** `ingest PATH… --site ID`: files through the same door, rules and idempotency as HTTP. */
export function createIngestCommand(session: CommandContext, exit: (code: number) => void): Command {
  const made = createCommand(
    'ingest',
    'take in NDJSON, Bundle and resource files, folders, or - for standard input',
    ['ingest export/ --site site-1', 'ingest - --site site-1 --json < observations.ndjson'],
  )
    .argument('<path...>', 'files, folders, or -')
    .requiredOption('--site <id>', 'site whose patients they are about');
  return addJsonOption(addStoreOptions(made)).action(async (paths: string[], options: IngestOptions) => {
    if (!(await runIngest(session, paths, options))) {
      session.io.err('trial-adapter: not one resource was valid. Fix: see the lines above.\n');
      exit(1);
    }
  });
}
