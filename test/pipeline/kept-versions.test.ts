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
