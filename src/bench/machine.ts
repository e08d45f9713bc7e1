import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { openDatabase, prepareDatabaseFile } from '../store/sqlite/database.ts';
import { type Spread, summariseRounds } from './spread.ts';
import type { Workspace } from './workspace.ts';

/** The machine, as far as figures depend on it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly system: string;
  readonly node: string;
  readonly sqlite: string;
}

/** How the store keeps what was acknowledged. */
export interface Durability {
  readonly journalMode: string;
  readonly synchronous: string;
  readonly pageSize: number;
  /** Milliseconds to write 4 kB over themselves and sync them to the disk of the store. */
  readonly syncMs: Spread;
  /** The setting in one line, as it stands at every figure. */
  readonly setting: string;
}

const MEGABYTE = 1_048_576;
const SYNCED_BYTES = 4_096;
const SYNCS = 50;
/** The names of `PRAGMA synchronous` (SQLite documentation, PRAGMA). */
const SYNCHRONOUS = ['OFF', 'NORMAL', 'FULL', 'EXTRA'];

/** Measures how long a sync takes: a disk that answers in microseconds only pretends. */
function measureSync(folder: string): Spread {
  const file = openSync(join(folder, 'sync'), 'w');
  const block = Buffer.alloc(SYNCED_BYTES, 1);
  try {
    const times = Array.from({ length: SYNCS }, () => {
      const begun = performance.now();
      writeSync(file, block, 0, SYNCED_BYTES, 0);
      fsyncSync(file);
      return performance.now() - begun;
    });
    return summariseRounds(times);
  } finally {
    closeSync(file);
  }
}

/** Reads machine and durability; the settings are those of a connection that the store opens, read back. */
export function describeMachine({ folder, copyPrepared }: Pick<Workspace, 'folder' | 'copyPrepared'>): {
  readonly machine: Machine;
  readonly durability: Durability;
} {
  const file = join(copyPrepared(), 'store.db');
  const database = openDatabase(file, prepareDatabaseFile(file));
  try {
    const journalMode = String(database.pragma('journal_mode', { simple: true }));
    const synchronous = SYNCHRONOUS[Number(database.pragma('synchronous', { simple: true }))] ?? 'unknown';
    const pageSize = Number(database.pragma('page_size', { simple: true }));
    const syncMs = measureSync(folder);
    const [cpu] = cpus();
    return {
      machine: {
        cpu: cpu?.model ?? 'unknown',
        cores: cpus().length,
        memoryMb: Math.round(totalmem() / MEGABYTE),
        system: `${type()} ${release()}`,
        node: process.version,
        sqlite: String(database.prepare('select sqlite_version()').pluck().get()),
      },
      durability: {
        journalMode,
        synchronous,
        pageSize,
        syncMs,
        setting: `SQLite, journal_mode=${journalMode}, synchronous=${synchronous}, pages of ${pageSize} bytes`,
      },
    };
  } finally {
    database.close();
  }
}
