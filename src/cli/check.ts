import type { Command } from 'commander';
import { command, withJson, withStore } from './options.ts';
import type { Session, StoreOptions } from './session.ts';
import { plural, printJson } from './terminal.ts';

interface CheckOptions extends StoreOptions {
  readonly json: boolean;
}

async function check(session: Session, options: CheckOptions): Promise<boolean> {
  const { io } = session;
  const problems = await session.check(session.load({ config: options.config, data: options.data }));
  if (options.json) printJson(io, problems);
  else if (problems.length === 0) io.out('Configuration, mappings, protocols and criteria are well.\n');
  for (const { file, at, message, fix } of problems) {
    io.err(`${file}: ${at === '' ? '' : `${at}: `}${message} Fix: ${fix}\n`);
  }
  if (problems.length > 0) io.err(`${plural(problems.length, 'problem')}\n`);
  return problems.length === 0;
}

/** `check`: every mapping, protocol and configuration file. */
export function checkCommand(session: Session, exit: (code: number) => void): Command {
  const made = command('check', 'check every mapping, protocol, criteria and configuration file', ['check']);
  return withJson(withStore(made)).action(async (options: CheckOptions) => {
    if (!(await check(session, options))) exit(1);
  });
}
