import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { useService } from '../support/with-service.ts';
import { sendShape } from './send-shape.ts';

const SEALED_DAYS = 45;

const adapter = useService('file');

function buildReport(version: string, result: string): object {
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

test('a report version that is not in force does not prolong the sealing of a result', async () => {
  await adapter.enrol('s-1', 'Patient/p', { site: 's' });
  await sendShape(adapter, 's', buildReport('2', 'other'));
  await sendShape(adapter, 's', {
    resourceType: 'Observation',
    id: 'r',
    status: 'final',
    code: { text: 'x' },
  });
  const sealedBy = Date.now();
  await setTimeout(20);
  await sendShape(adapter, 's', buildReport('1', 'r'));
  const due = new Date(sealedBy + SEALED_DAYS * 86_400_000).toISOString();
  expect(await adapter.store.transaction((tx) => tx.sealedPayloads.destroyDue(due))).toHaveLength(1);
});
