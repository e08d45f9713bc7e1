import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until the condition holds, however long that takes on a busy machine. A condition that never holds ends at the
 * time limit of the test.
 */
export async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}
