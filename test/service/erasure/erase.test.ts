import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listTrailEntries } from '../../../src/audit/trail-file.ts';
import type { ErasureTarget } from '../../../src/service/erasure/erasure-operations.ts';
import { prepareDatabaseFile } from '../../../src/store/sqlite/database.ts';
import { buildPlateletCount, buildRespondingSubject } from '../../stories/hospital-resources.ts';
import { readCarvedPages } from '../../support/carve-pages.ts';
import { POSTGRES_VERSIONS } from '../../support/postgres-server.ts';
import { usePostgres } from '../../support/with-postgres.ts';
import { type ServiceOptions, TEST_SITE, type TestService, useService } from '../../support/with-service.ts';

const STUDY = 'msc-aa';
const SECOND_STUDY = 'second';
const DECIDER = { by: 'M. Li', why: 'request of 2026-11-28' };
/** In everything that is sent about the person who is erased. */
const CANARY = 'KANARIENVOGEL';

const SUBJECT: ErasureTarget = { study: STUDY, subject: 'C-1', scope: null };

const buildPatient = (id: string, mrn: string, family: string) => ({
  resourceType: 'Patient',
  id,
  identifier: [{ system: 'urn:mrn', value: mrn }],
  name: [{ family }],
  birthDate: '1961-02-03',
});

