import { setTimeout } from 'node:timers/promises';
import type { AdapterCli } from './adapter-cli.ts';
import type { Hospital } from './hospitals.ts';

/** One entry of `outbox list --json`, as far as the demonstration reads it. */
export interface OutboxListEntry {
  readonly site: string;
  readonly subject: string;
  readonly identifier: string;
  /** Increases with every new content. */
  readonly generation: number;
  readonly state: 'pending' | 'delivered' | 'dead' | 'paused';
  readonly lastError: string | null;
}

const QUIET_MS = 1000;
const DEADLINE_MS = 90_000;

/**
 * Waits until every EHR has been quiet for a second, every outbox entry is delivered and `isDone` is true of the
 * outbox. Returns the entries. Throws where an entry was given up, or after the deadline.
 */
export async function waitUntilDelivered(
  adapterCli: AdapterCli,
  hospitals: readonly Hospital[],
  isDone: (entries: readonly OutboxListEntry[]) => boolean,
): Promise<readonly OutboxListEntry[]> {
  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline) {
    await waitUntilQuiet(hospitals, deadline);
    const entries = await listOutbox(adapterCli);
    const dead = entries.find(({ state }) => state === 'dead');
    if (dead) throw new Error(`${dead.site}: ${dead.identifier} was given up: ${dead.lastError}`);
    if (entries.every(({ state }) => state === 'delivered') && isDone(entries)) return entries;
    await setTimeout(QUIET_MS / 2);
  }
  throw new Error(`Not every write-back was delivered within ${DEADLINE_MS / 1000} seconds.`);
}

export async function listOutbox(adapterCli: AdapterCli): Promise<readonly OutboxListEntry[]> {
  return JSON.parse(await adapterCli.runCommand('outbox', 'list', '--json')) as OutboxListEntry[];
}

async function waitUntilQuiet(hospitals: readonly Hospital[], deadline: number): Promise<void> {
  const countAnswers = () =>
    hospitals.reduce(
      (sum, { ehr }) => sum + [...ehr.answeredByStatus.values()].reduce((a, b) => a + b, 0),
      0,
    );
  let before = -1;
  while (before !== countAnswers() && Date.now() < deadline) {
    before = countAnswers();
    await setTimeout(QUIET_MS);
  }
}
