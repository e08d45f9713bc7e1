import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Command } from 'commander';
import { TRAIL_FINDINGS, type TrailFinding, type TrailReport } from '../../../audit/trail-findings.ts';
import type { AuditFilter, ListedAuditEntry } from '../../../service/audit/select-entries.ts';
import {
  type CommandContext,
  loadExistingStoreConfig,
  type StoreCommandOptions,
} from '../../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../../command-options.ts';
import { addPath } from '../../file-failure.ts';
import { formatTable, type Io, pluralise, printJson } from '../../terminal.ts';

interface VerifyOptions extends StoreCommandOptions {
  readonly trail?: string;
  readonly heads?: string;
  readonly key?: readonly string[];
  readonly json: boolean;
}

interface ListOptions extends StoreCommandOptions, AuditFilter {
  readonly json: boolean;
}

interface ExportOptions extends StoreCommandOptions, AuditFilter {
  readonly fhir: boolean;
  readonly out?: string;
}

const formatPlace = ({ chain, seq, head }: TrailFinding): string => {
  if (head !== undefined) return `head ${head}`;
  return chain === undefined ? 'the copy of the heads' : `entry ${seq} of chain ${chain}`;
};

function printTrailReport(io: Io, report: TrailReport): void {
  const { valid, entries, chains, heads, afterLastHead, lastHeadAt, findings } = report;
  const parts = [pluralise(entries, 'entry', 'entries'), pluralise(chains, 'chain'), `${heads} signed heads`];
  io.out(`The audit trail ${valid ? 'holds' : 'DOES NOT HOLD'}: ${parts.join(', ')}.\n`);
  io.out(`${afterLastHead} of the entries are after the last head (${lastHeadAt ?? 'there is none'}).\n`);
  if (!report.isKeyTrusted) io.out('The key of the signatures was not compared: name it with --key.\n');
  if (!report.isComparedWithCopy) io.out('The heads were not compared with a copy: name it with --heads.\n');
  const [first, ...others] = findings;
  if (!first) return;
  io.err(`First: ${formatPlace(first)}: ${TRAIL_FINDINGS[first.kind]}.\n`);
  for (const finding of others) io.err(`${formatPlace(finding)}: ${TRAIL_FINDINGS[finding.kind]}.\n`);
}

const formatDetail = ({ reason, count, detail = {} }: ListedAuditEntry): string =>
  [
    ...(reason === undefined ? [] : [reason]),
    ...(count === undefined ? [] : [`× ${count}`]),
    ...Object.entries(detail).map(([name, value]) => `${name}=${value}`),
  ].join(' ');

const MAX_SUBJECTS_SHOWN = 3;

function formatSubjects(about: readonly string[] = []): string {
  const shown = about.slice(0, MAX_SUBJECTS_SHOWN).join(' ');
  return about.length > MAX_SUBJECTS_SHOWN ? `${shown} and ${about.length - MAX_SUBJECTS_SHOWN} more` : shown;
}

function printEntries(io: Io, entries: readonly ListedAuditEntry[]): void {
  const rows = entries.map((entry) => [
    ...[entry.at, `${entry.actor} (${entry.how})`, entry.action, entry.outcome ?? 'done', entry.site],
    ...[entry.object, formatSubjects(entry.about), formatDetail(entry), `${entry.chain}/${entry.seq}`],
  ]);
  const headings = ['at', 'who', 'action', 'outcome', 'site', 'object', 'subjects', 'detail', 'entry'];
  io.out(formatTable(headings, rows));
}

const addFilterOptions = (command: Command): Command =>
  command
    .option('--from <instant>', 'from this UTC day or instant on')
    .option('--to <instant>', 'up to this UTC day or instant')
    .option('--actor <id>', 'by this person or client')
    .option('--action <name>', 'of this action, or of all before the dot, such as export')
    .option('--object <name>', 'about this object, or all of a type, such as WorkItem')
    .option('--site <id>', 'at this site')
    .option('--study <id>', 'about subjects of this study')
    .option('--subject <number>', 'about this subject')
    .option('--request <id>', 'of this request (X-Request-Id)');

