import type { Ehr, EntryResponse, Trouble } from '../ehr/ehr.ts';
import { troubleOfStatus, unreadable } from '../ehr/failures.ts';
import type { OutboxEntry } from '../store/store.ts';
import { type Aimed, locationIn, responsesFor, transactionOf } from './bundle.ts';
import { look, type Sight } from './look.ts';

/** What became of one entry in one attempt. */
export type Outcome =
  | { readonly entry: OutboxEntry; readonly delivered: true; readonly location: string | null }
  | {
      readonly entry: OutboxEntry;
      readonly delivered: false;
      readonly trouble: Trouble;
      /** Where the EHR holds what somebody else changed; null where ours was deleted. */
      readonly seen?: string | null;
    };

function failed(entry: OutboxEntry, trouble: Trouble, seen?: string | null): Outcome {
  return { entry, delivered: false, trouble, ...(seen === undefined ? {} : { seen }) };
}

/** After a success that names no entries: only what the EHR shows is taken as delivered. */
async function verify(ehr: Ehr, entry: OutboxEntry): Promise<Outcome> {
  const sight = await look(ehr, entry);
  if (sight.kind === 'same') return { entry, delivered: true, location: sight.location };
  if (sight.kind === 'trouble' && sight.seen === undefined) return failed(entry, sight.trouble);
  return failed(
    entry,
    unreadable(200, 'the answer says nothing of the entries and the resource is not found'),
  );
}

/** R4 answers a version that is no more current with 409 or 412, and an id that is not there (any more) with 404 or 410. */
const MAY_BE_THE_VERSION = new Set([404, 409, 410, 412]);

/** A refusal of one entry alone: if what stands in the EHR explains it, that counts; else the refusal itself does. */
async function explain(ehr: Ehr, { entry, onto }: Aimed, trouble: Trouble): Promise<Outcome> {
  if (!MAY_BE_THE_VERSION.has(trouble.status ?? 0)) return failed(entry, trouble);
  const sight = await look(ehr, entry);
  if (sight.kind === 'same') return { entry, delivered: true, location: sight.location };
  if (sight.kind === 'trouble' && sight.trouble.recovery === 'refuse') {
    return failed(entry, { ...sight.trouble, status: trouble.status }, sight.seen);
  }
  // It changed between our look and our write, and is ours to change: the next attempt looks again.
  if (sight.kind === 'own' && sight.location !== onto)
    return failed(entry, { ...trouble, recovery: 'retry' });
  return failed(entry, trouble);
}

/** The outcome by the entry's own responses: of the resource and its Provenance the worse one counts. */
async function settle(ehr: Ehr, aimed: Aimed, responses: readonly EntryResponse[]): Promise<Outcome> {
  const { entry } = aimed;
  if (responses.some((r) => r.status === 0)) return verify(ehr, entry);
  const bad = responses.find((r) => r.status < 200 || r.status > 299);
  if (bad) return explain(ehr, aimed, troubleOfStatus(bad.status, null, ''));
  const location = responses[0] ? locationIn(responses[0], entry.resourceType) : null;
  if (location) return { entry, delivered: true, location };
  const sight = await look(ehr, entry);
  return { entry, delivered: true, location: sight.kind === 'same' ? sight.location : null };
}

/** Refusals of the caller or of the kind of call: sending the entries one by one would meet the same. */
const REFUSES_THE_CALLER = new Set([403, 405, 415, 501]);

function mayBeOneEntrysFault({ recovery, status }: Trouble): boolean {
  return status === 409 || (recovery === 'refuse' && !REFUSES_THE_CALLER.has(status ?? 0));
}

async function transact(ehr: Ehr, all: readonly Aimed[]): Promise<readonly Outcome[]> {
  const answer = await ehr.transaction(transactionOf(all));
  if (!answer.ok) {
    const { trouble } = answer;
    const [only, ...others] = all;
    if (only && others.length === 0) return [await explain(ehr, only, trouble)];
    if (mayBeOneEntrysFault(trouble)) return oneByOne(ehr, all);
    return all.map(({ entry }) => failed(entry, trouble));
  }
  const responses = responsesFor(
    all.map(({ entry }) => entry),
    answer.value.entries,
  );
  const outcomes: Outcome[] = [];
  for (const [i, aimed] of all.entries()) {
    const own = responses?.[i];
    outcomes.push(own ? await settle(ehr, aimed, own) : await verify(ehr, aimed.entry));
  }
  return outcomes;
}

/** The EHR does not answer now; a conflict is about one entry. */
function isDown({ recovery, status }: Trouble): boolean {
  return recovery === 'retry' && !MAY_BE_THE_VERSION.has(status ?? 0);
}

/** A transaction was refused as a whole, without effect: each entry alone, so that one bad entry holds up no other. */
async function oneByOne(ehr: Ehr, all: readonly Aimed[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const aimed of all) {
    const last = outcomes.at(-1);
    const down = last && !last.delivered && isDown(last.trouble) ? last.trouble : null;
    if (down) outcomes.push(failed(aimed.entry, { ...down, effect: 'none' }));
    else outcomes.push(...(await transact(ehr, [aimed])));
  }
  return outcomes;
}

/** What to send, where something is to be sent; else what became of it. */
function plan(entry: OutboxEntry, sight: Sight): Aimed | Outcome {
  switch (sight.kind) {
    case 'same':
      return { entry, delivered: true, location: sight.location };
    case 'open':
      return { entry, onto: null };
    case 'own':
      return { entry, onto: sight.location };
    case 'trouble':
      return failed(entry, sight.trouble, sight.seen);
  }
}

/**
 * Brings the EHR what it is owed, once. Where the EHR may hold something of ours it is looked at first: what is held as
 * owed counts as delivered, so that its Provenance is not written twice, and what somebody else changed stays as it is.
 */
export async function send(ehr: Ehr, entries: readonly OutboxEntry[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const unsent: Aimed[] = [];
  for (const [i, entry] of entries.entries()) {
    const next = plan(entry, entry.handedOut > 0 ? await look(ehr, entry) : { kind: 'open' });
    if ('onto' in next) unsent.push(next);
    else if (next.delivered || next.trouble.recovery === 'refuse') outcomes.push(next);
    else {
      // The EHR does not answer now: nothing is sent before it can be asked.
      const rest = [...unsent.map((aimed) => aimed.entry), ...entries.slice(i)];
      return [...outcomes, ...rest.map((waiting) => failed(waiting, next.trouble))];
    }
  }
  return unsent.length > 0 ? [...outcomes, ...(await transact(ehr, unsent))] : outcomes;
}
