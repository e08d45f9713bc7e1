import { describe, expect, test } from '@jest/globals';
import { deriveShortId, LONG_ID_SYSTEM } from '../../src/fhir/long-ids.ts';
import { TEST_SITE, useService } from '../support/with-service.ts';
import {
  BETTER_COUNTS,
  buildBloodCount,
  buildInfusion,
  buildPlateletCount,
  SEVERE_COUNTS,
} from './hospital-resources.ts';

/** A hospital whose EHR has ids over 64 characters, from enrolment to write-back. */

const PATIENT = 'eM5CWtq15N0WJeuCet5bJlQ3'.repeat(3);
const tested = useService('file', {
  http: true,
  ehr: [PATIENT],
  siteSettings: { longIds: 'as-identifiers' },
});

const listSourceIds = async (subject: string) =>
  (await tested.listFacts(subject)).flatMap(({ sources }) => sources.map(({ id }) => id));

describe('a site that takes long ids', () => {
  test('an enrolment, results and a deletion by long ids', async () => {
    await tested.enrol('L-1', `Patient/${PATIENT}`);
    const count = buildPlateletCount(`${PATIENT}-o1`, `Patient/${PATIENT}`, 24, '2026-01-05');
    const shortId = deriveShortId('Observation', `${PATIENT}-o1`);
    await tested.put(count, count);
    expect(await listSourceIds('L-1')).toEqual([shortId]);
    await tested.delete(`Observation/${PATIENT}-o1`);
    expect(await listSourceIds('L-1')).toEqual([]);
  });

  test('a ResearchSubject with a long reference enrols the patient of the long id', async () => {
    const other = `${PATIENT}2`;
    await tested.put({
      resourceType: 'ResearchSubject',
      id: `${PATIENT}-rs`,
      status: 'on-study',
      study: { reference: 'ResearchStudy/msc-aa' },
      individual: { reference: `Patient/${other}` },
      identifier: [{ system: 'https://fhir-trial-adapter.example/fhir/sid/subject/msc-aa', value: 'L-2' }],
    });
    await tested.put(buildPlateletCount('o2', `Patient/${other}`, 24, '2026-01-05'));
    expect(await listSourceIds('L-2')).toEqual(['o2']);
  });

  test('the assessment is written back to the EHR’s own Patient', async () => {
    await tested.put(
      ...buildBloodCount(PATIENT, '2026-01-08', SEVERE_COUNTS),
      buildInfusion(PATIENT),
      ...buildBloodCount(PATIENT, '2026-02-12', BETTER_COUNTS),
      ...buildBloodCount(PATIENT, '2026-03-20', BETTER_COUNTS),
    );
    await tested.assessAndDeliver();
    const entries = await tested.store.read(({ outbox }) => outbox.list({ site: TEST_SITE }));
    const sent = entries.map(({ resource }) => JSON.parse(resource));
    expect(sent.length).toBeGreaterThan(0);
    const patients = new Set(sent.map(({ subject, patient }) => (subject ?? patient).reference));
    expect([...patients]).toEqual([`Patient/${PATIENT}`]);
    expect(JSON.stringify(entries)).not.toContain(LONG_ID_SYSTEM);
    expect(JSON.stringify(entries)).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-/);
    expect(entries.filter(({ state }) => state !== 'delivered')).toEqual([]);
  });
});
