import { beforeEach, expect, test } from '@jest/globals';
import type { SubjectWorkNeed } from '../../src/store/work-item-store.ts';
import { TEST_SITE, useService } from '../support/with-service.ts';

const STUDY = 'msc-aa';
const SUBJECT = { site: TEST_SITE, study: STUDY, subject: 'S-1' };
const adapter = useService('test');

beforeEach(() => adapter.enrol('S-1', 'Patient/p1'));

test('a question with choices is answered with one of them, and the subject is assessed again', async () => {
  const question: SubjectWorkNeed = {
    reason: 'contradictory-results',
    kind: 'two-values',
    group: 'msc-aa S-1 two-values',
    element: 'Observation.value[x]',
    detail: 'd',
    fix: 'f',
    choices: [
      { target: 'Observation/a', says: 'Observation/a is in force.' },
      { target: 'Observation/b', says: 'Observation/b is in force.' },
    ],
    sources: [{ site: TEST_SITE, resourceType: 'Observation', id: 'a' }],
    basis: 'a or b',
  };
  const { store, service } = adapter;
  await service.assessDueSubjects();
  await store.transaction((tx) =>
    tx.workItems.replaceForSubject(SUBJECT, [question], '2026-03-01T00:00:00Z'),
  );
  const [item] = await adapter.listOpenWork();
  const id = item?.id ?? '';
  for (const target of [null, 'Observation/c'])
    await expect(service.acceptWorkItem({ id, target, by: 'me', why: null })).rejects.toMatchObject({
      code: 'work-item/unclear-target',
    });
  const accepted = await service.acceptWorkItem({ id, target: 'Observation/b', by: 'me', why: 'asked' });
  expect(accepted).toMatchObject({ id, target: 'Observation/b' });
  expect(await service.getWorkItem(id)).toMatchObject({
    status: 'resolved',
    decision: { verdict: 'accepted', target: 'Observation/b', by: 'me', why: 'asked' },
  });
  const due = await store.read((tx) => tx.subjects.listDueForAssessment(10));
  expect(due).toMatchObject([{ study: STUDY, subject: 'S-1' }]);
});

const PATIENT = { resourceType: 'Patient', id: 'p1', gender: 'female', birthDate: '1980-05-06' };

const buildFatalEvent = (id: string, version: string, outcome: string) => ({
  resourceType: 'AdverseEvent',
  id,
  meta: { versionId: version },
  actuality: 'actual',
  subject: { reference: 'Patient/p1' },
  event: { text: 'Sepsis' },
  date: '2026-02-01',
  outcome: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/adverse-event-outcome', code: outcome }],
  },
});

async function sendAndAssess(...resources: readonly object[]): Promise<void> {
  for (const resource of resources) await adapter.send(resource, { method: 'update' });
  await adapter.service.assessDueSubjects();
}

/** Sends a fatal event of a living Patient, and returns the id of the question. */
async function prepareQuestion(): Promise<string> {
  await sendAndAssess(PATIENT, buildFatalEvent('e1', '1', 'fatal'));
  const [item, ...others] = await adapter.listOpenWork();
  if (!item || others.length > 0) throw new Error('There is not one question.');
  expect(item).toMatchObject({ reason: 'contradictory-facts', count: 2, subject: 'S-1' });
  return item.id;
}

const readStatus = async (id: string) => (await adapter.service.getWorkItem(id)).status;

test('corrected data resolve a question', async () => {
  const id = await prepareQuestion();
  await sendAndAssess({ ...PATIENT, deceasedDateTime: '2026-02-03' });
  expect(await readStatus(id)).toBe('resolved');
  await sendAndAssess({ ...PATIENT, meta: { lastUpdated: '2026-02-05T08:00:00Z' } });
  expect(await readStatus(id)).toBe('open');
  await adapter.send(buildFatalEvent('e1', '1', 'fatal'), { method: 'delete', resource: null });
  await adapter.service.assessDueSubjects();
  expect(await readStatus(id)).toBe('resolved');
});

test('a question that is left as it is stays closed until its facts change', async () => {
  const id = await prepareQuestion();
  expect(await adapter.service.rejectWorkItem(id, { by: 'me', why: 'both are right' })).toMatchObject({
    resources: 0,
  });
  // Neither another version with the same statement nor other facts change the question.
  await sendAndAssess(buildFatalEvent('e1', '2', 'fatal'), buildFatalEvent('e2', '1', 'resolved'));
  await adapter.service.remapInbox(false, () => {});
  await adapter.service.reloadLibrary();
  await adapter.service.assessDueSubjects();
  expect(await adapter.service.getWorkItem(id)).toMatchObject({
    status: 'rejected',
    decision: { verdict: 'rejected', by: 'me', why: 'both are right' },
  });
  expect(await adapter.listFacts('S-1')).toHaveLength(3);
  await sendAndAssess(buildFatalEvent('e2', '2', 'fatal'));
  expect(await adapter.service.getWorkItem(id)).toMatchObject({ status: 'open', count: 3 });
});

test('mapping the inbox again neither sees a question as a change nor closes it', async () => {
  const id = await prepareQuestion();
  const before = await adapter.service.getWorkItem(id);
  expect(await adapter.service.remapInbox(true, () => {})).toMatchObject({ changedResources: 0 });
  await adapter.service.remapInbox(false, () => {});
  await adapter.service.reloadLibrary();
  await adapter.service.assessDueSubjects();
  // The same facts: the item is not written again.
  expect(await adapter.service.getWorkItem(id)).toEqual(before);
});

test('a subject who has withdrawn has no open question until they return', async () => {
  const id = await prepareQuestion();
  const changeStatus = async (status: string) => {
    const system = 'https://fhir-trial-adapter.example/fhir/sid/subject/msc-aa';
    await sendAndAssess({
      ...{ resourceType: 'ResearchSubject', id: 'rs', status },
      identifier: [{ system, value: 'S-1' }],
      period: { start: '2026-01-01' },
      study: { reference: 'ResearchStudy/msc-aa' },
      individual: { reference: 'Patient/p1' },
    });
  };
  await changeStatus('withdrawn');
  expect(await readStatus(id)).toBe('resolved');
  await changeStatus('on-study');
  expect(await readStatus(id)).toBe('open');
});
