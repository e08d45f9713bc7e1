import { createHash } from 'node:crypto';

/**
 * The advisory locks of the adapter, as pairs of integers: the first says what is locked, the second which one. Locks are
 * known within one database, so that several stores on one server do not meet.
 */
const LOCK_KINDS = {
  schema: 7_301_001,
  store: 7_301_002,
  site: 7_301_003,
  service: 7_301_004,
  delivery: 7_301_005,
  chain: 7_301_006,
};

/** The parameters of an advisory lock. */
export type LockKey = readonly [kind: number, which: number];

/** Builds the key of a lock. Two names with one number only wait for each other needlessly. */
export function buildLockKey(kind: keyof typeof LOCK_KINDS, name = ''): LockKey {
  const which = name === '' ? 0 : createHash('sha256').update(name).digest().readInt32BE(0);
  return [LOCK_KINDS[kind], which];
}
