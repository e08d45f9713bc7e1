import { hostname } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { takeServiceLock } from '../store/sqlite/service-lock.ts';
import type { Store } from '../store/store.ts';

/** The name of the shared value that says which process serves the store; stored. It is valid only while the lock is held. */
const HOLDER_KEY = 'service';

/** The process that serves a data folder. */
interface ServiceHolder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

const formatHolder = ({ pid, host, since }: ServiceHolder): string =>
  `process ${pid} on ${host}, since ${since}`;

async function refuseSecondService(store: Store, dataDir: string): Promise<never> {
  const stored = await store.read((tx) => tx.sharedValues.get(HOLDER_KEY));
  const holder = stored === null ? 'another process' : formatHolder(JSON.parse(stored) as ServiceHolder);
  throw new Failure('store/busy', `This data folder is served already, by ${holder}.`, {
    at: dataDir,
    fix: 'Stop that process, or name another folder with --data. Other commands can run beside it.',
  });
}

/**
 * Claims the data folder for this process as the only one that serves it; returns the function that ends the claim. Two
 * services would write everything back twice. Throws `store/busy`, naming the process that serves it.
 */
export async function claimDataFolder(store: Store, dataDir: string, now: Date): Promise<() => void> {
  const lock = takeServiceLock(join(dataDir, 'serve.lock'));
  if (!lock) return refuseSecondService(store, dataDir);
  const holder: ServiceHolder = { pid: process.pid, host: hostname(), since: now.toISOString() };
  await store.transaction((tx) => tx.sharedValues.put(HOLDER_KEY, JSON.stringify(holder)));
  return lock.release;
}
