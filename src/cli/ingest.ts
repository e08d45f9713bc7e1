import type { Command } from 'commander';
import { Failure } from '../errors.ts';
import { type Ingested, ingestDocument, ingestLines, type Submit } from '../fhir/ingest.ts';
import { addSummaries, EMPTY_SUMMARY, type IngestSummary } from '../fhir/ingest-summary.ts';
import type { Service } from '../service.ts';
import { deliveryFiles, readDelivery } from './delivery-files.ts';
import { command, withJson, withStore } from './options.ts';
import { type Session, type StoreOptions, withService } from './session.ts';
import { type Io, plural, printJson, progressOn, table } from './terminal.ts';

interface IngestOptions extends StoreOptions {
  readonly site: string;
  readonly json: boolean;
}

const DOOR = 'cli';
const MOST_SHOWN = 20;

async function ingestFile(
  io: Io,
  path: string,
  submit: Submit,
  onProgress: (summary: IngestSummary) => void,
): Promise<Ingested> {
  try {
    const delivery = await readDelivery(path, io.stdin);
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

function tellBad(io: Io, path: string, { bad }: Ingested, shown: number): number {
  const name = path === '-' ? 'standard input' : path;
  for (const { line, issue } of bad.slice(0, Math.max(0, MOST_SHOWN - shown))) {
    const at = issue.expression ? `${issue.expression}: ` : '';
    io.err(`${name}:${line}: ${at}${issue.diagnostics}\n`);
  }
  return shown + bad.length;
}

async function ingestAll(io: Io, files: readonly string[], submit: Submit): Promise<IngestSummary> {
  const progress = progressOn(io);
  let sum = EMPTY_SUMMARY;
  let shown = 0;
  for (const [index, path] of files.entries()) {
    const before = sum;
    const say = ({ resources }: IngestSummary) =>
      progress.step(`file ${index + 1} of ${files.length}: ${before.resources + resources} resources`);
    const ingested = await ingestFile(io, path, submit, say);
    sum = addSummaries(sum, ingested.summary);
    say(EMPTY_SUMMARY);
    if (ingested.bad.length > 0) progress.done();
    shown = tellBad(io, path, ingested, shown);
  }
  progress.done();
  return sum;
}

function print(io: Io, summary: IngestSummary): void {
  const { reasons, ...counts } = summary;
  io.out(table(Object.keys(counts), [Object.values(counts)]));
  const rows = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  if (rows.length > 0) io.out(`\n${table(['reason', 'resources'], rows)}`);
  if (counts.held > 0) io.out(`\n${plural(counts.held, 'resource')} held for a decision: see work list.\n`);
}

async function judge(io: Io, service: Service): Promise<void> {
  const progress = progressOn(io);
  await service.judgeDirty((done) => progress.step(`${plural(done, 'subject')} judged`));
  progress.done();
}

async function ingest(session: Session, paths: readonly string[], options: IngestOptions): Promise<boolean> {
  const { io } = session;
  const files = deliveryFiles(paths);
  return withService(session, options, async (service) => {
    if (!(await service.knowsSite(options.site))) {
      const fix =
        'enrol its patients, or mend the name; until then everything about them is sealed or dropped';
      io.err(`Nobody is enrolled at site ${options.site}, and nothing is configured for it. Fix: ${fix}.\n`);
    }
    const submit: Submit = (interactions, grouping) =>
      service.accept(options.site, interactions, grouping, DOOR);
    const summary = await ingestAll(io, files, submit);
    // Somebody may have decided, meanwhile, about what was held at the start.
    await service.refresh();
    await judge(io, service);
    if (options.json) printJson(io, summary);
    else print(io, summary);
    return summary.resources === 0 || summary.invalid < summary.resources;
  });
}

/** `ingest PATH… --site ID`: files through the same door, rules and idempotency as HTTP. */
export function ingestCommand(session: Session, exit: (code: number) => void): Command {
  const made = command(
    'ingest',
    'take in NDJSON, Bundle and resource files, folders, or - for standard input',
    ['ingest export/ --site site-1', 'ingest - --site site-1 --json < observations.ndjson'],
  )
    .argument('<path...>', 'files, folders, or -')
    .requiredOption('--site <id>', 'site whose patients they are about');
  return withJson(withStore(made)).action(async (paths: string[], options: IngestOptions) => {
    if (!(await ingest(session, paths, options))) {
      session.io.err('trial-adapter: not one resource was valid. Fix: see the lines above.\n');
      exit(1);
    }
  });
}
