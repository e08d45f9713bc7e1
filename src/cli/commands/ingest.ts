import type { Command } from 'commander';
import { Failure } from '../../errors.ts';
import {
  type IngestReading,
  type IngestResult,
  type InteractionHandler,
  ingestDeletions,
  ingestDocument,
  ingestLines,
} from '../../fhir/ingest.ts';
import type { IngestCheckpoint, IngestProgress } from '../../fhir/ingest-checkpoint.ts';
import {
  addUnreadableResource,
  EMPTY_SUMMARY,
  type IngestSummary,
  mergeSummaries,
} from '../../fhir/ingest-summary.ts';
import { formatDiagnostics, type OutcomeIssue, toOutcomeIssue } from '../../fhir/operation-outcome.ts';
import { type CommandContext, type StoreCommandOptions, withService } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { createDeliveryCheckpoints, type DeliveryCheckpoints } from '../files/delivery-checkpoints.ts';
import { listInputFiles, readFileSize, readInput } from '../files/input-files.ts';
import { requireKnownSite } from '../refuse-unknown.ts';
import { createProgressReporter, formatTable, type Io, pluralise, printJson } from '../terminal.ts';
import { assessDueWithProgress } from '../text/assess-with-progress.ts';
import { createRateFormatter } from '../text/format-rate.ts';

interface IngestOptions extends StoreCommandOptions {
  readonly site: string;
  readonly json: boolean;
  readonly fromStart: boolean;
}

/** The stored name of the interface. */
const CLI_DOOR = 'cli';
const MAX_INVALID_LINES_SHOWN = 20;
/** More than over HTTP: this process answers nobody else meanwhile, and a commit costs less for each. */
const LINES_AT_ONCE = 400;

/** How the files of one site are delivered. */
interface FileDelivery {
  readonly submit: InteractionHandler;
  readonly reading: IngestReading;
  readonly checkpoints: DeliveryCheckpoints;
}

async function ingestFile(
  io: Io,
  path: string,
  { submit, reading, checkpoints }: FileDelivery,
  onProgress: (progress: IngestProgress) => void,
): Promise<IngestResult> {
  try {
    const checkpoint = await checkpoints.open(path);
    if (checkpoint.from) io.err(formatResumption(path, checkpoint.from));
    const input = await readInput(path, io.stdin, checkpoint.from ?? undefined);
    if (input.kind === 'document') return await ingestDocument(input.tree, submit, reading);
    const report = async (progress: IngestProgress) => {
      onProgress(progress);
      await checkpoint.keep(progress.checkpoint);
    };
    return await ingestLines(input.lines, submit, report, reading, checkpoint.from ?? undefined);
  } catch (cause) {
    if (isUnreadableContent(cause)) return buildUnreadableResult(toOutcomeIssue(cause));
    throw cause;
  }
}

/** Whether the content of a file is at fault as a whole, for instance its encoding: the other files are read all the same. */
function isUnreadableContent(cause: unknown): cause is Failure {
  return cause instanceof Failure && cause.code === 'fhir/malformed';
}

function buildUnreadableResult(issue: OutcomeIssue): IngestResult {
  return {
    summary: addUnreadableResource(EMPTY_SUMMARY, issue),
    invalidLines: [{ line: 1, issue }],
    pages: [],
    deletions: [],
  };
}

const formatResumption = (path: string, { lines }: IngestCheckpoint): string =>
  `${path}: resumed after line ${lines}, up to which an earlier run has received it (--from-start reads it again).\n`;

const formatFileName = (path: string): string => (path === '-' ? 'standard input' : path);

/** Prints invalid lines, up to a limit over all files. Returns the number found so far. */
function printInvalidLines(
  io: Io,
  path: string,
  { invalidLines }: IngestResult,
  foundBefore: number,
): number {
  const name = formatFileName(path);
  for (const { line, issue } of invalidLines.slice(0, Math.max(0, MAX_INVALID_LINES_SHOWN - foundBefore))) {
    const at = issue.expression ? `${issue.expression}: ` : '';
    io.err(`${name}:${line}: ${at}${formatDiagnostics(issue)}\n`);
  }
  return foundBefore + invalidLines.length;
}

