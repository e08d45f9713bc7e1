import type { Command } from 'commander';
import {
  type IngestResult,
  type InteractionHandler,
  ingestDocument,
  ingestLines,
} from '../../fhir/ingest.ts';
import { EMPTY_SUMMARY, type IngestSummary, mergeSummaries } from '../../fhir/ingest-summary.ts';
import { formatDiagnostics } from '../../fhir/operation-outcome.ts';
import { type CommandContext, type StoreCommandOptions, withService } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { listInputFiles, readInput } from '../files/input-files.ts';
import { requireKnownSite } from '../refuse-unknown.ts';
import { createProgressReporter, formatTable, type Io, pluralise, printJson } from '../terminal.ts';
import { assessDueWithProgress } from '../text/assess-with-progress.ts';

interface IngestOptions extends StoreCommandOptions {
  readonly site: string;
  readonly json: boolean;
}

/** The stored name of the interface. */
const CLI_DOOR = 'cli';
const MAX_INVALID_LINES_SHOWN = 20;

async function ingestFile(
  io: Io,
  path: string,
  submit: InteractionHandler,
  onProgress: (summary: IngestSummary) => void,
): Promise<IngestResult> {
  const input = await readInput(path, io.stdin);
  return input.kind === 'document'
    ? ingestDocument(input.tree, submit)
    : ingestLines(input.lines, submit, onProgress);
}

/** Prints invalid lines, up to a limit over all files. Returns the number found so far. */
function printInvalidLines(
  io: Io,
  path: string,
  { invalidLines }: IngestResult,
  foundBefore: number,
): number {
  const name = path === '-' ? 'standard input' : path;
  for (const { line, issue } of invalidLines.slice(0, Math.max(0, MAX_INVALID_LINES_SHOWN - foundBefore))) {
    const at = issue.expression ? `${issue.expression}: ` : '';
    io.err(`${name}:${line}: ${at}${formatDiagnostics(issue)}\n`);
  }
  return foundBefore + invalidLines.length;
}

async function ingestFiles(
  io: Io,
  files: readonly string[],
  submit: InteractionHandler,
): Promise<IngestSummary> {
  const progress = createProgressReporter(io);
  let total = EMPTY_SUMMARY;
  let invalidLines = 0;
  for (const [index, path] of files.entries()) {
    const resourcesBefore = total.resources;
    const showProgress = ({ resources }: IngestSummary) =>
      progress.update(`file ${index + 1} of ${files.length}: ${resourcesBefore + resources} resources`);
    const ingested = await ingestFile(io, path, submit, showProgress);
    total = mergeSummaries(total, ingested.summary);
    showProgress(EMPTY_SUMMARY);
    if (ingested.invalidLines.length > 0) progress.finish();
    invalidLines = printInvalidLines(io, path, ingested, invalidLines);
  }
  progress.finish();
  return total;
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
): Promise<boolean> {
  const { io } = context;
  const files = listInputFiles(paths);
  return withService(context, options, async (service) => {
    await requireKnownSite(service, options.site);
    const submit: InteractionHandler = (interactions, grouping) =>
      service.accept(options.site, interactions, grouping, CLI_DOOR);
    const summary = await ingestFiles(io, files, submit);
    // Meanwhile another process may have recorded a decision about the resources that were held.
    await service.refreshLibrary();
    await assessDueWithProgress(io, service);
    if (options.json) printJson(io, summary);
    else printIngestSummary(io, summary);
    return summary.resources === 0 || summary.invalid < summary.resources;
  });
}

/** Creates `ingest PATH… --site ID`: receives files under the same rules, and as idempotently, as HTTP. */
export function createIngestCommand(context: CommandContext, exit: (code: number) => void): Command {
  const command = createCommand(
    'ingest',
    'receive NDJSON, Bundle and resource files, folders, or - for standard input',
    ['ingest export/ --site site-1', 'ingest - --site site-1 --json < observations.ndjson'],
  )
    .argument('<path...>', 'files, folders, or -')
    .requiredOption('--site <id>', 'site of the patients that the resources are about');
  return addJsonOption(addStoreOptions(command)).action(async (paths: string[], options: IngestOptions) => {
    if (!(await runIngest(context, paths, options))) {
      context.io.err('trial-adapter: no resource was valid. Fix: correct the lines named above.\n');
      exit(1);
    }
  });
}
