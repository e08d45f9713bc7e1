import type { Ehr, EntryResponse } from '../ehr/ehr.ts';
import { classifyHttpStatus, createUnreadableFailure } from '../ehr/failures.ts';
import type { OutboxEntry } from '../store/outbox.ts';
import type { DeliveryFailure } from './delivery-failure.ts';
import { type CurrentState, readCurrentState } from './read-current-state.ts';
import { buildTransaction, matchResponses, type PendingWrite } from './transaction-bundle.ts';
import { readResponseLocation } from './version-location.ts';

/** The result of one attempt for one entry. */
export type DeliveryOutcome =
  | {
      readonly entry: OutboxEntry;
      readonly delivered: true;
      /** `Type/id/_history/version` in the EHR; null where the EHR did not state it. */
      readonly location: string | null;
    }
  | {
      readonly entry: OutboxEntry;
      readonly delivered: false;
      readonly failure: DeliveryFailure;
      /** The version that somebody else changed in the EHR; null where it was deleted there. Absent otherwise. */
      readonly conflictLocation?: string | null;
    };

function createFailedOutcome(
  entry: OutboxEntry,
  failure: DeliveryFailure,
  conflictLocation?: string | null,
): DeliveryOutcome {
  return {
    entry,
    delivered: false,
    failure,
    ...(conflictLocation === undefined ? {} : { conflictLocation }),
  };
}

/** Verifies a success that does not list the entries: only an entry that is found in the EHR counts as delivered. */
async function verifyDelivered(ehr: Ehr, entry: OutboxEntry): Promise<DeliveryOutcome> {
  const current = await readCurrentState(ehr, entry);
  if (current.kind === 'delivered') return { entry, delivered: true, location: current.location };
  if (current.kind === 'blocked' && current.conflictLocation === undefined)
    return createFailedOutcome(entry, current.failure);
  return createFailedOutcome(
    entry,
    createUnreadableFailure(200, 'the answer does not list the entries, and the resource was not found'),
  );
}

/** Statuses for an outdated version (409, 412), or an id that does not or no longer exist (404, 410), in R4. */
const VERSION_CONFLICT_STATUSES = new Set([404, 409, 410, 412]);

/** Resolves the outcome of an entry that was refused alone: by the state of the EHR if it explains the refusal. */
async function resolveRefusal(
  ehr: Ehr,
  { entry, replaces }: PendingWrite,
  refusal: DeliveryFailure,
): Promise<DeliveryOutcome> {
  if (!VERSION_CONFLICT_STATUSES.has(refusal.status ?? 0)) return createFailedOutcome(entry, refusal);
  const current = await readCurrentState(ehr, entry);
  if (current.kind === 'delivered') return { entry, delivered: true, location: current.location };
  if (current.kind === 'blocked' && current.failure.recovery === 'refuse') {
    return createFailedOutcome(
      entry,
      { ...current.failure, status: refusal.status },
      current.conflictLocation,
    );
  }
  // It changed between the read and the write, but not by somebody else: the next attempt reads it again.
  if (current.kind === 'own' && current.location !== replaces)
    return createFailedOutcome(entry, { ...refusal, code: 'version-conflict', recovery: 'retry' });
  return createFailedOutcome(entry, refusal);
}

/** Resolves the outcome by the responses for the resource and its Provenance, of which the worse one counts. */
async function resolveOutcome(
  ehr: Ehr,
  write: PendingWrite,
  responses: readonly EntryResponse[],
): Promise<DeliveryOutcome> {
  const { entry } = write;
  if (responses.some(({ status }) => status === 0)) return verifyDelivered(ehr, entry);
  const refused = responses.find(({ status }) => status < 200 || status > 299);
  if (refused) return resolveRefusal(ehr, write, classifyHttpStatus(refused.status, null, ''));
  const location = responses[0] ? readResponseLocation(responses[0], entry.resourceType) : null;
  if (location) return { entry, delivered: true, location };
  const current = await readCurrentState(ehr, entry);
  return { entry, delivered: true, location: current.kind === 'delivered' ? current.location : null };
}

/** Statuses that refuse the caller or the kind of call: entries that are sent one by one would be refused too. */
const CALLER_REFUSED_STATUSES = new Set([403, 405, 415, 501]);

function canBeCausedByOneEntry({ recovery, status }: DeliveryFailure): boolean {
  return status === 409 || (recovery === 'refuse' && !CALLER_REFUSED_STATUSES.has(status ?? 0));
}