/** Adds a second study under the rules of the first. */
function addSecondStudy(mappings: string): void {
  const studies = join(mappings, 'studies');
  cpSync(join(studies, STUDY), join(studies, SECOND_STUDY), { recursive: true });
  const file = join(studies, SECOND_STUDY, 'protocol.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(`"id": "${STUDY}"`, `"id": "${SECOND_STUDY}"`));
}

/** One person with everything that a store keeps of somebody, and another who stays. */
async function fillStore(adapter: TestService): Promise<void> {
  await adapter.enrol('C-1', `urn:mrn|${CANARY}-1`);
  await adapter.enrol('C-2', 'Patient/p2');
  await adapter.send(buildPatient('p1', `${CANARY}-1`, CANARY));
  await adapter.send(buildPatient('p2', 'MRN-2', 'Wang'));
  for (const patient of ['p1', 'p2'])
    for (const resource of buildRespondingSubject(patient)) await adapter.send(resource);
  const named = { note: [{ text: CANARY }], id: `${CANARY}-o` };
  await adapter.send(buildPlateletCount('x', 'Patient/p1', 24, '2026-03-01', named));
  // Held, decided and held: a code, a contradiction, a version that was sent twice.
  const code = { coding: [{ system: 'urn:local', code: 'PLT-X', display: CANARY }] };
  await adapter.send(buildPlateletCount('held', 'Patient/p1', 24, '2026-03-02', { code }));
  for (const value of [50, 60])
    await adapter.send(
      buildPlateletCount(`twice-${CANARY}`, 'Patient/p1', value, '2026-03-03', { meta: { versionId: '1' } }),
    );
  await adapter.send(buildPlateletCount('contradicts-1', 'Patient/p1', 24, '2026-03-09'));
  await adapter.send(buildPlateletCount('contradicts-2', 'Patient/p1', 90, '2026-03-09'));
  await adapter.service.assessDueSubjects();
  for (const { id, reason } of await adapter.listOpenWork())
    if (reason !== 'unknown-patient' && reason !== 'unmapped-code')
      await adapter.service.rejectWorkItem(id, { by: 'me', why: `about ${CANARY}` });
  await acceptNamingCode(adapter);
  await adapter.service.adjudicate({
    ...{ study: STUDY, subject: 'C-1', on: null, by: 'me', why: `about ${CANARY}` },
    statement: { topic: 'evaluability', holds: true },
  });
  await releaseText(adapter);
  await adapter.assessAndDeliver();
}

/** Accepts a code of the laboratory for a reason that names the person. */
async function acceptNamingCode(adapter: TestService): Promise<void> {
  const code = { coding: [{ system: 'urn:local', code: 'PLT-Y', display: `Count of ${CANARY}-1` }] };
  await adapter.send(buildPlateletCount('local', 'Patient/p1', 24, '2026-03-04', { code }));
  const items = await adapter.listOpenWork();
  const { id = '' } = items.find(({ group }) => group.includes('PLT-Y')) ?? {};
  await adapter.service.acceptWorkItem({ id, target: 'platelets', by: 'me', why: `${CANARY}-1, ${CANARY}` });
}

/** Releases a text that an export has withheld. */
async function releaseText(adapter: TestService): Promise<void> {
  const coding = [{ system: 'https://www.meddra.org', code: '10016173', display: `Fall of ${CANARY}` }];
  await adapter.send({
    ...{ resourceType: 'AdverseEvent', id: 'fall', actuality: 'actual', event: { coding } },
    ...{ subject: { reference: 'Patient/p1' }, date: '2026-03-05' },
  });
  for await (const _file of await adapter.service.exportStudy({
    ...{ study: STUDY, format: 'csv', draft: true, trace: false },
  }));
  const items = await adapter.listOpenWork();
  const { id = '' } = items.find(({ reason }) => reason === 'free-text-review') ?? {};
  await adapter.service.acceptWorkItem({ id, target: null, by: 'me', why: `about ${CANARY}` });
}

/** Everything that the store and its keys still tell, in one text; of SQLite, every page of its files. */
async function readEverything(adapter: TestService): Promise<string> {
  const { dataDir, keysDir, database } = adapter.config;
  const parts = await adapter.store.read(async (tx) => [
    await tx.inbox.listReceivedBefore(TEST_SITE, '9999'),
    await tx.workItems.list(null),
    await tx.outbox.list({}),
    await tx.facts.listForSubject(STUDY, 'C-1'),
    await tx.subjects.list(STUDY),
    await tx.subjects.listEnrolmentIdentifiers(TEST_SITE),
    await tx.erasures.list(),
    await tx.decisions.list({}),
    await tx.sharedValues.get('free-text-reviews'),
    await tx.sharedValues.get('decision-files'),
    globSync(join(dataDir, 'decisions/**/*.*')).map((path) => readFileSync(path, 'utf8')),
  ]);
  if (database !== null) return JSON.stringify(parts);
  const file = join(dataDir, 'store.db');
  const pages = readCarvedPages(file, prepareDatabaseFile(file, keysDir).database);
  return `${JSON.stringify(parts)}${pages.toString('latin1')}${pages.toString('utf16le')}`;
}

const readOther = (adapter: TestService) =>
  adapter.store.read(async (tx) => ({
    subject: await tx.subjects.get(STUDY, 'C-2'),
    facts: await tx.facts.listForSubject(STUDY, 'C-2'),
    assessment: await tx.assessments.get(STUDY, 'C-2'),
    outbox: (await tx.outbox.list({ site: TEST_SITE })).filter(({ subject }) => subject === 'C-2'),
    versions: (await tx.inbox.listReceivedBefore(TEST_SITE, '9999')).filter(({ id }) => id.startsWith('p2')),
  }));

/** Lists the entries of the audit trail about erasures. */
const listAudited = (adapter: TestService): Promise<readonly object[]> =>
  adapter.store.read(async (tx) => {
    const found: object[] = [];
    for await (const { entry } of listTrailEntries(tx.audit)) {
      const event = JSON.parse(entry) as { readonly action: string };
      if (event.action === 'subject.erased') found.push(event);
    }
    return found;
  });

const [version] = POSTGRES_VERSIONS;
const KINDS: readonly (readonly [string, () => ServiceOptions])[] = [
  ['SQLite', () => ({})],
  ...(version
    ? [
        [
          'PostgreSQL',
          () => {
            const postgres = usePostgres(version);
            return { createDatabase: () => postgres.server.createDatabase() };
          },
        ] as const,
      ]
    : []),
];

describe.each(KINDS)('%s', (_name, prepare) => {
  const adapter = useService('test', { ...prepare(), ehr: ['p1', 'p2'], editMappings: addSecondStudy });

  test('nothing of an erased person is readable; the other subject, and the fact of the erasure, remain', async () => {
    await fillStore(adapter);
    const before = await readEverything(adapter);
    expect(before).toContain(CANARY);
    const other = await readOther(adapter);
    expect(other.assessment).toBeDefined();

    const underKey = await adapter.store.read((tx) =>
      tx.erasures.listResourcesUnderKey({ study: STUDY, subject: 'C-1' }),
    );
    expect(underKey.length).toBeGreaterThan(10);

    const preview = await adapter.service.erase(SUBJECT, DECIDER, true);
    expect(preview.isDone).toBe(false);
    expect(await adapter.listFacts('C-1')).not.toEqual([]);

    const report = await adapter.service.erase(SUBJECT, DECIDER, false);
    expect(report.record.removed).toEqual(preview.record.removed);
    const { facts, assessments, workItems, sealedPayloads } = report.record.removed;
    expect([facts > 10, assessments, workItems > 2, sealedPayloads]).toEqual([true, 1, true, 0]);
    // What the EHR has of the subject is listed, for somebody to remove it there.
    expect(report.sent.length).toBeGreaterThan(0);
    expect(report.sent.every(({ location }) => location !== null)).toBe(true);

    const key = await adapter.store.read((tx) => tx.sharedValues.get(`pseudonym-key/${STUDY}`));
    expect(key).not.toBeNull();
    expect(report.decisionFiles).toEqual([
      `decisions/${TEST_SITE}/concepts/accepted.json`,
      `decisions/${TEST_SITE}/history.ndjson`,
    ]);
    const after = await readEverything(adapter);
    expect(after).not.toContain(CANARY);
    expect(await readOther(adapter)).toEqual(other);
    expect(await adapter.listFacts('C-1')).toEqual([]);
    expect(await adapter.service.listErasures()).toEqual([report.record]);
    expect(JSON.stringify(report.record)).not.toContain('C-1');
    expect(await listAudited(adapter)).toEqual([
      expect.objectContaining({ before: report.record.contents, about: [`${STUDY}|C-1`] }),
    ]);
    await adapter.restart();
    expect(await readOther(adapter)).toEqual(other);
  });

  test('what arrives later about an erased person is dropped, and they are not enrolled again', async () => {
    await fillStore(adapter);
    await adapter.service.erase(SUBJECT, DECIDER, false);
    const later = buildPlateletCount('later', 'Patient/p1', 24, '2026-05-01', { note: [{ text: CANARY }] });
    expect(await adapter.send(later)).toMatchObject({ disposition: 'dropped' });
    expect(await adapter.send(buildPatient('p1', `${CANARY}-1`, CANARY))).toMatchObject({
      disposition: 'dropped',
    });
    expect(await readEverything(adapter)).not.toContain(CANARY);
    const refused = expect.objectContaining({ code: 'intake/enrolment' });
    await expect(adapter.enrol('C-1', 'Patient/p9')).rejects.toEqual(refused);
    await expect(adapter.enrol('C-9', `urn:mrn|${CANARY}-1`)).rejects.toEqual(refused);
    // Somebody else is not affected.
    await adapter.enrol('C-9', 'Patient/p9');
    expect(await adapter.send(buildPlateletCount('o9', 'Patient/p9', 24, '2026-05-01'))).toMatchObject({
      disposition: 'mapped',
    });
  });

  test('a patient who is not enrolled is erased with what waits for their enrolment', async () => {
    const patient = `urn:mrn|${CANARY}-1`;
    await adapter.send(buildPatient('stranger', `${CANARY}-1`, CANARY));
    await adapter.send(buildPlateletCount('o1', 'Patient/stranger', 24, '2026-03-01'));
    await adapter.send(buildPlateletCount('o2', 'Patient/another', 24, '2026-03-01'));
    const target = { site: TEST_SITE, patient };
    const { record } = await adapter.service.erase(target, DECIDER, false);
    expect(record.removed).toMatchObject({ sealedPayloads: 2, resources: 0 });
    expect(await adapter.store.read((tx) => tx.sealedPayloads.count())).toBe(1);
    const later = buildPlateletCount('o3', 'Patient/stranger', 24, '2026-03-01');
    expect(await adapter.send(later)).toMatchObject({ disposition: 'dropped' });
    await adapter.enrol('C-1', 'Patient/another');
    await expect(
      adapter.service.erase({ site: TEST_SITE, patient: 'Patient/another' }, DECIDER, false),
    ).rejects.toMatchObject({ code: 'erasure/refused' });
  });

  test('a person in two studies is erased in one or in both, as is stated', async () => {
    await adapter.enrol('C-1', 'Patient/p1');
    await adapter.enrol('S-1', 'Patient/p1', { study: SECOND_STUDY });
    await adapter.send(buildPlateletCount('o1', 'Patient/p1', 24, '2026-03-01'));
    await expect(adapter.service.erase(SUBJECT, DECIDER, false)).rejects.toMatchObject({
      code: 'erasure/refused',
    });
    const facts = await adapter.listFacts('S-1', SECOND_STUDY);
    expect(facts).toHaveLength(1);

    const inOne = await adapter.service.erase({ ...SUBJECT, scope: 'study' }, DECIDER, false);
    expect(inOne).toMatchObject({
      keptSubjects: [{ study: SECOND_STUDY, subject: 'S-1' }],
      keptResources: 1,
      record: { removed: { facts: 1, resources: 0 } },
    });
    expect(await adapter.listFacts('C-1')).toEqual([]);
    expect(await adapter.listFacts('S-1', SECOND_STUDY)).toEqual(facts);
    const content = await adapter.store.read((tx) =>
      tx.inbox.getCurrent({ site: TEST_SITE, resourceType: 'Observation', id: 'o1' }),
    );
    expect(content?.body).toContain('"o1"');
    expect(await adapter.send(buildPlateletCount('o2', 'Patient/p1', 24, '2026-03-02'))).toMatchObject({
      disposition: 'mapped',
    });

    const subject = { study: SECOND_STUDY, subject: 'S-1', scope: null };
    const inOther = await adapter.service.erase(subject, DECIDER, false);
    expect(inOther.record.removed).toMatchObject({ facts: 2, resources: 2 });
    expect(await adapter.send(buildPlateletCount('o3', 'Patient/p1', 24, '2026-03-02'))).toMatchObject({
      disposition: 'dropped',
    });
  });

  test('without a reason, or for somebody unknown, nothing is erased', async () => {
    await adapter.enrol('C-1', 'Patient/p1');
    await expect(adapter.service.erase(SUBJECT, { by: 'me', why: null }, false)).rejects.toMatchObject({
      code: 'erasure/refused',
    });
    const unknown = { ...SUBJECT, subject: 'C-7' };
    await expect(adapter.service.erase(unknown, DECIDER, false)).rejects.toMatchObject({
      code: 'subject/unknown',
    });
    expect(await adapter.service.listErasures()).toEqual([]);
  });
});
