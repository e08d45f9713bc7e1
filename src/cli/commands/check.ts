import type { Command } from 'commander';
import type { CommandContext, StoreOptions } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { formatTable, type Io, pluralize, printJson } from '../terminal.ts';

interface CheckOptions extends StoreOptions {
  readonly site?: string;
  readonly json: boolean;
}

type CheckResult = Awaited<ReturnType<CommandContext['checkLibrary']>>;
type Overlaps = ReturnType<CheckResult['findOverlaps']>;

const OVERLAP_COLUMNS = ['kind', 'about', 'wins', 'says', 'in', 'hides'];

function printOverlaps(io: Io, site: string, overlaps: Overlaps): void {
  const rows = (overlaps ?? []).map(({ kind, about, sayings: [first, ...hidden] }) => [
    kind,
    about,
    first?.layer,
    first?.says,
    first?.file,
    hidden.map((s) => `${s.layer}: ${s.says} (${s.file})`).join('; '),
  ]);
  io.out(`What more than one file says at ${site}; decided wins over site, study and general:\n`);
  io.out(formatTable(OVERLAP_COLUMNS, rows));
}

function printProblems(io: Io, { problems }: CheckResult): void {
  for (const { file, at, message, fix } of problems) {
    io.err(`${file}: ${at === '' ? '' : `${at}: `}${message} Fix: ${fix}\n`);
  }
  if (problems.length > 0) io.err(`${pluralize(problems.length, 'problem')}\n`);
}

function printCheckResult(io: Io, checked: CheckResult, site: string | undefined): void {
  if (checked.problems.length === 0) io.out('Configuration, mappings, protocols and criteria are well.\n');
  if (site !== undefined) printOverlaps(io, site, checked.findOverlaps(site));
}

async function runCheck(session: CommandContext, options: CheckOptions): Promise<boolean> {
  const { io } = session;
  const { site } = options;
  const checked = await session.checkLibrary(
    session.loadConfig({ config: options.config, data: options.data }),
  );
  const { problems } = checked;
  if (options.json)
    printJson(io, site === undefined ? problems : { problems, overlaps: checked.findOverlaps(site) });
  else printCheckResult(io, checked, site);
  printProblems(io, checked);
  return problems.length === 0;
}

/** `check`: every mapping, protocol and configuration file. */
export function createCheckCommand(session: CommandContext, exit: (code: number) => void): Command {
  const made = createCommand(
    'check',
    'check every mapping, protocol, criteria and configuration file, and the cases beside the views',
    ['check', 'check --site site-1'],
  ).option('--site <id>', 'also list what more than one file says at the site, and which wins');
  return addJsonOption(addStoreOptions(made)).action(async (options: CheckOptions) => {
    if (!(await runCheck(session, options))) exit(1);
  });
}
