import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';

/** The system of the identifiers of write-backs in a bar. */
export const OWED_SYSTEM = 'urn:torture:assessment';

/** One write-back that an EHR is owed. */
export interface OwedWrite {
  readonly site: string;
  readonly subject: string;
  /** The value of the identifier. */
  readonly name: string;
  /** What it says; a later content has a higher number. */
  readonly content: number;
}

/** Owes the EHR a resource with its Provenance, as an assessment does. */
export async function enqueueOwedWrites(
  store: Store,
  writes: readonly OwedWrite[],
  now: string,
): Promise<void> {
  await store.transaction(async ({ outbox }) => {
    for (const { site, subject, name, content } of writes) {
      const resource = {
        resourceType: 'Observation',
        identifier: [{ system: OWED_SYSTEM, value: name }],
        subject: { display: subject },
        valueInteger: content,
      };
      const provenance = { resourceType: 'Provenance', about: name, content };
      await outbox.enqueue(
        {
          ...{ site, subject, study: 'torture', identifier: `${OWED_SYSTEM}|${name}` },
          resourceType: 'Observation',
          resource: JSON.stringify(resource),
          provenance: JSON.stringify(provenance),
        },
        now,
      );
    }
  });
}

/** A store that can be closed and opened again, as by a restart. */
export interface ReopenableStore {
  readonly store: Store;
  reopen(): Promise<void>;
}

/** In memory where the system has a place for that: what a power cut leaves is another bar's question. */
const chooseFolder = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

/** Runs the work with an empty store. */
export async function withEmptyStore<T>(work: (opened: ReopenableStore) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(chooseFolder(), 'trial-adapter-torture-'));
  const open = () => openSqliteStore(join(folder, 'store.db'));
  let store = open();
  try {
    return await work({
      get store() {
        return store;
      },
      async reopen() {
        await store.close();
        store = open();
      },
    });
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A clock that only the bar moves. */
export interface FakeClock {
  now: number;
}

/** Creates a source of chance that the seed determines (mulberry32). */
export function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
