import { Command, Option } from 'commander';

/** A command with its example, which `--help` shows last. */
export function createCommand(name: string, description: string, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ trial-adapter ${example}`);
  return new Command(name).description(description).addHelpText('after', `\nExample:\n${lines.join('\n')}`);
}

/** The options by which a command finds its configuration and store. */
export function addStoreOptions(made: Command): Command {
  return made
    .option('--config <file>', 'configuration file (default: trial-adapter.json where there is one)')
    .option('--data <dir>', 'folder of the store (default: data)');
}

export function addStudyOption(made: Command): Command {
  return made.option('--study <id>', 'study (default: the only one there is)');
}

export function addJsonOption(made: Command): Command {
  return made.addOption(new Option('--json', 'print the result as JSON').default(false));
}
