import { Failure } from '../errors.ts';

const MIN_LENGTH = 8;
/** Values that examples and other programs use; compared without case, digits at the end and other signs. */
const DEFAULTS = new Set([
  ...[
    'admin',
    'bearer',
    'changeit',
    'changeme',
    'default',
    'demotoken',
    'development',
    'devtoken',
    'example',
  ],
  ...['examplesecret', 'exampletoken', 'letmein', 'mysecret', 'mytoken', 'password', 'placeholder', 'qwerty'],
  ...[
    'replaceme',
    'secret',
    'secretkey',
    'supersecret',
    'test',
    'testsecret',
    'testtoken',
    'token',
    'yoursecret',
  ],
  ...['yourtoken', 'yourtokenhere'],
]);

const normalise = (secret: string): string =>
  secret
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .replaceAll(/[0-9]+$/g, '');

/** Refuses a secret that is short, one character repeated, or one that examples use (`config/invalid`). `at`: where it is set. */
export function refuseWeakSecret(secret: string, at: string): void {
  const isWeak = secret.length < MIN_LENGTH || new Set(secret).size < 3 || DEFAULTS.has(normalise(secret));
  if (!isWeak) return;
  throw new Failure('config/invalid', 'The secret is too short, or one that anybody would try.', {
    at,
    fix: 'Use one of random characters, such as `openssl rand -hex 32` prints.',
  });
}

/** Refuses a password in a URL of the command line, which every user of the machine can read (`config/invalid`). */
export function refusePasswordInOption(url: string | undefined, option: string): void {
  if (url === undefined || !URL.canParse(url)) return;
  const { password, searchParams } = new URL(url);
  if (password === '' && !searchParams.has('password')) return;
  throw new Failure(
    'config/invalid',
    'A password on the command line can be read by every user of the machine.',
    {
      at: option,
      fix: 'Set PGPASSWORD or TRIAL_ADAPTER_DATABASE in the environment, or use a password file (~/.pgpass).',
    },
  );
}
