import type { Command } from 'commander';
import type { SigningKeyOperations } from '../../service/access/signing-key-operations.ts';
import type { CommandContext } from '../command-context.ts';
import { addJsonOption, createCommand } from '../command-options.ts';
import { formatTable, printJson } from '../terminal.ts';

interface KeysOptions {
  readonly config?: string;
  readonly data?: string;
  readonly json: boolean;
}

type SigningKeys = ReturnType<SigningKeyOperations['listSigningKeys']>;

const formatKeys = (keys: SigningKeys): string =>
  formatTable(
    ['kid', 'created', 'use'],
    keys.map(({ kid, createdAt, isActive }) => [kid, createdAt, isActive ? 'signs' : 'verifies']),
  );

async function runKeys(
  context: CommandContext,
  { config, data, json }: KeysOptions,
  selectKeys: (
    operations: SigningKeyOperations,
    config: Awaited<ReturnType<CommandContext['loadConfig']>>,
  ) => SigningKeys,
): Promise<void> {
  const operations = await context.loadSigningKeyOperations();
  const keys = selectKeys(operations, await context.loadConfig({ config, data }));
  if (json) printJson(context.io, keys);
  else context.io.out(formatKeys(keys));
}

const addKeyOptions = (command: Command): Command =>
  addJsonOption(
    command
      .option('--config <file>', 'configuration file')
      .option('--data <dir>', 'folder of the store, with the keys (default: data)'),
  );

/** Creates `keys`: the keys with which the adapter signs access tokens. */
export function createKeysCommand(context: CommandContext): Command {
  const command = createCommand('keys', 'the keys with which the adapter signs access tokens', [
    'keys list',
    'keys rotate',
  ]);
  const list = addKeyOptions(
    createCommand('list', 'list the keys: the one that signs, and the one before it', ['keys list --json']),
  );
  command.addCommand(
    list.action((options: KeysOptions) =>
      runKeys(context, options, (operations, config) => operations.listSigningKeys(config)),
    ),
    { isDefault: true },
  );
  const create = addKeyOptions(
    createCommand('create', 'create the first key, if there is none', ['keys create']),
  );
  command.addCommand(
    create.action((options: KeysOptions) =>
      runKeys(context, options, (operations, config) => [operations.createSigningKey(config)]),
    ),
  );
  const rotate = addKeyOptions(
    createCommand('rotate', 'sign with a new key from now on; tokens of the key before it stay valid', [
      'keys rotate',
    ]),
  );
  return command.addCommand(
    rotate.action((options: KeysOptions) =>
      runKeys(context, options, (operations, config) => [operations.rotateSigningKey(config)]),
    ),
  );
}