async function runVerify(
  context: CommandContext,
  { trail, heads, key, json, ...options }: VerifyOptions,
): Promise<boolean> {
  // An exported trail is verified anywhere, without a store.
  const config =
    trail === undefined ? await loadExistingStoreConfig(context, options) : await context.loadConfig({});
  const { verifyAuditTrail } = await context.loadAuditOperations();
  const report = await verifyAuditTrail(config, { trail, heads, keys: key });
  if (json) printJson(context.io, report);
  else printTrailReport(context.io, report);
  return report.valid;
}

async function runList(context: CommandContext, { json, ...options }: ListOptions): Promise<void> {
  const { listAuditEntries } = await context.loadAuditOperations();
  const entries = await listAuditEntries(await loadExistingStoreConfig(context, options), options);
  if (json) printJson(context.io, entries);
  else printEntries(context.io, entries);
}

/** Passes lines to a file, or to standard output where none is named. */
async function withOutput(
  io: Io,
  path: string | undefined,
  work: (write: (line: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  if (path === undefined) return work(async (line) => io.out(line));
  const stream = createWriteStream(path, { mode: 0o600, flush: true });
  const failed = once(stream, 'error').then(([error]) => Promise.reject(addPath(error, path)));
  const write = async (line: string) => {
    if (!stream.write(line)) await once(stream, 'drain');
  };
  const done = work(write).then(() => {
    stream.end();
    return finished(stream);
  });
  await Promise.race([done, failed]);
}

async function runExport(context: CommandContext, { fhir, out, ...options }: ExportOptions): Promise<void> {
  const config = await loadExistingStoreConfig(context, options);
  const { exportAuditTrail, exportAuditAsFhir } = await context.loadAuditOperations();
  await withOutput(context.io, out, (write) =>
    fhir ? exportAuditAsFhir(config, options, write) : exportAuditTrail(config, write),
  );
}

async function runKey(context: CommandContext, options: StoreCommandOptions): Promise<void> {
  const { readPublicKey } = await context.loadAuditOperations();
  context.io.out(`${readPublicKey(await loadExistingStoreConfig(context, options)) ?? '(none)'}\n`);
}

function createVerifyCommand(context: CommandContext, exit: (code: number) => void): Command {
  const command = createCommand('verify', 'whether the trail was changed, cut off or replaced', [
    'audit verify --heads /mnt/other-disk/audit-heads.ndjson',
    'audit verify --trail trail.ndjson --key gL3v…',
  ])
    .option('--heads <file>', 'copy of the signed heads (default: that of the configuration)')
    .option('--trail <file>', 'file that `audit export` has written, in place of the store')
    .option('--key <public key...>', 'public key that may have signed (default: that of the store)');
  return addJsonOption(addStoreOptions(command)).action(async (options: VerifyOptions) => {
    if (!(await runVerify(context, options))) exit(1);
  });
}

/** Creates `audit`: the trail of what was done, when and by whom. */
export function createAuditCommand(context: CommandContext, exit: (code: number) => void): Command {
  const list = createCommand('list', 'entries in order of time', [
    'audit list --from 2026-11-01 --action work-item',
    'audit list --subject MSC-001 --json',
  ]);
  const exportCommand = createCommand('export', 'the trail as NDJSON that anybody can verify', [
    'audit export --out trail.ndjson',
    'audit export --fhir --from 2026-11-01 --out audit-events.ndjson',
  ])
    .option(
      '--fhir',
      'as FHIR R4 AuditEvents (IHE BALP) and Provenances; the filters hold for these only',
      false,
    )
    .option('--out <file>', 'file to write (default: standard output)');
  const key = createCommand('key', 'the public key of the signatures', ['audit key']);
  return createCommand('audit', 'what was done, when and by whom', [
    'audit verify',
    'audit list --subject MSC-001',
  ])
    .addCommand(createVerifyCommand(context, exit))
    .addCommand(
      addJsonOption(addFilterOptions(addStoreOptions(list))).action((options: ListOptions) =>
        runList(context, options),
      ),
    )
    .addCommand(
      addFilterOptions(addStoreOptions(exportCommand)).action((options: ExportOptions) =>
        runExport(context, options),
      ),
    )
    .addCommand(addStoreOptions(key).action((options: StoreCommandOptions) => runKey(context, options)));
}
