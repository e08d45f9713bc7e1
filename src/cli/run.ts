import { Command, CommanderError } from 'commander';
import { runAs } from '../audit/audit-origin.ts';
import { CONFIG_VARIABLES } from '../config-variables.ts';
import { Failure } from '../errors.ts';
import type { CommandContext } from './command-context.ts';
import { addPath, toFileFailure } from './file-failure.ts';
import { formatFailure, isUsageFailure } from './format-failure.ts';
import { loadCommands } from './load-commands.ts';
import { readOperatorOrigin } from './operator-origin.ts';
import type { Io } from './terminal.ts';

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

function formatHelpEpilogue(): string {
  const longest = Math.max(...Object.keys(CONFIG_VARIABLES).map((name) => name.length));
  const lines = Object.entries(CONFIG_VARIABLES).map(
    ([name, purpose]) => `  ${name.padEnd(longest)}  ${purpose}`,
  );
  return `\nEnvironment:\n${lines.join('\n')}\n\nExit codes: 0 done, 1 refused or failed, 2 usage.`;
}

async function createProgram(
  args: readonly string[],
  context: CommandContext,
  exit: (code: number) => void,
): Promise<Command> {
  const program = new Command('trial-adapter');
  program
    .description('Receives FHIR from hospitals, assesses the response of trial subjects and writes it back.')
    .addHelpText('after', formatHelpEpilogue());
  for (const createSubcommand of await loadCommands(args))
    program.addCommand(createSubcommand(context, exit));
  return program;
}

/** Sets the output and exit of a command and of its subcommands, which do not inherit these settings. */
function configureOutput(command: Command, io: Io): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('(add --help to list the options)');
  for (const subcommand of command.commands) configureOutput(subcommand, io);
}

/** Runs one command. Returns the exit code: 0 done, 1 refused or failed, 2 usage. Programming errors are thrown. */
export async function runCli(args: readonly string[], context: CommandContext): Promise<number> {
  const { io } = context;
  let code = EXIT_DONE;
  const program = await createProgram(args, context, (exitCode) => {
    code = exitCode;
  });
  configureOutput(program, io);
  let running: Command | null = null;
  program.hook('preAction', (_program, command) => {
    running = command;
  });
  try {
    await runAs(readOperatorOrigin(), () => program.parseAsync([...args], { from: 'user' }));
    return code;
  } catch (cause) {
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? EXIT_DONE : EXIT_USAGE;
    const failure = cause instanceof Failure ? cause : toFileFailure(cause, running);
    if (!failure) throw cause;
    io.err(`trial-adapter: ${formatFailure(failure, running)}\n`);
    return isUsageFailure(failure) ? EXIT_USAGE : EXIT_FAILED;
  }
}

/** Configuration and service. Their modules are loaded by the first call, so that a command that makes none is quick. */
const SERVICE_CALLS: Omit<CommandContext, 'io'> = {
  loadConfig: async (options) => (await import('../config.ts')).loadConfig(options),
  openService: async (config, options) => (await import('../service.ts')).openService(config, options),
  checkLibrary: async (config) => (await import('../service/check-library.ts')).checkLibrary(config),
  listCriteriaSets: async (config, id) =>
    (await import('../service/criteria-sets.ts')).listCriteriaSets(config, id),
  readSqlViews: async (config) => (await import('../service/sql-views.ts')).readSqlViews(config),
  loadAuditOperations: async () => (await import('../service/audit/audit-operations.ts')).AUDIT_OPERATIONS,
  loadBackupOperations: async () =>
    (await import('../service/backup/backup-operations.ts')).BACKUP_OPERATIONS,
  loadSealKeyOperations: async () => (await import('../service/seal-key.ts')).SEAL_KEY_OPERATIONS,
  loadSigningKeyOperations: async () =>
    (await import('../service/access/signing-key-operations.ts')).SIGNING_KEY_OPERATIONS,
  loadSigner: async (...call) =>
    (await import('../service/people/command-line-signer.ts')).openCommandLineSigner(...call),
  loadPersonalKeys: async () => (await import('../service/people/personal-key.ts')).PERSONAL_KEY_OPERATIONS,
  loadMoveOperations: async () => (await import('../service/move-store.ts')).MOVE_OPERATIONS,
};

/**
 * How long the service may take to stop. What is not finished then is work in the background, such as a call of an EHR that
 * does not answer: it is done again after the next start.
 */
const STOP_MS = 9_500;

/** Resolves at the first signal to stop; a second one ends the process at once, as if nothing had been registered for it. */
function waitUntilStopped(): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  return new Promise((resolve) => {
    const stop = () => {
      for (const signal of signals) process.off(signal, stop);
      setTimeout(() => process.exit(EXIT_DONE), STOP_MS).unref();
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
  });
}

/** Runs one command with the terminal, configuration and store of this process. */
export async function main(args: readonly string[]): Promise<number> {
  // Where standard error cannot be written (its disk is full), nothing can be said, and a service goes on.
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader of the output, such as `| head`, may stop early.
    if (error.code === 'EPIPE') process.exit(EXIT_DONE);
    const failure = toFileFailure(addPath(error, 'standard output'), null);
    if (!failure) throw error;
    process.stderr.write(`trial-adapter: ${formatFailure(failure, null)}\n`);
    process.exit(EXIT_FAILED);
  });
  const io: Io = {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    errIsTerminal: process.stderr.isTTY === true,
    stdin: process.stdin,
    askSecret: async (question) => (await import('./ask-secret.ts')).askSecret(question),
    waitUntilStopped,
    onReload: (reload) => void process.on('SIGHUP', reload),
  };
  return runCli(args, { io, ...SERVICE_CALLS });
}
