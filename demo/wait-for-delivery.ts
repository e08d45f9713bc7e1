import { setTimeout } from 'node:timers/promises';
import type { AdapterCli, RunningService } from './adapter-cli.ts';
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

const POLL_MS = 500;
/** How long nothing may move before the demonstration gives up. A slow machine takes long, but something moves. */
const STALLED_MS = 300_000;

/** The parts of the demonstration whose progress is watched. */
interface WatchedParts {
  readonly adapterCli: Pick<AdapterCli, 'runCommand'>;
  readonly service: Pick<RunningService, 'requireRunning'>;
  readonly hospitals: readonly { readonly ehr: Pick<Hospital['ehr'], 'answeredByStatus'> }[];
}

/**
 * Waits until every outbox entry is delivered, `isDone` is true of the outbox, and nothing changed between two looks.
 * Returns the entries. There is no deadline: it throws where an entry was given up, where the service ended, or where for
 * `stalledMs` no EHR was called and no entry changed.
 */
export async function waitUntilDelivered(
  { adapterCli, service, hospitals }: WatchedParts,
  isDone: (entries: readonly OutboxListEntry[]) => boolean,
  { pollMs = POLL_MS, stalledMs = STALLED_MS } = {},
): Promise<readonly OutboxListEntry[]> {
  let state = '';
  let movedAt = performance.now();
  for (;;) {
    service.requireRunning();
    const answers = countAnswers(hospitals);
    const entries = await listOutbox(adapterCli);
    const dead = entries.find(({ state }) => state === 'dead');
    if (dead) throw new Error(`${dead.site}: ${dead.identifier} was given up: ${dead.lastError}`);
    const newState = JSON.stringify([answers, entries]);
    if (newState !== state) movedAt = performance.now();
    else if (entries.every((entry) => entry.state === 'delivered') && isDone(entries)) return entries;
    else if (performance.now() - movedAt > stalledMs) throw createStallError(entries, stalledMs);
    state = newState;
    await setTimeout(pollMs);
  }
}

function createStallError(entries: readonly OutboxListEntry[], stalledMs: number): Error {
  const open = entries.filter(({ state }) => state !== 'delivered');
  const [first] = open;
  const example = first
    ? ` One of them: ${first.site}: ${first.identifier}: ${first.lastError ?? first.state}.`
    : '';
  return new Error(
    `Nothing has moved for ${stalledMs / 1000} seconds: ${open.length} of ${entries.length} outbox entries are not delivered.${example}`,
  );
}

export async function listOutbox(
  adapterCli: Pick<AdapterCli, 'runCommand'>,
): Promise<readonly OutboxListEntry[]> {
  return JSON.parse(await adapterCli.runCommand('outbox', 'list', '--json')) as OutboxListEntry[];
}

function countAnswers(hospitals: WatchedParts['hospitals']): number {
  return hospitals.reduce(
    (sum, { ehr }) => sum + [...ehr.answeredByStatus.values()].reduce((a, b) => a + b, 0),
    0,
  );
}
