import { expect, test } from '@jest/globals';
import { type PipelineSandbox, SANDBOX_SITE, usePipelineSandbox } from './pipeline-sandbox.ts';
import { buildSentCount, buildSentEnrolment, withVersionId } from './sent-resources.ts';

const withPipelineSandbox = usePipelineSandbox();

/** Lists version and value of every row of the count in the inbox. */
async function listInboxRows({ tx }: PipelineSandbox): Promise<readonly string[]> {
  const versions = await tx.inbox.listReceivedBefore(SANDBOX_SITE, '9999');
  return versions
    .filter(({ resourceType }) => resourceType === 'Observation')
    .map(
      ({ senderVersion, body }) => `${senderVersion} ${/"value":(\d+)/.exec(body ?? '')?.[1] ?? 'nothing'}`,
    );
}

const buildVersion = (patient: number, value: number, version: number) =>
  withVersionId(buildSentCount(0, { patient, identifiedBy: 'id' }, value, 'final'), version);

test('history keeps no content about a patient who is not enrolled', () =>
  withPipelineSandbox(async (sandbox) => {
    await sandbox.enrol('S0', 'Patient/p0');
    await sandbox.send(buildVersion(0, 60, 3));
    await sandbox.send(buildVersion(0, 15, 1));
    await sandbox.send(buildVersion(1, 8, 2));
    expect(await listInboxRows(sandbox)).toEqual(['3 60', '1 15']);
  }));

test('of a withdrawn subject the inbox records that versions came, and keeps none of their content', () =>
  withPipelineSandbox(async (sandbox) => {
    await sandbox.send(withVersionId(buildSentEnrolment(0, 'on-study'), 1));
    await sandbox.send(buildVersion(0, 24, 2));
    await sandbox.send(withVersionId(buildSentEnrolment(0, 'withdrawn'), 2));
    await sandbox.send(buildVersion(0, 60, 4));
    await sandbox.send(buildVersion(0, 60, 4));
    await sandbox.send(buildVersion(0, 8, 1));
    expect(await listInboxRows(sandbox)).toEqual(['2 24', '4 nothing']);
    await sandbox.send(withVersionId(buildSentEnrolment(0, 'on-study'), 3));
    expect(await listInboxRows(sandbox)).toEqual(['2 24', '4 nothing', '4 nothing']);
  }));

const COUNT_KEY = { site: SANDBOX_SITE, resourceType: 'Observation', id: 'o0' };

test('a conflicting or older version that arrives again is one row, and is counted', () =>
  withPipelineSandbox(async (sandbox) => {
    await sandbox.enrol('S0', 'Patient/p0');
    await sandbox.send(buildVersion(0, 24, 2));
    for (const round of ['01', '02', '03', '04']) {
      sandbox.setClock(`2026-06-${round}T00:00:00Z`);
      expect(await sandbox.send(buildVersion(0, 60, 2))).toBe('409 held');
      expect(await sandbox.send(buildVersion(0, 8, 2))).toBe('409 held');
      expect(await sandbox.send(buildVersion(0, 15, 1))).toBe('unchanged');
    }
    expect(await listInboxRows(sandbox)).toEqual(['2 24', '2 60', '2 8', '1 15']);
    const lastAt = '2026-06-04T00:00:00.000Z';
    expect(await sandbox.tx.inbox.listRepeats(COUNT_KEY)).toEqual([
      { version: 2, repeats: 3, lastAt },
      { version: 3, repeats: 3, lastAt },
      { version: 4, repeats: 3, lastAt },
    ]);
  }));
