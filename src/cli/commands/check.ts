import type { Command } from 'commander';
import { findConfigWarnings } from '../../config/config-warnings.ts';
import type { LibraryCheck } from '../../service/check-library.ts';
import type { LayerOverlap } from '../../service.ts';
import type { CommandContext, StoreCommandOptions } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { printWarnings } from '../print-warnings.ts';
import { refuseUnknownSite } from '../refuse-unknown.ts';
import { formatTable, type Io, pluralise, printJson } from '../terminal.ts';

interface CheckOptions extends StoreCommandOptions {
  readonly site?: string;
  readonly json: boolean;
}

const OVERLAP_COLUMNS = ['kind', 'about', 'wins', 'states', 'in', 'hides'];

function printOverlaps(io: Io, site: string, overlaps: readonly LayerOverlap[] | null): void {
  const rows = (overlaps ?? []).map(({ kind, about, sayings: [first, ...hidden] }) => [
    kind,
    about,
    first?.layer,
    first?.says,
    first?.file,
    hidden.map(({ layer, says, file }) => `${layer}: ${says} (${file})`).join('; '),
  ]);
  io.out(
    `Definitions in several files for ${site}; decided wins over site, site over study, study over general:\n`,
  );
  io.out(formatTable(OVERLAP_COLUMNS, rows));
}

function printProblems(io: Io, { problems }: LibraryCheck): void {
  for (const { file, at, message, fix } of problems) {
    io.err(`${file}: ${at === '' ? '' : `${at}: `}${message} Fix: ${fix}\n`);
  }
  if (problems.length > 0) io.err(`${pluralise(problems.length, 'problem')}\n`);
}

function printCheckResult(io: Io, check: LibraryCheck, site: string | undefined): void {
  if (check.problems.length === 0) io.out('Configuration, mappings, protocols and criteria are valid.\n');
  if (site !== undefined) printOverlaps(io, site, check.findOverlaps(site));
}

async function runCheck(context: CommandContext, options: CheckOptions): Promise<boolean> {
  const { io } = context;
  const { site } = options;
  const config = await context.loadConfig({ config: options.config, data: options.data });
  const check = await context.checkLibrary(config);
  const { problems, sites } = check;
  if (site !== undefined && sites) refuseUnknownSite(site, sites);
  if (options.json)
    printJson(io, site === undefined ? problems : { problems, overlaps: check.findOverlaps(site) });
  else printCheckResult(io, check, site);
  printProblems(io, check);
  printWarnings(io, findConfigWarnings(config, new Date()));
  return problems.length === 0;
}

/** Creates `check`: reports every problem in mapping, protocol, criteria and configuration files. */
export function createCheckCommand(context: CommandContext, exit: (code: number) => void): Command {
  const command = createCommand(
    'check',
    'check every mapping, protocol, criteria and configuration file, and run the cases of the views',
    ['check', 'check --site site-1'],
  ).option(
    '--site <id>',
    'also list the definitions that several files contain for the site, and the file that wins',
  );
  return addJsonOption(addStoreOptions(command)).action(async (options: CheckOptions) => {
    if (!(await runCheck(context, options))) exit(1);
  });
}
