import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type InProcessAdapter, openInProcessAdapter } from './in-process-adapter.ts';

const SEALED_DAYS = 45;

let adapter: InProcessAdapter;
beforeAll(async () => {
  adapter = await openInProcessAdapter();
});
afterAll(() => adapter.close());

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
  await adapter.enrol('s', 's-1', 'Patient/p');
  await adapter.send('s', buildReport('2', 'other'));
  await adapter.send('s', {
    resourceType: 'Observation',
    id: 'r',
    status: 'final',
    code: { text: 'x' },
  });
  const sealedBy = Date.now();
  await setTimeout(20);
  await adapter.send('s', buildReport('1', 'r'));
  const due = new Date(sealedBy + SEALED_DAYS * 86_400_000).toISOString();
  expect(await adapter.transact((tx) => tx.sealedPayloads.destroyDue(due))).toHaveLength(1);
});
