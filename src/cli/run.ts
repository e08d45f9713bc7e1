import { Command, CommanderError } from 'commander';
import { loadConfig, VARIABLES } from '../config.ts';
import { Failure } from '../errors.ts';
import { criteriaSets } from '../service/criteria-sets.ts';
import { checkLibrary, openService } from '../service.ts';
import { assessCommand } from './assess.ts';
import { changesCommand } from './changes.ts';
import { checkCommand } from './check.ts';
import { criteriaCommand } from './criteria.ts';
import { enrollCommand } from './enroll.ts';
import { explainCommand } from './explain.ts';
import { exportCommand } from './export.ts';
import { ingestCommand } from './ingest.ts';
import { mapCommand } from './map.ts';
import { outboxCommand } from './outbox.ts';
import { replayCommand } from './replay.ts';
import { reportCommand } from './report.ts';
import { serveCommand } from './serve.ts';
import type { Session } from './session.ts';
import type { Io } from './terminal.ts';
import { workCommand } from './work.ts';

const DONE = 0;
const FAILED = 1;
const USAGE = 2;

function variables(): string {
  const longest = Math.max(...Object.keys(VARIABLES).map((name) => name.length));
  const lines = Object.entries(VARIABLES).map(([name, says]) => `  ${name.padEnd(longest)}  ${says}`);
  return `\nEnvironment:\n${lines.join('\n')}\n\nExit codes: 0 done, 1 refused or failed, 2 usage.`;
}

function programFor(session: Session, exit: (code: number) => void): Command {
  const program = new Command('trial-adapter');
  program
    .description('Takes in FHIR from hospitals, judges the response of trial subjects, writes it back.')
    .addHelpText('after', variables());
  const commands = [
    serveCommand,
    enrollCommand,
    ingestCommand,
    mapCommand,
    assessCommand,
    explainCommand,
    reportCommand,
    exportCommand,
    changesCommand,
    workCommand,
    outboxCommand,
    replayCommand,
    checkCommand,
    criteriaCommand,
  ];
  for (const make of commands) program.addCommand(make(session, exit));
  return program;
}

/** Subcommands inherit nothing of this once they are built, so each gets it. */
function quieten(command: Command, io: Io): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('(add --help for what is possible)');
  for (const inner of command.commands) quieten(inner, io);
}

/** Runs one command. Returns the exit code: 0 done, 1 refused or failed, 2 usage. Our own mistakes are thrown. */
export async function runCli(args: readonly string[], session: Session): Promise<number> {
  const { io } = session;
  let code = DONE;
  const program = programFor(session, (wanted) => {
    code = wanted;
  });
  quieten(program, io);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (cause) {
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? DONE : USAGE;
    if (!(cause instanceof Failure)) throw cause;
    io.err(`trial-adapter: ${cause.line}\n`);
    return cause.code === 'cli/usage' ? USAGE : FAILED;
  }
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

/** Runs one command on this process's own terminal, configuration and store. */
export async function main(args: readonly string[]): Promise<number> {
  // Whoever reads us (`| head`) may have seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(DONE);
    throw error;
  });
  const io: Io = {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    errIsTerminal: process.stderr.isTTY === true,
    stdin: process.stdin,
    untilStopped,
    onReload: (reload) => void process.on('SIGHUP', reload),
  };
  return runCli(args, {
    io,
    load: loadConfig,
    open: openService,
    check: checkLibrary,
    criteria: criteriaSets,
  });
}
