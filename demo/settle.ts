import { setTimeout } from 'node:timers/promises';
import type { Adapter } from './adapter.ts';
import type { Hospital } from './hospitals.ts';

/** One entry of `outbox list --json`, as far as the demonstration looks at it. */
export interface OutboxRow {
  readonly site: string;
  readonly subject: string;
  readonly identifier: string;
  /** Grows with every new content. */
  readonly generation: number;
  readonly state: 'pending' | 'delivered' | 'dead' | 'paused';
  readonly lastError: string | null;
}

const QUIET_MS = 1000;
const PATIENCE_MS = 90_000;

/**
 * Waits until every hospital's EHR has been quiet for a second and nothing is owed any more; `isDone` looks at the
 * outbox for what must have come. Throws where something was given up, or nothing ends.
 */
export async function settled(
  adapter: Adapter,
  hospitals: readonly Hospital[],
  isDone: (rows: readonly OutboxRow[]) => boolean,
): Promise<readonly OutboxRow[]> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    await quiet(hospitals, until);
    const rows = await outbox(adapter);
    const dead = rows.find((row) => row.state === 'dead');
    if (dead) throw new Error(`${dead.site}: ${dead.identifier} was given up: ${dead.lastError}`);
    if (rows.every((row) => row.state === 'delivered') && isDone(rows)) return rows;
    await setTimeout(QUIET_MS / 2);
  }
  throw new Error(`The adapter still owes write-backs after ${PATIENCE_MS / 1000} seconds.`);
}

export async function outbox(adapter: Adapter): Promise<readonly OutboxRow[]> {
  return JSON.parse(await adapter.run('outbox', 'list', '--json')) as OutboxRow[];
}

async function quiet(hospitals: readonly Hospital[], until: number): Promise<void> {
  const answered = () =>
    hospitals.reduce((sum, { ehr }) => sum + [...ehr.answered.values()].reduce((a, b) => a + b, 0), 0);
  let before = -1;
  while (before !== answered() && Date.now() < until) {
    before = answered();
    await setTimeout(QUIET_MS);
  }
}
