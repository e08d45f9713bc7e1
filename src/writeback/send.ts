import type { Ehr, EntryResponse, Trouble } from '../ehr/ehr.ts';
import { troubleOfStatus, unreadable } from '../ehr/trouble.ts';
import type { OutboxEntry } from '../store/store.ts';
import { locationIn, responsesFor, transactionOf } from './bundle.ts';
import { readBack } from './read-back.ts';

/** What became of one entry in one attempt. */
export type Outcome =
  | { readonly entry: OutboxEntry; readonly delivered: true; readonly location: string | null }
  | { readonly entry: OutboxEntry; readonly delivered: false; readonly trouble: Trouble };

function failed(entry: OutboxEntry, trouble: Trouble): Outcome {
  return { entry, delivered: false, trouble };
}

/** After a success that names no entries: only what the EHR shows is taken as delivered. */
async function verify(ehr: Ehr, entry: OutboxEntry): Promise<Outcome> {
  const found = await readBack(ehr, entry);
  if (found.kind === 'same') return { entry, delivered: true, location: found.location };
  if (found.kind === 'trouble') return failed(entry, found.trouble);
  return failed(
    entry,
    unreadable(200, 'the answer says nothing of the entries and the resource is not found'),
  );
}

/** The outcome by the entry's own responses: of the resource and its Provenance the worse one counts. */
async function settle(ehr: Ehr, entry: OutboxEntry, responses: readonly EntryResponse[]): Promise<Outcome> {
  if (responses.some((r) => r.status === 0)) return verify(ehr, entry);
  const bad = responses.find((r) => r.status < 200 || r.status > 299);
  if (bad) return failed(entry, troubleOfStatus(bad.status, null, ''));
  const location = responses[0] ? locationIn(responses[0], entry.resourceType) : null;
  if (location) return { entry, delivered: true, location };
  const found = await readBack(ehr, entry);
  return { entry, delivered: true, location: found.kind === 'same' ? found.location : null };
}

/** Refusals of the caller or of the kind of call: sending the entries one by one would meet the same. */
const REFUSES_THE_CALLER = new Set([403, 405, 415, 501]);

function mayBeOneEntrysFault(trouble: Trouble): boolean {
  return trouble.recovery === 'refuse' && !REFUSES_THE_CALLER.has(trouble.status ?? 0);
}

async function transact(ehr: Ehr, entries: readonly OutboxEntry[]): Promise<readonly Outcome[]> {
  const answer = await ehr.transaction(transactionOf(entries));
  if (!answer.ok) {
    const { trouble } = answer;
    if (entries.length > 1 && mayBeOneEntrysFault(trouble)) return oneByOne(ehr, entries);
    return entries.map((entry) => failed(entry, trouble));
  }
  const responses = responsesFor(entries, answer.value.entries);
  const outcomes: Outcome[] = [];
  for (const [i, entry] of entries.entries()) {
    const own = responses?.[i];
    outcomes.push(own ? await settle(ehr, entry, own) : await verify(ehr, entry));
  }
  return outcomes;
}

/** A transaction was refused as a whole, without effect: each entry alone, so that one bad entry holds up no other. */
async function oneByOne(ehr: Ehr, entries: readonly OutboxEntry[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const entry of entries) {
    const last = outcomes.at(-1);
    const down = last && !last.delivered && last.trouble.recovery === 'retry' ? last.trouble : null;
    if (down) outcomes.push(failed(entry, { ...down, effect: 'none' }));
    else outcomes.push(...(await transact(ehr, [entry])));
  }
  return outcomes;
}

/**
 * Brings the EHR what it is owed, once. What was handed out before may have arrived: it is read back first, and
 * counts as delivered where the EHR holds it: so its Provenance is not written twice.
 */
export async function send(ehr: Ehr, entries: readonly OutboxEntry[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const unsent: OutboxEntry[] = [];
  for (const [i, entry] of entries.entries()) {
    const found = entry.handedOut === entry.generation ? await readBack(ehr, entry) : null;
    if (found === null || found.kind === 'other') unsent.push(entry);
    else if (found.kind === 'same') outcomes.push({ entry, delivered: true, location: found.location });
    else if (found.trouble.recovery === 'refuse') outcomes.push(failed(entry, found.trouble));
    else {
      // The EHR does not answer now: nothing is sent before it can be asked.
      const rest = [...unsent, ...entries.slice(i)];
      return [...outcomes, ...rest.map((waiting) => failed(waiting, found.trouble))];
    }
  }
  return unsent.length > 0 ? [...outcomes, ...(await transact(ehr, unsent))] : outcomes;
}
