import { expect, test } from '@jest/globals';
import { createRetentionOperations } from '../../../src/service/erasure/retention.ts';
import { buildPlateletCount } from '../../stories/hospital-resources.ts';
import { useService } from '../../support/with-service.ts';

const STUDY = 'msc-aa';
const DECIDER = { by: 'M. Li', why: 'archive period over' };
const adapter = useService('test');

const createOperations = (studies: Record<string, { endedOn: string; retentionYears: number }>) =>
  createRetentionOperations({ studies }, adapter.store, () => [STUDY], adapter.service);

test('the data of a study are due so many years after its end, and refused to be destroyed a day before', async () => {
  await adapter.enrol('C-1', 'Patient/p1');
  await adapter.enrol('C-2', 'Patient/p2');
  await adapter.send(buildPlateletCount('o1', 'Patient/p1', 24, '2026-03-01'));
  const retention = createOperations({ [STUDY]: { endedOn: '2030-06-30', retentionYears: 25 } });
  const before = new Date('2055-06-29T12:00:00Z');
  expect((await retention.listRetention(before)).studies).toEqual([
    {
      study: STUDY,
      subjects: 2,
      endedOn: '2030-06-30',
      retentionYears: 25,
      dueOn: '2055-06-30',
      isDue: false,
    },
  ]);
  const refused = expect.objectContaining({ code: 'erasure/refused' });
  await expect(retention.destroyStudy(STUDY, DECIDER, false, before)).rejects.toEqual(refused);

  const after = new Date('2055-06-30T12:00:00Z');
  expect((await retention.listRetention(after)).studies[0]?.isDue).toBe(true);
  const preview = await retention.destroyStudy(STUDY, DECIDER, true, after);
  expect(preview).toEqual({ study: STUDY, isDone: false, subjects: 2, contents: 1 });
  expect(await adapter.listFacts('C-1')).toHaveLength(1);
  expect(await retention.destroyStudy(STUDY, DECIDER, false, after)).toEqual({ ...preview, isDone: true });
  expect(await adapter.listFacts('C-1')).toEqual([]);
  expect(await adapter.service.listErasures()).toHaveLength(2);
});

test('a study whose end is not stated is never due', async () => {
  await adapter.enrol('C-1', 'Patient/p1');
  const never = new Date('2999-01-01T00:00:00Z');
  expect((await adapter.service.listRetention(never)).studies).toContainEqual(
    expect.objectContaining({ study: STUDY, dueOn: null, isDue: false }),
  );
  await expect(adapter.service.destroyStudy(STUDY, DECIDER, false, never)).rejects.toMatchObject({
    code: 'erasure/refused',
  });
});
