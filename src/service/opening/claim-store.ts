import { hostname } from 'node:os';
import { buildAuditEntry } from '../../audit/audit-entry.ts';
import { Failure } from '../../errors.ts';
import type { Store, StoreClaim } from '../../store/store.ts';

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

/** Where a store is, for a message: its folder, or its database without the password. */
export interface StorePlace {
  readonly isFolder: boolean;
  readonly text: string;
}

async function refuseSecondService(store: Store, { isFolder, text }: StorePlace): Promise<never> {
  const stored = await store.read((tx) => tx.sharedValues.get(HOLDER_KEY));
  const holder = stored === null ? 'another process' : formatHolder(JSON.parse(stored) as ServiceHolder);
  throw new Failure('store/busy', `This store is served already, by ${holder}.`, {
    at: text,
    fix: isFolder
      ? 'Stop that process, or name another folder with --data. Other commands can run beside it.'
      : 'Stop every instance, then try again.',
  });
}

/**
 * Claims the store for this process: as one that serves it, or (`alone`) as the only one that uses it; then nothing is
 * written. Throws `store/busy`, naming the process that serves it, where another process prevents that.
 */
export async function claimStore(
  store: Store,
  use: 'serve' | 'alone',
  place: StorePlace,
  now: Date = new Date(),
): Promise<StoreClaim> {
  const claim = await store.claimService(use);
  if (!claim) return refuseSecondService(store, place);
  if (use === 'alone') return claim;
  const holder: ServiceHolder = { pid: process.pid, host: hostname(), since: now.toISOString() };
  const detail = { pid: holder.pid, host: holder.host };
  await store.transaction(async (tx) => {
    await tx.sharedValues.put(HOLDER_KEY, JSON.stringify(holder));
    await tx.audit.append(buildAuditEntry({ action: 'service.started', detail }, now));
  });
  return {
    async release() {
      const stopped = buildAuditEntry({ action: 'service.stopped', detail }, new Date());
      await store.transaction((tx) => tx.audit.append(stopped)).finally(() => claim.release());
    },
  };
}
