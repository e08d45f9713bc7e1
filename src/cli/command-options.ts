import { Command, Option } from 'commander';

/** Creates a command with examples at the end of its `--help`. */
export function createCommand(name: string, description: string, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ trial-adapter ${example}`);
  return new Command(name).description(description).addHelpText('after', `\nExample:\n${lines.join('\n')}`);
}

/** Adds the options by which a command finds its configuration and store. */
export function addStoreOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (default: trial-adapter.json if it exists)')
    .option('--data <dir>', 'folder of the store (default: data)')
    .option('--database <url>', 'PostgreSQL database as the store of several instances (postgres://…)');
}

/** Adds the option of a command that only reads, by which the primary server has no work with it. */
export function addReplicaOption(command: Command): Command {
  return command.option('--replica <url>', 'replica of the PostgreSQL database to read from');
}

/** Adds the option that names the study. */
export function addStudyOption(command: Command): Command {
  return command.option('--study <id>', 'study (default: the only one)');
}

/** How many digits of a record's hash are printed in a table; a decision may name it by them. */
export const SHOWN_DIGITS = 12;

/** Adds the options of a decision about a record that was shown with its hash. */
export function addDecisionOptions(command: Command): Command {
  return addReasonOptions(command).option(
    '--shown <hash>',
    'hash of the record as you saw it, or its first digits: refused if it has changed (required with a signature)',
  );
}

/** Adds the options that state who decides and why. */
export function addReasonOptions(command: Command): Command {
  return command
    .option(
      '--by <name>',
      'person who decides, where no people are configured (default: the user of the system)',
    )
    .option('--why <text>', 'reason, stored with the decision; it must not contain patient data');
}

/** Adds the option that prints the result as JSON. */
export function addJsonOption(command: Command): Command {
  return command.addOption(new Option('--json', 'print the result as JSON').default(false));
}
