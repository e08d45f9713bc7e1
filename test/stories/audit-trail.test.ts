import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { TrailReport } from '../../src/audit/trail-findings.ts';
import { validateResource } from '../../src/fhir/validate-resource.ts';
import type { Disclosure } from '../../src/service/audit/disclosures.ts';
import type { ListedAuditEntry } from '../../src/service/audit/select-entries.ts';
import { waitUntil } from '../support/wait-until.ts';
import { useInstallation } from '../support/with-installation.ts';
import { buildBloodCount, buildPlateletCount, SEVERE_COUNTS } from './hospital-resources.ts';

/** What an inspector sees of a study: through the real service and commands. */
const installation = useInstallation();
const { folder, run, runJson } = installation;

const DATA = join(folder.path, 'data');
const PATIENT = 'Li-Wei-19870412';
const REQUEST = '0d8c7d34-6b0e-4f5e-9a0e-4d1f7c2b9e11';

const listEntries = (...args: readonly string[]) =>
  runJson<readonly ListedAuditEntry[]>('audit', 'list', ...args);

async function verify(...args: readonly string[]): Promise<TrailReport & { readonly code: number }> {
  const { code, out } = await run('audit', 'verify', '--json', ...args);
  return { ...(JSON.parse(out) as TrailReport), code };
}

test('everything that is done to a subject can be followed, and nothing says who they are', async () => {
  await installation.enrol(`S-1,dev,Patient/${PATIENT},2026-01-01,2026-01-01`);
  const served = await installation.startService();
  const count = buildPlateletCount('o1', `Patient/${PATIENT}`, 24, '2026-01-05', {
    meta: { versionId: '1' },
  });
  await served.call('PUT', '/Observation/o1', count, { 'x-request-id': REQUEST });
  const corrected = { ...count, meta: { versionId: '2' }, valueQuantity: { value: 19, unit: '10*9/L' } };
  const answer = await served.call('PUT', '/Observation/o1', corrected);
  for (const resource of buildBloodCount(PATIENT, '2026-01-02', SEVERE_COUNTS))
    await served.call('PUT', `/Observation/${(resource as { id: string }).id}`, resource);
  await served.call('DELETE', '/Observation/o1');
  await served.call('PUT', '/Observation/o9', count, { authorization: 'Bearer wrong' });
  await waitUntil(async () => (await listEntries('--action', 'assessment')).length > 0);
  expect(await served.stop()).toBe(0);

  const entries = await listEntries('--subject', 'S-1');
  const actions = entries.map(({ action }) => action);
  expect(actions[0]).toBe('subject.enrolled');
  for (const action of ['resource.created', 'resource.updated', 'resource.deleted', 'assessment.made'])
    expect(actions).toContain(action);
  const [created] = await listEntries('--request', REQUEST);
  expect(created).toMatchObject({
    ...{ action: 'resource.created', actor: 'dev', kind: 'client', how: 'dev-token', site: 'dev' },
    ...{ about: ['msc-aa|S-1'], request: REQUEST },
  });
  const [updated] = await listEntries('--request', answer.headers.get('x-request-id') ?? '');
  expect(updated).toMatchObject({
    action: 'resource.updated',
    object: created?.object,
    before: created?.after,
  });
  expect(updated?.after).not.toBe(created?.after);
  expect(await listEntries('--action', 'admission')).toMatchObject([
    { outcome: 'refused', reason: expect.any(String), count: 1, kind: 'system' },
  ]);
  expect(await listEntries('--action', 'service')).toMatchObject([
    { action: 'service.started', kind: 'person', how: 'operating-system' },
    { action: 'service.stopped' },
  ]);

  const text = JSON.stringify(await listEntries());
  for (const secret of [PATIENT, 'Observation/o1', '2026-01-05', 'story-token'])
    expect(text).not.toContain(secret);
});

test('the trail holds, also for a stranger with the file, the heads and the public key', async () => {
  const report = await verify();
  expect(report).toMatchObject({ code: 0, valid: true, isKeyTrusted: true, isComparedWithCopy: true });
  const file = join(folder.path, 'trail.ndjson');
  expect((await run('audit', 'export', '--out', file)).code).toBe(0);
  const key = (await run('audit', 'key')).out.trim();
  const heads = join(DATA, 'audit-heads.ndjson');
  const stranger = ['--trail', file, '--heads', heads, '--key', key] as const;
  expect(await verify(...stranger)).toMatchObject({ code: 0, valid: true, entries: report.entries });

  const lines = readFileSync(file, 'utf8').split('\n');
  const at = lines.findIndex((line) => line.includes('resource.deleted'));
  writeFileSync(file, lines.toSpliced(at, 1).join('\n'));
  const { seq } = JSON.parse(lines[at + 1] ?? '{}') as { seq: number };
  const found = await verify(...stranger);
  expect(found.code).toBe(1);
  expect(found.findings).toContainEqual({ kind: 'entry-missing', chain: '*', seq });
});

test('an export is a disclosure, with its recipient and the digest of its files', async () => {
  const out = join(folder.path, 'export');
  expect((await run('export', 'csv', '--out', out, '--for', 'Statistics Ltd')).code).toBe(0);
  const today = new Date().toISOString().slice(0, 10);
  const period = ['--from', '2026-01-01', '--to', today] as const;
  const disclosures = await runJson<readonly Disclosure[]>('disclosures', ...period, '--subject', 'S-1');
  expect(disclosures).toMatchObject([
    {
      ...{ kind: 'export', what: 'csv', to: 'Statistics Ltd', outcome: 'done', how: 'operating-system' },
      ...{ about: ['msc-aa|S-1'], digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    },
  ]);
  expect(await runJson('disclosures', ...period, '--subject', 'S-2')).toEqual([]);
});

test('the entries as FHIR are valid R4', async () => {
  const { out } = await run('audit', 'export', '--fhir');
  const resources = out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const profiles = new Set(resources.flatMap(({ meta }) => meta?.profile ?? []));
  for (const name of ['PatientCreate', 'PatientUpdate', 'PatientDelete', 'PrivacyDisclosure.Source'])
    expect([...profiles].some((profile) => profile.endsWith(`BasicAudit.${name}`))).toBe(true);
  expect(resources.some(({ resourceType }) => resourceType === 'Provenance')).toBe(true);
  expect(
    resources.map((resource) => validateResource(resource)).filter((result) => 'issues' in result),
  ).toEqual([]);
});
