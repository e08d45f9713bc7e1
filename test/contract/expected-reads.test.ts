import { describe, expect, test } from '@jest/globals';
import type { ResourceKey } from '../../src/store/inbox-store.ts';
import type { ExpectedReads, StoreTransaction, TransactionScope } from '../../src/store/store.ts';
import type { Subject } from '../../src/trial/facts.ts';
import { STORE_KINDS } from '../support/store-kinds.ts';
import { useService } from '../support/with-service.ts';
import { useStore } from '../support/with-store.ts';

const buildKey = (id: string): ResourceKey => ({ site: 's', resourceType: 'Observation', id });
const NOW = '2026-01-01T00:00:00.000Z';

const addVersion = (
  tx: StoreTransaction,
  id: string,
  index: { identifiers: readonly string[]; references: readonly string[] },
) =>
  tx.inbox.addVersion(
    {
      ...buildKey(id),
      senderVersion: null,
      senderUpdated: null,
      receivedAt: NOW,
      door: 'rest',
      fhirVersion: '4.0',
      body: '{}',
      digest: 'd',
      retention: 'kept',
      disposition: 'mapped',
    },
    index,
    true,
  );

/** Everything that the transactions below look up. */
const EXPECTED: ExpectedReads = {
  site: 's',
  resources: [buildKey('a'), buildKey('b')],
  references: ['Patient/p', 'Patient/q'],
  identifiers: [
    { resourceType: 'Observation', identifier: 'urn:lis|1' },
    { resourceType: 'Observation', identifier: 'urn:lis|2' },
  ],
};
const SCOPE: TransactionScope = { site: 's', part: 'site', expected: EXPECTED };

async function readAnswers({ inbox }: StoreTransaction) {
  return {
    versions: [
      (await inbox.getCurrent(buildKey('a')))?.version,
      (await inbox.getCurrent(buildKey('b')))?.version,
    ],
    referrers: [await inbox.listReferrers('s', 'Patient/p'), await inbox.listReferrers('s', 'Patient/q')],
    ids: [
      await inbox.findIdsByIdentifier('s', 'Observation', 'urn:lis|1'),
      await inbox.findIdsByIdentifier('s', 'Observation', 'urn:lis|2'),
    ],
  };
}

describe.each(STORE_KINDS)('%s', (_name, prepare) => {
  const testStore = useStore('test', prepare());

  test('what was read ahead follows what the transaction writes: a new resource, and one with another index', async () => {
    await testStore.store.transaction((tx) =>
      addVersion(tx, 'a', { identifiers: ['urn:lis|1'], references: ['Patient/p'] }),
    );
    const found = await testStore.store.transaction(async (tx) => {
      const before = await readAnswers(tx);
      await addVersion(tx, 'b', { identifiers: ['urn:lis|1'], references: ['Patient/p'] });
      const added = await readAnswers(tx);
      await addVersion(tx, 'a', { identifiers: ['urn:lis|2'], references: ['Patient/q'] });
      return [before, added, await readAnswers(tx)];
    }, SCOPE);
    const [a, b] = [buildKey('a'), buildKey('b')];
    expect(found).toEqual([
      { versions: [1, undefined], referrers: [[a], []], ids: [['a'], []] },
      { versions: [1, 1], referrers: [[a, b], []], ids: [['a', 'b'], []] },
      { versions: [2, 1], referrers: [[b], [a]], ids: [['b'], ['a']] },
    ]);
  });

  test('what was read ahead is forgotten where the work that wrote it throws, although others commit with it', async () => {
    const refused = testStore.store.transaction(async (tx) => {
      await addVersion(tx, 'a', { identifiers: ['urn:lis|1'], references: ['Patient/p'] });
      throw new Error('refused');
    }, SCOPE);
    const next = testStore.store.transaction(async (tx) => {
      const before = await readAnswers(tx);
      return [before, await addVersion(tx, 'a', { identifiers: [], references: [] })];
    }, SCOPE);
    await expect(refused).rejects.toThrow('refused');
    expect(await next).toEqual([{ versions: [undefined, undefined], referrers: [[], []], ids: [[], []] }, 1]);
  });

  test('a resource that is held in the same transaction is released, although it did not wait before', async () => {
    const need = {
      site: 's',
      reason: 'unknown-code',
      group: 'g',
      element: 'Observation.code',
      detail: '',
      fix: '',
      waitsFor: null,
    };
    const waiting = await testStore.store.transaction(async (tx) => {
      await tx.workItems.release(buildKey('a'));
      await tx.workItems.hold(need, buildKey('a'), NOW);
      const held = await tx.workItems.listWaiting(null);
      await tx.workItems.release(buildKey('a'));
      return [held, await tx.workItems.listWaiting(null)];
    }, SCOPE);
    expect(waiting).toEqual([[buildKey('a')], []]);
  });

  test('a commit marks a subject again who was assessed within it', async () => {
    const subject: Subject = {
      study: 'st',
      subject: 'S1',
      site: 's',
      enrolledOn: '2026-01-01',
      consentedOn: '2026-01-01',
      status: 'on-study',
    };
    const due = await testStore.store.transaction(async ({ subjects }) => {
      await subjects.put(subject);
      await subjects.markForAssessment('st', 'S1');
      await subjects.markForAssessment('st', 'S1');
      const [first] = await subjects.listDueForAssessment(10);
      const mark = (await subjects.claimForAssessment('st', 'S1')) ?? 0;
      await subjects.clearAssessmentMark('st', 'S1', mark);
      const cleared = await subjects.listDueForAssessment(10);
      await subjects.markForAssessment('st', 'S1');
      return [first?.subject, cleared, (await subjects.listDueForAssessment(10)).length];
    });
    expect(due).toEqual(['S1', [], 1]);
  });
});

