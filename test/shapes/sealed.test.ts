import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Hospital, openHospital } from './hospital.ts';

const SEALED_DAYS = 45;

let hospital: Hospital;
beforeAll(async () => {
  hospital = await openHospital();
});
afterAll(() => hospital.close());

function report(version: string, result: string): object {
  return {
    resourceType: 'DiagnosticReport',
    id: 'd',
    meta: { versionId: version },
    status: 'final',
    code: { text: 'blood count' },
    subject: { reference: 'Patient/p' },
    effectiveDateTime: '2026-03-02',
    result: [{ reference: `Observation/${result}` }],
  };
}

test('a report version that is not in force does not lengthen the life of a sealed result', async () => {
  await hospital.enrol('s', 's-1', 'Patient/p');
  await hospital.send('s', report('2', 'other'));
  await hospital.send('s', {
    resourceType: 'Observation',
    id: 'r',
    status: 'final',
    code: { text: 'x' },
  });
  const sealedBy = Date.now();
  await setTimeout(20);
  await hospital.send('s', report('1', 'r'));
  const due = new Date(sealedBy + SEALED_DAYS * 86_400_000).toISOString();
  expect(await hospital.read((tx) => tx.sealed.destroyDue(due))).toHaveLength(1);
});
