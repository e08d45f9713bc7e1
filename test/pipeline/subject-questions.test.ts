import { beforeEach, expect, test } from '@jest/globals';
import type { SubjectWorkNeed } from '../../src/store/store.ts';
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