describe('beside another process', () => {
  const adapter = useService('test');

  test('an enrolment by another process is known to the next resource, and so is its end', async () => {
    const send = (id: string) =>
      adapter.send({
        resourceType: 'Observation',
        id,
        status: 'final',
        code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
        subject: { reference: 'Patient/p' },
        effectiveDateTime: '2026-01-05T08:00:00Z',
        valueQuantity: { value: 81, unit: 'g/L', system: 'http://unitsofmeasure.org', code: 'g/L' },
      });
    // The service has looked for the patient, and remembers that nobody is meant.
    expect(await send('o1')).toMatchObject({ disposition: 'held', facts: 0 });
    const subject = { study: 'msc-aa', subject: 'S1', site: 'hospital' } as const;
    const link = { ...subject, identifier: 'Patient/p', isCurrent: true, isReplaced: false };
    await adapter.store.transaction(async ({ subjects }) => {
      await subjects.put({
        ...subject,
        enrolledOn: '2026-01-01',
        consentedOn: '2026-01-01',
        status: 'on-study',
      });
      await subjects.addEnrolmentIdentifier('hospital', 'Patient/p', 'msc-aa', 'S1', 'enrolment-file');
      await subjects.replaceIdentifierLinks('hospital', ['Patient/p'], [link]);
    });
    expect(await send('o2')).toMatchObject({ disposition: 'mapped', facts: 1 });
    await adapter.store.transaction(({ subjects }) =>
      subjects.put({ ...subject, enrolledOn: '2026-01-01', consentedOn: '2026-01-01', status: 'withdrawn' }),
    );
    expect(await send('o3')).toMatchObject({ disposition: 'dropped', facts: 0 });
  });

  test('a payload that another process has sealed is found', async () => {
    expect(await adapter.store.transaction((tx) => tx.sealedPayloads.isEmpty('hospital'))).toBe(true);
    await adapter.send({
      resourceType: 'Observation',
      id: 'o1',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
      subject: { reference: 'Patient/stranger' },
      effectiveDateTime: '2026-01-05T08:00:00Z',
      valueQuantity: { value: 81, unit: 'g/L', system: 'http://unitsofmeasure.org', code: 'g/L' },
    });
    expect(await adapter.store.transaction((tx) => tx.sealedPayloads.isEmpty('hospital'))).toBe(false);
  });
});
