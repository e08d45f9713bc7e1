import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Failure } from '../errors.ts';
import type { FileSettings } from './config-file-schema.ts';
import { isBrowserOrigin, type PersonSettings, type SignInSettings } from './people-schema.ts';

/** A person who may decide at the command line. */
export interface PersonConfig extends Pick<PersonSettings, 'id' | 'name' | 'roles' | 'sites'> {
  /** Their user of the operating system; null: they decide nothing at the command line (any more). */
  readonly user: string | null;
  readonly keys: readonly { readonly publicKey: string; readonly retiredAt: string | null }[];
}

/** Sign-in by OpenID Connect. */
export interface SignInConfig extends Omit<SignInSettings, 'clientSecretFile' | 'sitesClaim' | 'publicUrl'> {
  /** The address that browsers use: that of the service, unless they use another. Scheme, host and port. */
  readonly publicUrl: string;
  readonly clientSecret: string;
  /** The claim that lists a person's sites; null: every person sees all. */
  readonly sitesClaim: string | null;
}

/** The settings of people. */
export interface PeopleConfig {
  /** The people who may decide at the command line, each with their signing keys. */
  readonly people: readonly PersonConfig[];
  /** How people sign in; null: nobody can. */
  readonly signIn: SignInConfig | null;
  /** The signing key of whoever runs this command. */
  readonly signingKeyFile: string;
  /** The passphrase of that key, from a file; null: it is asked for. */
  readonly signingPassphrase: string | null;
  /** Decisions before this instant count without a signature; null: where people are configured, none does. */
  readonly unsignedDecisionsBefore: string | null;
}

type PeopleSettings = Pick<FileSettings, 'people' | 'signIn' | 'decisions' | 'publicUrl'>;

/** Where the configuration is, and how its files are read: a failure names the place in the configuration. */
interface ConfigPlace {
  readonly cwd: string;
  readonly file: string | null;
  readonly fileFolder: string;
  readTextFile(path: string, at: string, fix: string): string;
}

/** The signing key of a person, in their own folder. */
const DEFAULT_SIGNING_KEY = '.config/trial-adapter/signing-key.json';

const buildPersonConfig = ({ id, name, roles, sites, user, keys }: PersonSettings): PersonConfig => ({
  ...{ id, name, roles, sites },
  user: user ?? null,
  keys: keys.map(({ publicKey, retiredAt }) => ({ publicKey, retiredAt: retiredAt ?? null })),
});

/** The shortest secret of a client that is taken: it also keys what a browser holds during sign-in. */
const MIN_SECRET_LENGTH = 24;

function buildSignInConfig(
  { clientSecretFile, sitesClaim, ...settings }: SignInSettings,
  servicePublicUrl: string | undefined,
  { file, fileFolder, readTextFile }: ConfigPlace,
): SignInConfig {
  const at = `${file ?? ''} (signIn.clientSecretFile)`;
  const clientSecret = readTextFile(
    resolve(fileFolder, clientSecretFile),
    at,
    'Write the secret into this file.',
  ).trim();
  if (clientSecret.length < MIN_SECRET_LENGTH)
    throw new Failure('config/invalid', 'The secret of the sign-in client is too short.', {
      at,
      fix: `Let the issuer generate one of at least ${MIN_SECRET_LENGTH} characters.`,
    });
  const publicUrl = (settings.publicUrl ?? servicePublicUrl ?? '').replace(/\/$/, '');
  if (!isBrowserOrigin(publicUrl))
    throw new Failure('config/invalid', 'People sign in, and there is no https address at which they do.', {
      at: file === null ? 'publicUrl' : `${file} (publicUrl)`,
      fix: 'State publicUrl as scheme, host and port; signIn.publicUrl where browsers use another address than senders.',
    });
  return { ...settings, publicUrl, clientSecret, sitesClaim: sitesClaim ?? null };
}

/** Builds the settings of people: who they are, how they sign in, and what they sign with. */
export function buildPeopleConfig(
  { people, signIn, decisions, publicUrl }: PeopleSettings,
  env: Readonly<Record<string, string | undefined>>,
  place: ConfigPlace,
): PeopleConfig {
  const { cwd } = place;
  return {
    people: people.map(buildPersonConfig),
    signIn: signIn ? buildSignInConfig(signIn, publicUrl, place) : null,
    signingKeyFile: resolve(cwd, env.TRIAL_ADAPTER_SIGNING_KEY ?? join(homedir(), DEFAULT_SIGNING_KEY)),
    signingPassphrase: readPassphrase(env.TRIAL_ADAPTER_SIGNING_PASSPHRASE_FILE, place),
    unsignedDecisionsBefore: decisions.unsignedBefore ?? null,
  };
}

function readPassphrase(file: string | undefined, { cwd, readTextFile }: ConfigPlace): string | null {
  if (file === undefined) return null;
  const fix = 'Write the passphrase into this file.';
  return readTextFile(resolve(cwd, file), 'TRIAL_ADAPTER_SIGNING_PASSPHRASE_FILE', fix).replace(/\r?\n$/, '');
}
