import type { Ehr, EhrFailure, EntryResponse } from '../ehr/ehr.ts';
import { classifyHttpStatus, createUnreadableFailure } from '../ehr/failures.ts';
import type { OutboxEntry } from '../store/store.ts';
import { type CurrentState, readCurrentState } from './read-current-state.ts';
import { buildTransaction, matchResponses, type PendingWrite, parseLocation } from './transaction-bundle.ts';

/** What became of one entry in one attempt. */
export type DeliveryOutcome =
  | { readonly entry: OutboxEntry; readonly delivered: true; readonly location: string | null }
  | {
      readonly entry: OutboxEntry;
      readonly delivered: false;
      readonly failure: EhrFailure;
      /** Where the EHR holds what somebody else changed; null where ours was deleted. */
      readonly conflictLocation?: string | null;
    };

function createFailedOutcome(entry: OutboxEntry, trouble: EhrFailure, seen?: string | null): DeliveryOutcome {
  return {
    entry,
    delivered: false,
    failure: trouble,
    ...(seen === undefined ? {} : { conflictLocation: seen }),
  };
}

/** After a success that names no entries: only what the EHR shows is taken as delivered. */
async function verifyDelivered(ehr: Ehr, entry: OutboxEntry): Promise<DeliveryOutcome> {
  const sight = await readCurrentState(ehr, entry);
  if (sight.kind === 'same') return { entry, delivered: true, location: sight.location };
  if (sight.kind === 'trouble' && sight.conflictLocation === undefined)
    return createFailedOutcome(entry, sight.failure);
  return createFailedOutcome(
    entry,
    createUnreadableFailure(200, 'the answer says nothing of the entries and the resource is not found'),
  );
}

/** R4 answers a version that is no more current with 409 or 412, and an id that is not there (any more) with 404 or 410. */
const VERSION_CONFLICT_STATUSES = new Set([404, 409, 410, 412]);

/** A refusal of one entry alone: if what stands in the EHR explains it, that counts; else the refusal itself does. */
async function resolveRefusal(
  ehr: Ehr,
  { entry, replaces: onto }: PendingWrite,
  trouble: EhrFailure,
): Promise<DeliveryOutcome> {
  if (!VERSION_CONFLICT_STATUSES.has(trouble.status ?? 0)) return createFailedOutcome(entry, trouble);
  const sight = await readCurrentState(ehr, entry);
  if (sight.kind === 'same') return { entry, delivered: true, location: sight.location };
  if (sight.kind === 'trouble' && sight.failure.recovery === 'refuse') {
    return createFailedOutcome(entry, { ...sight.failure, status: trouble.status }, sight.conflictLocation);
  }
  // It changed between our look and our write, and is ours to change: the next attempt looks again.
  if (sight.kind === 'own' && sight.location !== onto)
    return createFailedOutcome(entry, { ...trouble, recovery: 'retry' });
  return createFailedOutcome(entry, trouble);
}

/** The outcome by the entry's own responses: of the resource and its Provenance the worse one counts. */
async function resolveOutcome(
  ehr: Ehr,
  aimed: PendingWrite,
  responses: readonly EntryResponse[],
): Promise<DeliveryOutcome> {
  const { entry } = aimed;
  if (responses.some((r) => r.status === 0)) return verifyDelivered(ehr, entry);
  const bad = responses.find((r) => r.status < 200 || r.status > 299);
  if (bad) return resolveRefusal(ehr, aimed, classifyHttpStatus(bad.status, null, ''));
  const location = responses[0] ? parseLocation(responses[0], entry.resourceType) : null;
  if (location) return { entry, delivered: true, location };
  const sight = await readCurrentState(ehr, entry);
  return { entry, delivered: true, location: sight.kind === 'same' ? sight.location : null };
}

/** Refusals of the caller or of the kind of call: sending the entries one by one would meet the same. */
const CALLER_REFUSED_STATUSES = new Set([403, 405, 415, 501]);

function mayBeCausedByOneEntry({ recovery, status }: EhrFailure): boolean {
  return status === 409 || (recovery === 'refuse' && !CALLER_REFUSED_STATUSES.has(status ?? 0));
}

async function sendTransaction(ehr: Ehr, all: readonly PendingWrite[]): Promise<readonly DeliveryOutcome[]> {
  const answer = await ehr.sendTransaction(buildTransaction(all));
  if (!answer.ok) {
    const { failure: trouble } = answer;
    const [only, ...others] = all;
    if (only && others.length === 0) return [await resolveRefusal(ehr, only, trouble)];
    if (mayBeCausedByOneEntry(trouble)) return sendOneByOne(ehr, all);
    return all.map(({ entry }) => createFailedOutcome(entry, trouble));
  }
  const responses = matchResponses(
    all.map(({ entry }) => entry),
    answer.value.entries,
  );
  const outcomes: DeliveryOutcome[] = [];
  for (const [i, aimed] of all.entries()) {
    const own = responses?.[i];
    outcomes.push(own ? await resolveOutcome(ehr, aimed, own) : await verifyDelivered(ehr, aimed.entry));
  }
  return outcomes;
}

/** The EHR does not answer now; a conflict is about one entry. */
function isUnavailable({ recovery, status }: EhrFailure): boolean {
  return recovery === 'retry' && !VERSION_CONFLICT_STATUSES.has(status ?? 0);
}

/** A transaction was refused as a whole, without effect: each entry alone, so that one bad entry holds up no other. */
async function sendOneByOne(ehr: Ehr, all: readonly PendingWrite[]): Promise<readonly DeliveryOutcome[]> {
  const outcomes: DeliveryOutcome[] = [];
  for (const aimed of all) {
    const last = outcomes.at(-1);
    const down = last && !last.delivered && isUnavailable(last.failure) ? last.failure : null;
    if (down) outcomes.push(createFailedOutcome(aimed.entry, { ...down, effect: 'none' }));
    else outcomes.push(...(await sendTransaction(ehr, [aimed])));
  }
  return outcomes;
}

/** What to send, where something is to be sent; else what became of it. */
function planWrite(entry: OutboxEntry, sight: CurrentState): PendingWrite | DeliveryOutcome {
  switch (sight.kind) {
    case 'same':
      return { entry, delivered: true, location: sight.location };
    case 'open':
      return { entry, replaces: null };
    case 'own':
      return { entry, replaces: sight.location };
    case 'trouble':
      return createFailedOutcome(entry, sight.failure, sight.conflictLocation);
  }
}

/**
 * Brings the EHR what it is owed, once. Where the EHR may hold something of ours it is looked at first: what is held as
 * owed counts as delivered, so that its Provenance is not written twice, and what somebody else changed stays as it is.
 */
export async function sendEntries(
  ehr: Ehr,
  entries: readonly OutboxEntry[],
): Promise<readonly DeliveryOutcome[]> {
  const outcomes: DeliveryOutcome[] = [];
  const unsent: PendingWrite[] = [];
  for (const [i, entry] of entries.entries()) {
    const next = planWrite(
      entry,
      entry.handedOut > 0 ? await readCurrentState(ehr, entry) : { kind: 'open' },
    );
    if ('replaces' in next) unsent.push(next);
    else if (next.delivered || next.failure.recovery === 'refuse') outcomes.push(next);
    else {
      // The EHR does not answer now: nothing is sent before it can be asked.
      const rest = [...unsent.map((aimed) => aimed.entry), ...entries.slice(i)];
      return [...outcomes, ...rest.map((waiting) => createFailedOutcome(waiting, next.failure))];
    }
  }
  return unsent.length > 0 ? [...outcomes, ...(await sendTransaction(ehr, unsent))] : outcomes;
}
