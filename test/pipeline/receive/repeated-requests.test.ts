import { expect, test } from '@jest/globals';
import { SANDBOX_SITE, usePipelineSandbox } from '../pipeline-sandbox.ts';
import { buildSentCount, withVersionId } from '../sent-resources.ts';

/** What is sent again, since its sender got no answer, changes nothing. The simulation of torture/R4 found these cases. */
const withPipelineSandbox = usePipelineSandbox();

const BY_ID = { patient: 0, identifiedBy: 'id' } as const;
const BY_NUMBER = { patient: 0, identifiedBy: 'mrn' } as const;

test('a deletion takes along what is sealed of the resource, the first time as the second', async () => {
  await withPipelineSandbox(async (sandbox) => {
    await sandbox.enrol('S0', 'urn:mrn|0');
    expect(await sandbox.send(withVersionId(buildSentCount(0, BY_ID, 8, 'final'), 1))).toBe('held');
    expect(await sandbox.send(withVersionId(buildSentCount(0, BY_NUMBER, 15, 'final'), 2))).toBe('mapped');
    expect(await sandbox.tx.sealedPayloads.count()).toBe(1);
    expect(await sandbox.deleteResource('Observation', 'o0')).toBe('withdrawn');
    expect(await sandbox.tx.sealedPayloads.count()).toBe(0);
    expect(await sandbox.deleteResource('Observation', 'o0')).toBe('unchanged');
  });
});

test('a newer version about a patient who is not enrolled is noted once, however often it arrives', async () => {
  await withPipelineSandbox(async (sandbox) => {
    await sandbox.enrol('S0', 'urn:mrn|0');
    await sandbox.send(withVersionId(buildSentCount(0, BY_NUMBER, 15, 'final'), 1));
    const other = withVersionId(buildSentCount(0, { patient: 1, identifiedBy: 'id' }, 15, 'final'), 2);
    expect(await sandbox.send(other)).toBe('held');
    for (const _ of [1, 2, 3]) expect(await sandbox.send(other)).toBe('unchanged');
    const key = { site: SANDBOX_SITE, resourceType: 'Observation', id: 'o0' };
    const versions = await sandbox.tx.inbox.listVersions(key);
    expect(versions.map(({ senderVersion, retention }) => [senderVersion, retention])).toEqual([
      ['1', 'kept'],
      ['2', 'not-enrolled'],
    ]);
  });
});
