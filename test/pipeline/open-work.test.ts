import { expect, test } from '@jest/globals';
import { summariseOpenWork } from '../../src/pipeline/query/open-work.ts';
import {
  type PipelineSandbox,
  SANDBOX_SECOND_STUDY,
  SANDBOX_SITE,
  SANDBOX_STUDY,
  type SentResource,
  usePipelineSandbox,
} from './pipeline-sandbox.ts';

const withPipelineSandbox = usePipelineSandbox();

const buildPatient = (id: string, more: object): SentResource => ({
  resourceType: 'Patient',
  id,
  gender: 'male',
  birthDate: '1980',
  ...more,
});

const buildResult = (id: string, unit: string): SentResource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p0' },
  effectiveDateTime: '2026-02-01T08:00:00+08:00',
  valueQuantity: { value: 20, unit },
});

const buildFatalEvent = (id: string, reference: string): SentResource => ({
  resourceType: 'AdverseEvent',
  id,
  actuality: 'actual',
  subject: { reference },
  event: { text: 'Sepsis' },
  date: '2026-02-01',
  outcome: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/adverse-event-outcome', code: 'fatal' }],
  },
});

async function enrolThree(sandbox: PipelineSandbox): Promise<void> {
  sandbox.setClock('2026-06-01T12:00:00Z');
  for (const n of [0, 1, 2]) await sandbox.enrol(`S${n}`, `Patient/p${n}`);
}

const NO_CONTRADICTIONS = { items: 0, subjects: [], byReason: [], byKind: [] };
const NO_OPEN_WORK = {
  ...{ items: 0, resources: 0, byReason: [], deathsWithoutDay: [] },
  contradictions: NO_CONTRADICTIONS,
};

test('open work is counted by reason, at the sites of the study', () =>
  withPipelineSandbox(async (sandbox) => {
    await enrolThree(sandbox);
    expect(await summariseOpenWork(sandbox.tx, SANDBOX_STUDY)).toEqual(NO_OPEN_WORK);
    for (const id of ['a', 'b']) await sandbox.send(buildResult(id, 'per field'));
    await sandbox.send(buildResult('c', 'per view'));
    await sandbox.send(buildPatient('p0', { deceasedBoolean: true }));
    expect(await summariseOpenWork(sandbox.tx, SANDBOX_STUDY)).toMatchObject({
      items: 3,
      resources: 4,
      byReason: [
        { reason: 'unmapped-unit', items: 2, resources: 3 },
        { reason: 'unparseable-value', items: 1, resources: 1 },
      ],
    });
    expect(await summariseOpenWork(sandbox.tx, 'another-study')).toEqual(NO_OPEN_WORK);
  }));

test('a subject who died on an unknown day is listed until any Patient of theirs states the day', () =>
  withPipelineSandbox(async (sandbox) => {
    await enrolThree(sandbox);
    const undated = async () => (await summariseOpenWork(sandbox.tx, SANDBOX_STUDY)).deathsWithoutDay;
    await sandbox.send(buildPatient('p1', { deceasedBoolean: true }));
    await sandbox.send(buildPatient('p2', { deceasedBoolean: true }));
    await sandbox.send(buildPatient('p0', { deceasedBoolean: false }));
    expect(await undated()).toEqual(['S1', 'S2']);
    await sandbox.send(buildPatient('p1', { deceasedDateTime: '2026-05-03' }));
    expect(await undated()).toEqual(['S2']);
    await sandbox.tx.subjects.addEnrolmentIdentifier(
      SANDBOX_SITE,
      'Patient/p2-old',
      SANDBOX_STUDY,
      'S2',
      'test',
    );
    await sandbox.send(buildPatient('p2-old', { deceasedDateTime: '2026-05' }));
    expect(await undated()).toEqual([]);
  }));

test('contradictions between facts are counted by reason and kind, with subjects and figures, for their own study only', () =>
  withPipelineSandbox(async (sandbox) => {
    await enrolThree(sandbox);
    await sandbox.enrol('Z1', 'Patient/z1', SANDBOX_SECOND_STUDY);
    for (const n of [0, 1]) {
      await sandbox.send(buildPatient(`p${n}`, {}));
      await sandbox.send(buildFatalEvent(`e${n}`, `Patient/p${n}`));
    }
    await sandbox.send(buildPatient('p2', { birthDate: '1900-01-01' }));
    await sandbox.send(buildPatient('z1', { birthDate: '1900-01-01' }));
    await sandbox.assessDirty();
    const summary = await summariseOpenWork(sandbox.tx, SANDBOX_STUDY);
    const byReason = [{ reason: 'contradictory-facts', items: 3, resources: 5 }];
    expect(summary).toMatchObject({ items: 3, resources: 5, byReason, deathsWithoutDay: [] });
    expect(summary.contradictions).toMatchObject({
      items: 3,
      subjects: ['S0', 'S1', 'S2'],
      byReason,
      byKind: [
        {
          kind: 'fatal-event-without-death',
          items: 2,
          subjects: ['S0', 'S1'],
          figures: ['alive', 'survival', 'followUpMonths'],
        },
        { kind: 'null-birth-date', items: 1, subjects: ['S2'], figures: ['response', 'timeToResponseDays'] },
      ],
    });
    const second = await summariseOpenWork(sandbox.tx, SANDBOX_SECOND_STUDY);
    expect(second.contradictions).toMatchObject({ items: 1, subjects: ['Z1'] });
  }));
