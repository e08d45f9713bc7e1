import { beforeEach, expect, test } from '@jest/globals';
import { createEhr } from '../../src/ehr/client.ts';
import type { OutboxEntry } from '../../src/store/outbox.ts';
import { createOutboxDelivery } from '../../src/writeback/outbox-delivery.ts';
import { EHR_TOKEN, useEhr } from '../support/with-ehr.ts';
import { useStore } from '../support/with-store.ts';
import {
  buildSampleAssessment,
  buildSampleAssessments,
  buildWritebackContext,
  enqueueWrites,
} from './sample-assessments.ts';

/** Others may change our resources in the EHR: their changes are never overwritten unseen. */
type EhrObservation = {
  id: string;
  status: string;
  note?: { text: string }[];
  valueCodeableConcept: unknown;
};

const testStore = useStore('test');
const testEhr = useEhr('test', ['p-17']);
let clock: number;
/** An edit in the EHR between our read and our write. */
let meanwhile: (() => Promise<void>) | null;
beforeEach(() => {
  clock = Date.parse('2026-06-02T08:00:00.000Z');
  meanwhile = null;
});

const fetchAfterEdit: typeof fetch = async (input, init) => {
  const edit = init?.method === 'POST' ? meanwhile : null;
  if (edit) meanwhile = null;
  await edit?.();
  return fetch(input, init);
};

async function deliverFor3Hours(): Promise<void> {
  const delivery = createOutboxDelivery({
    store: testStore.store,
    ehrs: new Map([
      [
        'hz',
        createEhr({
          base: testEhr.ehr.baseUrl,
          bearerToken: async () => EHR_TOKEN,
          transport: fetchAfterEdit,
        }),
      ],
    ]),
    now: () => new Date(clock),
    random: () => 0.5,
  });
  for (let hours = 0; hours < 3; hours++) {
    while (await delivery.deliverNext()) {}
    clock += 3600_000;
  }
}

const buildClassAssessment = (value: 'CR' | 'PR' | 'NR', visit = 'M3') =>
  buildSampleAssessment({ visit, value: { kind: 'class', class: value } });

async function writeAssessments(...assessments: ReturnType<typeof buildClassAssessment>[]): Promise<void> {
  await enqueueWrites(
    testStore.store,
    buildSampleAssessments({ assessments }),
    undefined,
    buildWritebackContext({ now: new Date(clock).toISOString() }),
  );
  await deliverFor3Hours();
}

const listOutboxEntries = (): Promise<readonly OutboxEntry[]> =>
  testStore.store.read(({ outbox }) => outbox.list({}));
const formatNow = () => new Date(clock).toISOString();
const retryDead = () =>
  testStore.store.transaction(({ outbox }) => outbox.changeState('dead', 'pending', null, formatNow()));
async function overwriteFirst(): Promise<void> {
  const [{ site, identifier } = { site: '', identifier: '' }] = await listOutboxEntries();
  expect(
    await testStore.store.transaction(({ outbox }) => outbox.overwrite(site, identifier, formatNow())),
  ).toBe(true);
  await deliverFor3Hours();
}

async function requireOnlyObservation(): Promise<EhrObservation> {
  const observations = (await testEhr.ehr.search('Observation')) as unknown as EhrObservation[];
  const [observation] = observations;
  if (!observation || observations.length > 1)
    throw new Error(`expected one Observation, found ${observations.length}`);
  return observation;
}

