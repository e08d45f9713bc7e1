import { Command } from 'commander';
import type { CreatedKey } from '../../service/people/personal-key.ts';
import type { CommandContext } from '../command-context.ts';
import { addJsonOption, createCommand } from '../command-options.ts';
import { askPassphrase } from '../decider.ts';
import { type Io, printJson } from '../terminal.ts';

interface KeyOptions {
  readonly config?: string;
  readonly json: boolean;
}

interface CreateOptions extends KeyOptions {
  readonly passphrase: boolean;
}

function printKey(io: Io, { file, name, publicKey, isEncrypted }: CreatedKey): void {
  const guard = isEncrypted ? 'encrypted with your passphrase' : 'readable by you only, without a passphrase';
  io.out(
    `${file} (${guard})\nPrinted name: ${name}\nPublic key: ${publicKey}\n\n` +
      'Whoever administers the configuration, and knows you, adds to `people`:\n' +
      `${JSON.stringify({ id: '…', name, user: '…', keys: [{ publicKey }], roles: ['…'], sites: ['…'] })}\n`,
  );
}

async function createKey(context: CommandContext, name: string, options: CreateOptions): Promise<void> {
  const { io } = context;
  const config = await context.loadConfig({ config: options.config });
  const passphrase = options.passphrase ? await askPassphrase(io, config) : null;
  const { createPersonalKey } = await context.loadPersonalKeys();
  const key = createPersonalKey(config.signingKeyFile, name.trim(), passphrase);
  if (options.json) printJson(io, key);
  else printKey(io, key);
}

async function showKey(context: CommandContext, options: KeyOptions): Promise<void> {
  const { signingKeyFile } = await context.loadConfig({ config: options.config });
  const { readPersonalPublicKey } = await context.loadPersonalKeys();
  const key = readPersonalPublicKey(signingKeyFile);
  if (options.json) printJson(context.io, key);
  else printKey(context.io, key);
}

interface RotateOptions extends KeyOptions {
  readonly data?: string;
}

async function replaceServiceKey(context: CommandContext, options: RotateOptions): Promise<void> {
  const { keysDir } = await context.loadConfig({ config: options.config, data: options.data });
  const { replaceServiceSigningKey } = await context.loadPersonalKeys();
  const publicKeys = replaceServiceSigningKey(keysDir, new Date());
  if (options.json) printJson(context.io, { publicKeys });
  else
    context.io.out(
      `The service signs with ${publicKeys.at(-1)} from now on; ${publicKeys.length - 1} former kept to check with\n`,
    );
}

const addConfigOption = (command: Command): Command =>
  addJsonOption(command).option(
    '--config <file>',
    'configuration file (default: trial-adapter.json if it exists)',
  );

/** Creates `signing-key`: the key with which a person signs their decisions at the command line. */
export function createSigningKeyCommand(context: CommandContext): Command {
  const creating = createCommand('create', 'make your signing key, in your own folder', [
    'signing-key create "Prof. A. Novak"',
  ])
    .argument('<name>', 'your name as it is printed with what you sign')
    .option('--no-passphrase', 'do not encrypt the key: whoever can read your files can sign as you');
  const showing = createCommand('show', 'show your public key and printed name', ['signing-key show']);
  const rotating = createCommand(
    'rotate-service',
    'replace the key with which the service signs for people who signed in',
    ['signing-key rotate-service --data data'],
  );
  return new Command('signing-key')
    .description('make or show the key with which you sign your decisions at the command line')
    .addCommand(
      addConfigOption(creating).action((name: string, options: CreateOptions) =>
        createKey(context, name, options),
      ),
    )
    .addCommand(
      addConfigOption(rotating)
        .option('--data <dir>', 'folder of the store (default: data)')
        .action((options: RotateOptions) => replaceServiceKey(context, options)),
    )
    .addCommand(addConfigOption(showing).action((options: KeyOptions) => showKey(context, options)))
    .addHelpText('after', '\nExample:\n  $ trial-adapter signing-key create "Prof. A. Novak"');
}
