import { userInfo } from 'node:os';
import type { Config } from '../config.ts';
import { Failure } from '../errors.ts';
import type { Decider } from '../service.ts';
import type { CommandContext } from './command-context.ts';
import type { Io } from './terminal.ts';

/** The options of a command that records a person's decision. */
export interface DecisionOptions {
  readonly by?: string;
  readonly why?: string;
  readonly shown?: string;
}

/**
 * Resolves the person who decides. Where people are configured, they are the user of the operating system, with the signing
 * key in their own folder; a name that is merely stated is refused. Where nobody is configured, as in a trial run, the name
 * given with --by, or else the user's, is recorded with a decision that has no signature. Throws `cli/usage`.
 */
export async function resolveDecider(
  { io, loadSigner }: CommandContext,
  config: Config,
  { by, why, shown }: DecisionOptions,
): Promise<Decider> {
  const systemUser = getSystemUser();
  const reason = { why: why?.trim() || null, shown: shown?.trim() || null };
  if (config.people.length > 0 || config.signIn !== null) {
    if (by !== undefined)
      throw new Failure('cli/usage', 'People are configured here, so a name cannot be stated.', {
        at: '--by',
        fix: 'Omit it: you decide as yourself, with your own signing key.',
      });
    return { ...(await loadSigner(config, systemUser, () => askPassphrase(io, config))), ...reason };
  }
  const name = by?.trim() ?? systemUser;
  if (name === '')
    throw new Failure('cli/usage', 'A decision needs the name of the person who decides.', {
      at: '--by',
      fix: 'State your name.',
    });
  return { by: name, systemUser: systemUser || null, ...reason };
}

/** Asks for the passphrase of a signing key at the terminal. Throws `cli/usage` where there is none. */
export async function askPassphrase(
  io: Io,
  { signingPassphrase }: Pick<Config, 'signingPassphrase'>,
): Promise<string> {
  const passphrase = signingPassphrase ?? (await io.askSecret('Passphrase of your signing key: '));
  if (passphrase !== null) return passphrase;
  throw new Failure(
    'cli/usage',
    'The signing key needs its passphrase, and there is no terminal to ask at.',
    {
      fix: 'Run this in a terminal, or name a file with TRIAL_ADAPTER_SIGNING_PASSPHRASE_FILE.',
    },
  );
}

/** Returns the user's name; empty in a container that runs under a number without a name. */
function getSystemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
