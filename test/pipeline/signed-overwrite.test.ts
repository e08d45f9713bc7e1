import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { DecisionSigner } from '../../src/signatures/sign-decision.ts';
import { TEST_SITE, useService } from '../support/with-service.ts';

/** Overwriting what somebody changed in an EHR is a person's decision, about the entry as they saw it. */
const adapter = useService('test');

const NOW = '2026-03-01T00:00:00.000Z';
const IDENTIFIER = 'urn:x|a';
const SIGNER: DecisionSigner = {
  identity: { name: 'Prof. A. Novak', id: 'novak' },
  authentication: { method: 'personal-key', systemUser: 'anovak' },
  privateKey: generateKeyPairSync('ed25519').privateKey,
};
const DECIDER = { by: 'Prof. A. Novak', why: 'the correction is ours', signer: SIGNER };

/** Stores an entry that was given up, because somebody changed the resource in the EHR. */
async function storeConflict(): Promise<string> {
  await adapter.store.transaction(async (tx) => {
    const entry = { site: TEST_SITE, study: 'msc-aa', subject: 'S-1', identifier: IDENTIFIER };
    await tx.outbox.enqueue({ ...entry, resourceType: 'Observation', resource: '{}', provenance: null }, NOW);
    const [due] = await tx.outbox.takeDue(NOW, [TEST_SITE], 1);
    if (!due) throw new Error('Nothing is due.');
    const failure = { code: 'changed-in-ehr', message: 'changed', failingSince: NOW, next: 'dead' } as const;
    await tx.outbox.recordFailure(due, failure, 'Observation/1/_history/2');
  });
  const [entry] = await adapter.service.listOutboxEntries({ state: 'dead' });
  return entry?.hash ?? '';
}

const readState = async () => (await adapter.service.listOutboxEntries({}))[0]?.state;
const listLogged = () => adapter.store.read((tx) => tx.decisions.list({ kind: 'outbox-entry' }));

test('it is signed, kept in the history with what was seen, and takes effect', async () => {
  const shown = await storeConflict();
  expect(await adapter.service.overwriteInEhr(TEST_SITE, IDENTIFIER, { ...DECIDER, shown })).toBe(true);
  expect(await readState()).toBe('pending');
  expect(await listLogged()).toMatchObject([
    { by: 'Prof. A. Novak', signed: { manifest: { record: { hash: shown, subject: 'S-1' } } } },
  ]);
});

test.each([
  ['without having been seen', null, 'decision/not-shown'],
  ['as it is no longer', '0123456789ab', 'decision/stale'],
])('an entry %s is not overwritten', async (_title, shown, code) => {
  await storeConflict();
  const overwriting = adapter.service.overwriteInEhr(TEST_SITE, IDENTIFIER, { ...DECIDER, shown });
  await expect(overwriting).rejects.toMatchObject({ code });
  expect([await readState(), await listLogged()]).toEqual(['dead', []]);
});

test('a person without the right does not overwrite, and nothing is written', async () => {
  const shown = await storeConflict();
  const decider = { ...DECIDER, shown, mayDecide: () => false };
  await expect(adapter.service.overwriteInEhr(TEST_SITE, IDENTIFIER, decider)).rejects.toMatchObject({
    code: 'decision/forbidden',
  });
  expect([await readState(), await listLogged()]).toEqual(['dead', []]);
});
