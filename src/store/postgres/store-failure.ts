import { Failure } from '../../errors.ts';

/** Reads the SQLSTATE of an error of PostgreSQL, five letters and digits; empty for any other error. */
export function readSqlState(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  return /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code) ? code : '';
}

/** Errors of the network and of the connection, which another attempt may overcome. */
const NETWORK_CODES = new Set([
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ENOENT',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EAI_AGAIN',
  ],
  ...['ECONNABORTED', 'ENOTCONN', 'EADDRNOTAVAIL'],
]);

/** Whether the error means that the server or the network did not answer, without an error of the statement itself. */
function isNetworkError(cause: unknown): boolean {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  return NETWORK_CODES.has(code);
}

/** Another transaction prevented this one: it can be run again at once. */
export const isConflict = (cause: unknown): boolean => ['40001', '40P01'].includes(readSqlState(cause));

/** The conflict of two sites that enrol somebody under the same number at once; as PostgreSQL reports conflicts. */
export const createTakenNumberConflict = (): Error =>
  Object.assign(new Error('Another transaction has taken the number of the subject.'), { code: '40001' });

/** Connection lost, server stopping or starting, too many connections, locked too long, conflict with a replica. */
const isPassing = (state: string): boolean =>
  /^(08|40|57P0[1235]|53300|55P03|25P03|25P04)/.test(state) || state === '57014';

/** What makes a database unusable, by SQLSTATE or its class, with the fix. */
const UNUSABLE: Readonly<Record<string, readonly [problem: string, fix: string]>> = {
  '28': ['The database refuses the user', 'Check user and password of the database URL.'],
  '3D': ['The database does not exist', 'Create it, or correct its name in the database URL.'],
  '42501': [
    'The user of the database lacks a right',
    'Run the migration as the owner of the schema: it grants what is needed (docs/postgres.md).',
  ],
  '25006': ['The database cannot be written', 'Name the primary server, not a replica.'],
  '58': ['The disk of the database cannot be read or written', 'Check the disk of the database server.'],
  XX: ['The database is damaged', 'Check the disk, and restore the database from a backup.'],
  F0: ['The server of the database is configured wrongly', 'Read the log of the server.'],
};

/** A failure after which the same call may succeed: nothing is known to be stored. */
export const createUnreachableFailure = (cause: unknown, at?: string): Failure =>
  new Failure(
    'store/busy',
    'The database cannot be reached at present.',
    { fix: 'Try again.', ...(at === undefined ? {} : { at }) },
    { cause },
  );

/** Converts an error of PostgreSQL or of its connection to a Failure; null for any other, which is a programming error. */
export function toPostgresFailure(cause: unknown, at: string): Failure | null {
  const state = readSqlState(cause);
  if (isNetworkError(cause)) return createUnreachableFailure(cause);
  if (state === '55P03') {
    const message = 'Another process has locked the database.';
    return new Failure('store/busy', message, { fix: 'Try again.' }, { cause });
  }
  if (isPassing(state)) return createUnreachableFailure(cause);
  if (state === '53100') {
    const fix = 'Free space on the disk. A service goes on by itself.';
    return new Failure('store/full', 'The disk of the database is full (53100).', { at, fix }, { cause });
  }
  const unusable = UNUSABLE[state] ?? UNUSABLE[state.slice(0, 2)];
  if (!unusable) return null;
  const [problem, fix] = unusable;
  return new Failure('store/unusable', `${problem} (${state}).`, { at, fix }, { cause });
}