async function sendTransaction(
  ehr: Ehr,
  writes: readonly PendingWrite[],
): Promise<readonly DeliveryOutcome[]> {
  const result = await ehr.sendTransaction(buildTransaction(writes));
  if (!result.ok) {
    const { failure } = result;
    const [onlyWrite, ...others] = writes;
    if (onlyWrite && others.length === 0) return [await resolveRefusal(ehr, onlyWrite, failure)];
    if (canBeCausedByOneEntry(failure)) return sendOneByOne(ehr, writes);
    return writes.map(({ entry }) => createFailedOutcome(entry, failure));
  }
  const responses = matchResponses(
    writes.map(({ entry }) => entry),
    result.value.entries,
  );
  const outcomes: DeliveryOutcome[] = [];
  for (const [index, write] of writes.entries()) {
    const ownResponses = responses?.[index];
    outcomes.push(
      ownResponses ? await resolveOutcome(ehr, write, ownResponses) : await verifyDelivered(ehr, write.entry),
    );
  }
  return outcomes;
}

/** Whether the EHR is unavailable at present; a conflict concerns one entry only. */
function isUnavailable({ recovery, status }: DeliveryFailure): boolean {
  return recovery === 'retry' && !VERSION_CONFLICT_STATUSES.has(status ?? 0);
}

/**
 * Sends each entry alone after a transaction was refused as a whole, without effect, so that one faulty entry does not
 * delay the others. Once the EHR stops answering, the rest is not sent.
 */
async function sendOneByOne(ehr: Ehr, writes: readonly PendingWrite[]): Promise<readonly DeliveryOutcome[]> {
  const outcomes: DeliveryOutcome[] = [];
  for (const write of writes) {
    const last = outcomes.at(-1);
    const outage = last && !last.delivered && isUnavailable(last.failure) ? last.failure : null;
    if (outage) outcomes.push(createFailedOutcome(write.entry, { ...outage, effect: 'none' }));
    else outcomes.push(...(await sendTransaction(ehr, [write])));
  }
  return outcomes;
}

/** Plans the write of an entry that the EHR finds by its identifier. */
const planConditionalUpdate = (entry: OutboxEntry): PendingWrite => ({
  entry,
  replaces: null,
  way: 'update',
});

/** Plans the write of an entry to an EHR without conditional update: nothing is created that may be there. */
function planPlainWrite(
  entry: OutboxEntry,
  current: Extract<CurrentState, { kind: 'absent' | 'unversioned' | 'unsearchable' }>,
): PendingWrite | DeliveryOutcome {
  switch (current.kind) {
    case 'absent':
      return { entry, replaces: null, way: 'create' };
    case 'unversioned':
      if (current.location !== null) return { entry, replaces: current.location, way: 'update' };
      return createFailedOutcome(
        entry,
        createUnreadableFailure(200, 'the resource that was found has no usable id'),
      );
    case 'unsearchable':
      return createFailedOutcome(entry, current.failure);
  }
}

/** Plans the write of an entry; returns its outcome where nothing is to be sent. */
function planWrite(ehr: Ehr, entry: OutboxEntry, current: CurrentState): PendingWrite | DeliveryOutcome {
  switch (current.kind) {
    case 'delivered':
      return { entry, delivered: true, location: current.location };
    case 'own':
      return { entry, replaces: current.location, way: 'update' };
    case 'blocked':
      return createFailedOutcome(entry, current.failure, current.conflictLocation);
    default:
      return ehr.updatesByIdentifier ? planConditionalUpdate(entry) : planPlainWrite(entry, current);
  }
}

/** Whether the EHR is read before the entry is written: where it may have it already, or creates it once more otherwise. */
const isReadFirst = (ehr: Ehr, { handedOut }: OutboxEntry): boolean =>
  handedOut > 0 || !ehr.updatesByIdentifier;

/**
 * Makes one attempt to deliver entries of one subject to one EHR. If the EHR may already have an entry, it is read first:
 * content that is present counts as delivered, so that its Provenance is not written twice, and a resource that somebody
 * else changed stays as it is. If the EHR does not answer, nothing is sent before it can be read.
 */
export async function sendEntries(
  ehr: Ehr,
  entries: readonly OutboxEntry[],
): Promise<readonly DeliveryOutcome[]> {
  const outcomes: DeliveryOutcome[] = [];
  const unsent: PendingWrite[] = [];
  for (const [index, entry] of entries.entries()) {
    const current: CurrentState = isReadFirst(ehr, entry)
      ? await readCurrentState(ehr, entry)
      : { kind: 'absent' };
    const plan = planWrite(ehr, entry, current);
    if ('replaces' in plan) unsent.push(plan);
    else if (plan.delivered || plan.failure.recovery === 'refuse') outcomes.push(plan);
    else {
      const waiting = [...unsent.map((write) => write.entry), ...entries.slice(index)];
      return [...outcomes, ...waiting.map((unsentEntry) => createFailedOutcome(unsentEntry, plan.failure))];
    }
  }
  return unsent.length > 0 ? [...outcomes, ...(await sendTransaction(ehr, unsent))] : outcomes;
}
