import { beforeEach, expect, test } from '@jest/globals';
import { reconcileFacts } from '../../../src/trial/counts/reconcile-facts.ts';
import { formatMeasured } from '../../../src/trial/format-measured.ts';
import { buildPlateletCount } from '../../stories/hospital-resources.ts';
import { useService } from '../../support/with-service.ts';

const adapter = useService('test');
const DAY = '2026-01-06';

beforeEach(() => adapter.enrol('S-1', 'Patient/p1'));

async function sendCounts(counts: Readonly<Record<string, number>>): Promise<void> {
  for (const [id, value] of Object.entries(counts))
    await adapter.send(buildPlateletCount(id, 'Patient/p1', value, DAY), { method: 'update' });
  await adapter.service.assessDueSubjects();
}

/** Lists the counts in force, as a reader sees them. */
async function listCounts(): Promise<readonly string[]> {
  const facts = reconcileFacts(await adapter.listFacts('S-1'));
  return facts.flatMap((fact) =>
    fact.kind === 'lab' && fact.measured ? [formatMeasured(fact.measured)] : [],
  );
}

async function acceptResult(target: string): Promise<void> {
  const [item] = await adapter.listOpenWork();
  await adapter.service.acceptWorkItem({
    id: item?.id ?? '',
    target,
    by: 'M. Li',
    why: 'asked the laboratory',
  });
  await adapter.service.assessDueSubjects();
}

test('a person chooses one of two results: it is in force everywhere, and stays so after a replay', async () => {
  await sendCounts({ a: 24, b: 31 });
  expect(await listCounts()).toEqual(['24 to 31']);
  const [item] = await adapter.listOpenWork();
  expect(item).toMatchObject({ reason: 'contradictory-results', kind: 'results-differ' });
  expect(item?.choices.map(({ target }) => target)).toEqual(['Observation/a', 'Observation/b']);
  await acceptResult('Observation/b');
  expect([await listCounts(), await adapter.listOpenWork()]).toEqual([['31'], []]);
  await adapter.service.remapInbox(false, () => {});
  await adapter.service.assessDueSubjects();
  expect([await listCounts(), await adapter.listOpenWork()]).toEqual([['31'], []]);
});

test('an answer holds only for the results that it was given for', async () => {
  await sendCounts({ a: 24, b: 31 });
  await acceptResult('Observation/b');
  await sendCounts({ c: 60 });
  expect(await listCounts()).toEqual(['24 to 60']);
  expect(await adapter.listOpenWork()).toMatchObject([{ reason: 'contradictory-results', count: 3 }]);
});

test('left as it is, the range stays and the question is closed until a result changes', async () => {
  await sendCounts({ a: 24, b: 31 });
  const [item] = await adapter.listOpenWork();
  await adapter.service.rejectWorkItem(item?.id ?? '', { by: 'M. Li', why: 'both were measured' });
  await adapter.service.assessDueSubjects();
  expect([await listCounts(), await adapter.listOpenWork()]).toEqual([['24 to 31'], []]);
  await sendCounts({ a: 25 });
  expect(await adapter.listOpenWork()).toMatchObject([{ reason: 'contradictory-results' }]);
});
