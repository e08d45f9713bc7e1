import type { Command } from 'commander';
import { command, withJson, withStore } from './options.ts';
import type { Session, StoreOptions } from './session.ts';
import { type Io, plural, printJson, table } from './terminal.ts';

interface CheckOptions extends StoreOptions {
  readonly site?: string;
  readonly json: boolean;
}

type Checked = Awaited<ReturnType<Session['check']>>;
type Overlaps = ReturnType<Checked['overlapsAt']>;

const HEADS = ['kind', 'about', 'wins', 'says', 'in', 'hides'];

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
  io.out(table(HEADS, rows));
}

function printProblems(io: Io, { problems }: Checked): void {
  for (const { file, at, message, fix } of problems) {
    io.err(`${file}: ${at === '' ? '' : `${at}: `}${message} Fix: ${fix}\n`);
  }
  if (problems.length > 0) io.err(`${plural(problems.length, 'problem')}\n`);
}

function printFindings(io: Io, checked: Checked, site: string | undefined): void {
  if (checked.problems.length === 0) io.out('Configuration, mappings, protocols and criteria are well.\n');
  if (site !== undefined) printOverlaps(io, site, checked.overlapsAt(site));
}

async function check(session: Session, options: CheckOptions): Promise<boolean> {
  const { io } = session;
  const { site } = options;
  const checked = await session.check(session.load({ config: options.config, data: options.data }));
  const { problems } = checked;
  if (options.json)
    printJson(io, site === undefined ? problems : { problems, overlaps: checked.overlapsAt(site) });
  else printFindings(io, checked, site);
  printProblems(io, checked);
  return problems.length === 0;
}

/** `check`: every mapping, protocol and configuration file. */
export function checkCommand(session: Session, exit: (code: number) => void): Command {
  const made = command(
    'check',
    'check every mapping, protocol, criteria and configuration file, and the cases beside the views',
    ['check', 'check --site site-1'],
  ).option('--site <id>', 'also list what more than one file says at the site, and which wins');
  return withJson(withStore(made)).action(async (options: CheckOptions) => {
    if (!(await check(session, options))) exit(1);
  });
}