async function editInEhr(method: 'PUT' | 'DELETE', id: string, body?: object): Promise<void> {
  const answer = await fetch(`${testEhr.ehr.baseUrl}/Observation/${id}`, {
    method,
    headers: { authorization: `Bearer ${EHR_TOKEN}`, 'content-type': 'application/fhir+json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect(answer.ok).toBe(true);
}

async function addComment(text: string): Promise<void> {
  const now = await requireOnlyObservation();
  await editInEhr('PUT', now.id, { ...now, note: [...(now.note ?? []), { text }] });
}

const listNotes = async () => (await requireOnlyObservation()).note?.map(({ text }) => text) ?? [];

test('a comment that a clinician added is not overwritten, by a retry neither; an operator may overwrite it', async () => {
  await writeAssessments(buildClassAssessment('PR'));
  await addComment('I disagree.');
  await writeAssessments(buildClassAssessment('NR'));
  expect(await listNotes()).toContain('I disagree.');
  expect(await listOutboxEntries()).toMatchObject([{ state: 'dead', failureCode: 'changed-in-ehr' }]);
  await retryDead();
  await deliverFor3Hours();
  expect(await listNotes()).toContain('I disagree.');
  await overwriteFirst();
  expect(await listOutboxEntries()).toMatchObject([{ state: 'delivered' }]);
  expect(await listNotes()).not.toContain('I disagree.');
  expect(await requireOnlyObservation()).toMatchObject({
    status: 'amended',
    valueCodeableConcept: { coding: [{ code: 'NR' }] },
  });
});

test('an operator overwrites the change that was found, not a later one', async () => {
  await writeAssessments(buildClassAssessment('PR'));
  await addComment('one');
  await writeAssessments(buildClassAssessment('NR'));
  await addComment('two');
  await overwriteFirst();
  expect(await listOutboxEntries()).toMatchObject([{ state: 'dead' }]);
  expect(await listNotes()).toContain('two');
});

test('newer content does not overwrite it either', async () => {
  await writeAssessments(buildClassAssessment('PR'));
  await addComment('I disagree.');
  await writeAssessments(buildClassAssessment('NR'));
  await writeAssessments(buildClassAssessment('CR'));
  expect(await listOutboxEntries()).toMatchObject([{ state: 'dead' }]);
  expect(await listNotes()).toContain('I disagree.');
});

test('a change between our read and our write is refused by its version, and then found', async () => {
  await writeAssessments(buildClassAssessment('PR'));
  meanwhile = () => addComment('just now');
  await writeAssessments(buildClassAssessment('NR'));
  expect(meanwhile).toBeNull();
  expect(testEhr.ehr.answeredByStatus.get(412)).toBe(1);
  expect(await listOutboxEntries()).toMatchObject([{ state: 'dead', failureCode: 'changed-in-ehr' }]);
  expect(await listNotes()).toContain('just now');
});

test('a tag that the EHR sets does not change our content', async () => {
  await writeAssessments(buildClassAssessment('PR'));
  const now = await requireOnlyObservation();
  await editInEhr('PUT', now.id, { ...now, meta: { tag: [{ system: 'urn:ehr', code: 'reviewed' }] } });
  await writeAssessments(buildClassAssessment('NR'));
  expect(await listOutboxEntries()).toMatchObject([{ state: 'delivered' }]);
  expect(await requireOnlyObservation()).toMatchObject({ id: now.id, status: 'amended' });
});

test('what was deleted there is not created again before an operator decides so', async () => {
  await writeAssessments(buildClassAssessment('PR'));
  await editInEhr('DELETE', (await requireOnlyObservation()).id);
  await writeAssessments(buildClassAssessment('NR'));
  expect(await testEhr.ehr.search('Observation')).toEqual([]);
  expect(await listOutboxEntries()).toMatchObject([{ state: 'dead', failureCode: 'deleted-in-ehr' }]);
  await overwriteFirst();
  expect(await requireOnlyObservation()).toMatchObject({
    valueCodeableConcept: { coding: [{ code: 'NR' }] },
  });
});

test('the other entries of the subject are written nevertheless', async () => {
  await writeAssessments(buildClassAssessment('PR'));
  await addComment('I disagree.');
  await writeAssessments(buildClassAssessment('NR'), buildClassAssessment('PR', 'M6'));
  const states = (await listOutboxEntries()).map(({ identifier, state }) => [
    /M\d/.exec(identifier)?.[0],
    state,
  ]);
  expect(states).toEqual([
    ['M3', 'dead'],
    ['M6', 'delivered'],
  ]);
});
