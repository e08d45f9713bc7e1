import { type Command, Option } from 'commander';
import { Failure } from '../../../errors.ts';
import type { ErasedCounts, ErasureRecord, ErasureReport, ErasureTarget, Service } from '../../../service.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreCommandOptions,
  withExistingStore,
} from '../../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../../command-options.ts';
import { type DecisionOptions, resolveDecider } from '../../decider.ts';
import { refuseUnknownSite } from '../../refuse-unknown.ts';
import { formatTable, type Io, printJson } from '../../terminal.ts';

interface EraseOptions extends StoreCommandOptions, DecisionOptions {
  readonly study?: string;
  readonly site?: string;
  readonly patient?: string;
  readonly allStudies: boolean;
  readonly thisStudyOnly: boolean;
  readonly list: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/** What each count counts. */
const COUNTED: Readonly<Record<keyof ErasedCounts, string>> = {
  resources: 'resources',
  versions: 'versions of them',
  facts: 'facts',
  assessments: 'assessments',
  outboxEntries: 'outbox entries',
  identifiers: 'patient identifiers',
  workItems: 'work items',
  sealedPayloads: 'sealed payloads',
};

const formatCounts = (removed: ErasedCounts): string =>
  formatTable(
    ['erased', 'number'],
    (Object.keys(COUNTED) as (keyof ErasedCounts)[]).map((name) => [COUNTED[name], removed[name]]),
  );

/** Prints what others have, whom this program cannot reach. */
function printElsewhere(io: Io, { sent, keptSubjects, keptResources, decisionFiles }: ErasureReport): void {
  if (keptSubjects.length > 0) {
    const numbers = keptSubjects.map(({ study, subject }) => `${subject} in ${study}`).join(', ');
    io.out(`Kept for ${numbers}: ${keptResources} resources that also concern them, and the identifiers.\n`);
  }
  for (const file of decisionFiles) io.out(`Texts that named the person were removed from ${file}.\n`);
  if (sent.length > 0) {
    io.out('The EHRs have these resources; have them removed there:\n');
    io.out(
      formatTable(
        ['site', 'resource', 'identifier'],
        sent.map(({ site, resourceType, location, identifier }) => [
          site,
          location ?? resourceType,
          identifier,
        ]),
      ),
    );
  }
  io.out('Exports, backups and copies of the store that were made before still have the data.\n');
}

function printErasure(io: Io, report: ErasureReport): void {
  io.out(formatCounts(report.record.removed));
  printElsewhere(io, report);
  if (!report.isDone) {
    io.err('Nothing was erased yet. Run the same again with --yes; it cannot be undone.\n');
    return;
  }
  io.out('Erased. The keys are destroyed.\n');
  if (!report.isPurged)
    io.err('The log of the store still has former pages: see "Erase a person" in docs/operation.md.\n');
}

function printErasures(io: Io, erasures: readonly ErasureRecord[]): void {
  const rows = erasures.map(({ at, by, site, studies, removed, why }) => [
    at,
    by,
    site,
    studies.join(' '),
    removed.versions + removed.sealedPayloads,
    why,
  ]);
  io.out(formatTable(['at', 'by', 'site', 'studies', 'contents', 'why'], rows));
}

function refuseUnclearTarget(subject: string | undefined, { site, patient }: EraseOptions): void {
  const isPatient = site !== undefined && patient !== undefined;
  if (subject === undefined ? isPatient : site === undefined && patient === undefined) return;
  throw new Failure(
    'cli/usage',
    'Name a subject, or a patient who is not enrolled by --site and --patient.',
    {
      at: subject === undefined ? '--patient' : '--site',
      fix: 'For example: erase S-017 --study msc-aa --why "request of 2026-11-28"',
    },
  );
}

async function printAllErasures(io: Io, service: Service, { json }: EraseOptions): Promise<void> {
  const erasures = await service.listErasures();
  if (json) printJson(io, erasures);
  else printErasures(io, erasures);
}

async function resolveTarget(
  service: Service,
  subject: string | undefined,
  { study, site = '', patient = '', allStudies, thisStudyOnly }: EraseOptions,
): Promise<ErasureTarget> {
  if (subject === undefined) {
    refuseUnknownSite(site, await service.listSites());
    return { site, patient };
  }
  const scope = allStudies ? 'all-studies' : thisStudyOnly ? 'study' : null;
  return { study: await resolveStudy(service, study), subject, scope };
}

/** Creates `erase`: everything that is kept of a person becomes unreadable. */
export function createEraseCommand(context: CommandContext, exit: (code: number) => void): Command {
  const command = createCommand('erase', 'make everything that is kept of a person unreadable, for ever', [
    'erase S-017 --study msc-aa --why "request of 2026-11-28"',
    'erase S-017 --study msc-aa --why "request of 2026-11-28" --yes',
    'erase --site site-1 --patient "urn:mrn|4711" --why "misdirected" --yes',
    'erase --list',
  ])
    .argument('[subject]', 'subject number')
    .option('--study <id>', 'study of the number (default: the only one)')
    .option('--site <id>', 'site of a patient who is not enrolled')
    .option('--patient <identifier>', 'their identifier: Patient/id or system|value')
    .addOption(
      new Option('--all-studies', 'erase the person in every study of the site')
        .default(false)
        .conflicts('thisStudyOnly'),
    )
    .option('--this-study-only', 'keep what the person’s other studies need', false)
    .option('--by <name>', 'person who decides (default: the user of the system)')
    .option('--why <text>', 'reason, stored with the record; it must not name the person')
    .option('--list', 'list the erasures so far', false)
    .option('--yes', 'erase; without it, only what would be erased is printed', false);
  return addJsonOption(addStoreOptions(command)).action(
    async (subject: string | undefined, options: EraseOptions) => {
      if (!options.list) refuseUnclearTarget(subject, options);
      await withExistingStore(context, options, async (service) => {
        if (options.list) return printAllErasures(context.io, service, options);
        const target = await resolveTarget(service, subject, options);
        const decider = await resolveDecider(context, await context.loadConfig(options), options);
        const report = await service.erase(target, decider, !options.yes);
        if (options.json) printJson(context.io, report);
        else printErasure(context.io, report);
        if (!report.isDone) exit(1);
      });
    },
  );
}
