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

/** Adds the option that prints the result as JSON. */
export function addJsonOption(command: Command): Command {
  return command.addOption(new Option('--json', 'print the result as JSON').default(false));
}