/** Warns of pages of results that are in none of the files: what they contain is not received. */
function warnOfMissingPages(io: Io, byFile: ReadonlyMap<string, Pick<IngestResult, 'pages'>>): void {
  const received = new Set([...byFile.values()].flatMap(({ pages }) => pages.map(({ self }) => self)));
  for (const [path, { pages }] of byFile) {
    for (const { next } of pages) {
      if (next === null || received.has(next)) continue;
      io.err(
        `${formatFileName(path)}: this is one page of the results; the next page is not among the files: ${next}\n`,
      );
    }
  }
}

/** The outcome of several files. */
interface IngestTotal {
  summary: IngestSummary;
  invalidLines: number;
  readonly byFile: Map<string, IngestResult>;
}

function addFile(io: Io, total: IngestTotal, path: string, ingested: IngestResult): void {
  total.summary = mergeSummaries(total.summary, ingested.summary);
  total.invalidLines = printInvalidLines(io, path, ingested, total.invalidLines);
}

async function ingestFiles(io: Io, files: readonly string[], delivery: FileDelivery): Promise<IngestSummary> {
  const progress = createProgressReporter(io);
  const total: IngestTotal = { summary: EMPTY_SUMMARY, invalidLines: 0, byFile: new Map() };
  for (const [index, path] of files.entries()) {
    const formatProgress = createRateFormatter(readFileSize(path));
    const showProgress = (received: IngestProgress) =>
      progress.update(`file ${index + 1} of ${files.length}: ${formatProgress(received)}`);
    const ingested = await ingestFile(io, path, delivery, showProgress);
    if (ingested.invalidLines.length > 0) progress.finish();
    addFile(io, total, path, ingested);
    total.byFile.set(path, ingested);
  }
  progress.finish();
  for (const [path, { deletions }] of total.byFile)
    addFile(io, total, path, await ingestDeletions(deletions, delivery.submit));
  warnOfMissingPages(io, total.byFile);
  return total.summary;
}

function printIngestSummary(io: Io, summary: IngestSummary): void {
  const { reasons, ...counts } = summary;
  io.out(formatTable(Object.keys(counts), [Object.values(counts)]));
  const rows = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  if (rows.length > 0) io.out(`\n${formatTable(['reason', 'resources'], rows)}`);
  if (counts.held > 0)
    io.out(`\n${pluralise(counts.held, 'resource')} held for a decision: run work list.\n`);
}

async function runIngest(
  context: CommandContext,
  paths: readonly string[],
  options: IngestOptions,
): Promise<IngestSummary> {
  const { io } = context;
  const files = listInputFiles(paths);
  return withService(context, options, async (service) => {
    await requireKnownSite(service, options.site);
    const submit: InteractionHandler = (interactions, grouping) =>
      service.accept(options.site, interactions, grouping, CLI_DOOR);
    // Files often hold what a server returned.
    const reading = {
      takesResults: true,
      takesLongIds: service.takesLongIds(options.site),
      linesAtOnce: LINES_AT_ONCE,
    };
    const checkpoints = createDeliveryCheckpoints(service, options);
    const summary = await ingestFiles(io, files, { submit, reading, checkpoints });
    await checkpoints.finish();
    // Meanwhile another process may have recorded a decision about the resources that were held.
    await service.refreshLibrary();
    await assessDueWithProgress(io, service);
    if (options.json) printJson(io, summary);
    else printIngestSummary(io, summary);
    return summary;
  });
}

/**
 * Creates `ingest PATH… --site ID`: receives files under the same rules, and as idempotently, as HTTP. Exit code 1 where any
 * resource was refused.
 */
export function createIngestCommand(context: CommandContext, exit: (code: number) => void): Command {
  const command = createCommand(
    'ingest',
    'receive NDJSON, Bundle (also searchset and history) and resource files, folders, or - for standard input',
    ['ingest export/ --site site-1', 'ingest - --site site-1 --json < observations.ndjson'],
  )
    .argument('<path...>', 'files, folders, or -')
    .requiredOption('--site <id>', 'site of the patients that the resources are about')
    .option('--from-start', 'read files again from their first line, where an earlier run was ended', false);
  return addJsonOption(addStoreOptions(command)).action(async (paths: string[], options: IngestOptions) => {
    const { invalid, resources } = await runIngest(context, paths, options);
    if (invalid === 0) return;
    context.io.err(
      `trial-adapter: ${invalid} of ${pluralise(resources, 'resource')} refused as invalid. Fix: correct the lines named above and ingest the files again; what is stored already does not change.\n`,
    );
    exit(1);
  });
}
