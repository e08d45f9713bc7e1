import { setTimeout } from 'node:timers/promises';
import type { AdapterCli } from './adapter-cli.ts';
import type { Hospital } from './hospitals.ts';

/** One entry of `outbox list --json`, as far as the demonstration looks at it. */
export interface OutboxListEntry {
  readonly site: string;
  readonly subject: string;
  readonly identifier: string;
  /** Grows with every new content. */
  readonly generation: number;
  readonly state: 'pending' | 'delivered' | 'dead' | 'paused';
  readonly lastError: string | null;
}

const QUIET_MS = 1000;
const DEADLINE_MS = 90_000;

/**
 * Waits until every hospital's EHR has been quiet for a second and nothing is owed any more; `isDone` looks at the
 * outbox for what must have come. Throws where something was given up, or nothing ends.
 */
export async function waitUntilDelivered(
  adapter: AdapterCli,
  hospitals: readonly Hospital[],
  isDone: (rows: readonly OutboxListEntry[]) => boolean,
): Promise<readonly OutboxListEntry[]> {
  const until = Date.now() + DEADLINE_MS;
  while (Date.now() < until) {
    await waitUntilQuiet(hospitals, until);
    const rows = await listOutbox(adapter);
    const dead = rows.find((row) => row.state === 'dead');
    if (dead) throw new Error(`${dead.site}: ${dead.identifier} was given up: ${dead.lastError}`);
    if (rows.every((row) => row.state === 'delivered') && isDone(rows)) return rows;
    await setTimeout(QUIET_MS / 2);
  }
  throw new Error(`The adapter still owes write-backs after ${DEADLINE_MS / 1000} seconds.`);
}

export async function listOutbox(adapter: AdapterCli): Promise<readonly OutboxListEntry[]> {
  return JSON.parse(await adapter.runCommand('outbox', 'list', '--json')) as OutboxListEntry[];
}

async function waitUntilQuiet(hospitals: readonly Hospital[], until: number): Promise<void> {
  const answered = () =>
    hospitals.reduce(
      (sum, { ehr }) => sum + [...ehr.answeredByStatus.values()].reduce((a, b) => a + b, 0),
      0,
    );
  let before = -1;
  while (before !== answered() && Date.now() < until) {
    before = answered();
    await setTimeout(QUIET_MS);
  }
}
