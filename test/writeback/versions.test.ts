import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type StandInEhr, startStandInEhr } from '../../demo/ehr/server.ts';
import { createEhr } from '../../src/ehr/client.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import type { OutboxEntry, Store } from '../../src/store/store.ts';
import { createDelivery } from '../../src/writeback/deliver.ts';
import { assessment, context, judgement, oweTo } from './sample.ts';

/** What stands in the EHR under our identifier may be changed there by others: it is never written over unseen. */
type Held = { id: string; status: string; note?: { text: string }[]; valueCodeableConcept: unknown };

let folder: string;
let ehr: StandInEhr;
let store: Store;
let clock: number;
/** What somebody does in the EHR in the moment between our look and our write. */
let meanwhile: (() => Promise<void>) | null;

beforeEach(async () => {
  clock = Date.parse('2026-06-02T08:00:00.000Z');
  meanwhile = null;
  folder = mkdtempSync(join(tmpdir(), 'versions-'));
  store = openSqliteStore(join(folder, 'store.db'));
  ehr = await startStandInEhr({ token: 't', patients: [{ resourceType: 'Patient', id: 'p-17' }] });
});
afterEach(async () => {
  await store.close();
  await ehr.stop();
  rmSync(folder, { recursive: true });
});

const transport: typeof fetch = async (input, init) => {
  const edit = init?.method === 'POST' ? meanwhile : null;
  if (edit) meanwhile = null;
  await edit?.();
  return fetch(input, init);
};

async function deliver(): Promise<void> {
  const delivery = createDelivery({
    store,
    ehrs: new Map([['hz', createEhr({ base: ehr.base, bearerToken: async () => 't', transport })]]),
    now: () => new Date(clock),
    random: () => 0.5,
  });
  for (let hours = 0; hours < 3; hours++) {
    while (await delivery.deliverNext()) {}
    clock += 3600_000;
  }
}

const of = (value: 'CR' | 'PR' | 'NR', visit = 'M3') =>
  assessment({ visit, value: { kind: 'class', class: value } });

async function say(...assessments: ReturnType<typeof of>[]): Promise<void> {
  await oweTo(store, judgement({ assessments }), undefined, context({ now: new Date(clock).toISOString() }));
  await deliver();
}

const entries = (): Promise<readonly OutboxEntry[]> => store.read(({ outbox }) => outbox.list({}));
const at = () => new Date(clock).toISOString();
const retry = () => store.transaction(({ outbox }) => outbox.move('dead', 'pending', null, at()));
async function overwrite(): Promise<void> {
  const [{ site, identifier } = { site: '', identifier: '' }] = await entries();
  expect(await store.transaction(({ outbox }) => outbox.overwrite(site, identifier, at()))).toBe(true);
  await deliver();
}

async function held(): Promise<Held> {
  const all = (await ehr.search('Observation')) as unknown as Held[];
  const [only] = all;
  if (!only || all.length > 1) throw new Error(`expected one Observation, found ${all.length}`);
  return only;
}

async function inTheEhr(method: 'PUT' | 'DELETE', id: string, body?: object): Promise<void> {
  const answer = await fetch(`${ehr.base}/Observation/${id}`, {
    method,
    headers: { authorization: 'Bearer t', 'content-type': 'application/fhir+json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect(answer.ok).toBe(true);
}

async function comment(text: string): Promise<void> {
  const now = await held();
  await inTheEhr('PUT', now.id, { ...now, note: [...(now.note ?? []), { text }] });
}

const notes = async () => (await held()).note?.map(({ text }) => text) ?? [];

test('a comment that a clinician put in is not written over; nor by a retry; a person may', async () => {
  await say(of('PR'));
  await comment('I disagree.');
  await say(of('NR'));
  expect(await notes()).toContain('I disagree.');
  expect(await entries()).toMatchObject([
    {
      state: 'dead',
      lastError: expect.stringMatching(
        /^somebody changed the Observation in the EHR \(Observation\/\S+, now Observation\/\S+\): .*outbox overwrite/,
      ),
    },
  ]);
  await retry();
  await deliver();
  expect(await notes()).toContain('I disagree.');
  await overwrite();
  expect(await entries()).toMatchObject([{ state: 'delivered' }]);
  expect(await notes()).not.toContain('I disagree.');
  expect(await held()).toMatchObject({
    status: 'amended',
    valueCodeableConcept: { coding: [{ code: 'NR' }] },
  });
});

test('a person writes over what was seen, not over what came after', async () => {
  await say(of('PR'));
  await comment('one');
  await say(of('NR'));
  await comment('two');
  await overwrite();
  expect(await entries()).toMatchObject([{ state: 'dead' }]);
  expect(await notes()).toContain('two');
});

test('newer content is no leave to write over it either', async () => {
  await say(of('PR'));
  await comment('I disagree.');
  await say(of('NR'));
  await say(of('CR'));
  expect(await entries()).toMatchObject([{ state: 'dead' }]);
  expect(await notes()).toContain('I disagree.');
});

test('a change between our look and our write is met by the version, and then seen', async () => {
  await say(of('PR'));
  meanwhile = () => comment('just now');
  await say(of('NR'));
  expect(meanwhile).toBeNull();
  expect(ehr.answered.get(412)).toBe(1);
  expect(await entries()).toMatchObject([{ state: 'dead', lastError: expect.stringMatching(/^somebody/) }]);
  expect(await notes()).toContain('just now');
});

test('a tag that the EHR sets changes nothing that we said', async () => {
  await say(of('PR'));
  const now = await held();
  await inTheEhr('PUT', now.id, { ...now, meta: { tag: [{ system: 'urn:ehr', code: 'reviewed' }] } });
  await say(of('NR'));
  expect(await entries()).toMatchObject([{ state: 'delivered' }]);
  expect(await held()).toMatchObject({ id: now.id, status: 'amended' });
});

test('what was deleted there is not made again before a person says so', async () => {
  await say(of('PR'));
  await inTheEhr('DELETE', (await held()).id);
  await say(of('NR'));
  expect(await ehr.search('Observation')).toEqual([]);
  expect(await entries()).toMatchObject([
    { state: 'dead', lastError: expect.stringMatching(/was deleted in the EHR/) },
  ]);
  await overwrite();
  expect(await held()).toMatchObject({ valueCodeableConcept: { coding: [{ code: 'NR' }] } });
});

test('the other entries of the subject are written all the same', async () => {
  await say(of('PR'));
  await comment('I disagree.');
  await say(of('NR'), of('PR', 'M6'));
  const states = (await entries()).map(({ identifier, state }) => [/M\d/.exec(identifier)?.[0], state]);
  expect(states).toEqual([
    ['M3', 'dead'],
    ['M6', 'delivered'],
  ]);
});
