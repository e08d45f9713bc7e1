import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { buildSubjectSystemUrl } from '../../../src/fhir/canonical-urls.ts';
import { useService } from '../../support/with-service.ts';

const adapter = useService('test');

const buildEnrolment = (more: object = {}) => ({
  resourceType: 'ResearchSubject',
  id: 'rs',
  identifier: [{ system: buildSubjectSystemUrl('msc-aa'), value: 'S-1' }],
  status: 'on-study',
  study: { reference: 'ResearchStudy/msc-aa' },
  individual: { reference: 'Patient/p1' },
  period: { start: '2026-01-05' },
  ...more,
});
const OTHER_STUDY = {
  identifier: [{ system: 'urn:other-trial', value: '7' }],
  study: { reference: 'ResearchStudy/other-trial' },
};
const send = (resource: object) => adapter.send(resource, { method: 'update' });
const listSubjects = () => adapter.store.read((tx) => tx.subjects.list('msc-aa'));

describe('a ResearchSubject', () => {
  test('is told what it did: enrolled, withdrawn, off study; each names subject and study', async () => {
    const steps = [
      [{}, /^Enrolled: S-1 in study msc-aa, on 2026-01-05\.$/],
      [{ status: 'follow-up' }, /^Unchanged: S-1 in study msc-aa/],
      [{ period: { start: '2026-01-06' } }, /^Changed: S-1 .*2026-01-06/],
      [{ status: 'off-study' }, /^Recorded: S-1 in study msc-aa is off study/],
      [{ status: 'withdrawn' }, /^Withdrawn: S-1 in study msc-aa/],
      [{ status: 'on-study' }, /^Enrolled again: S-1/],
    ] as const;
    for (const [index, [more, words]] of steps.entries()) {
      const answer = await send(buildEnrolment({ ...more, meta: { versionId: String(index + 1) } }));
      expect(answer).toMatchObject({ disposition: 'ignored', facts: 0, id: 'rs' });
      expect(answer.issues).toEqual([
        expect.objectContaining({
          detail: 'enrolment',
          severity: 'information',
          diagnostics: expect.stringMatching(words),
        }),
      ]);
    }
  });

  test('of another study enrols nobody, is not kept, and is told the studies that are known', async () => {
    const answer = await send(buildEnrolment(OTHER_STUDY));
    expect(answer).toMatchObject({
      status: 200,
      disposition: 'ignored',
      id: null,
      issues: [
        {
          detail: 'enrolment',
          expression: 'ResearchSubject.study',
          diagnostics: expect.stringContaining('msc-aa'),
        },
      ],
    });
    expect(await adapter.service.listWorkItems(null)).toEqual([]);
  });

  test('of another study, about an enrolled patient, is kept and told the same', async () => {
    await adapter.enrol('S-1', 'Patient/p1');
    expect(await send(buildEnrolment(OTHER_STUDY))).toMatchObject({
      disposition: 'ignored',
      id: 'rs',
      issues: [{ detail: 'enrolment', expression: 'ResearchSubject.study' }],
    });
  });

  test('with a status that enrols nobody is told so', async () => {
    expect(await send(buildEnrolment({ status: 'screening' }))).toMatchObject({
      disposition: 'ignored',
      issues: [{ detail: 'enrolment', expression: 'ResearchSubject.status' }],
    });
    expect(await listSubjects()).toEqual([]);
  });

  test.each(['2999-01-05', '2999-01-05T08:00:00Z', '2999', '1900-01-01'])(
    'from %s is refused at its date, and enrols nobody',
    async (start) => {
      expect(await send(buildEnrolment({ period: { start } }))).toMatchObject({
        status: 422,
        disposition: 'invalid',
        issues: [{ detail: 'enrolment', expression: 'ResearchSubject.period.start' }],
      });
      expect(await listSubjects()).toEqual([]);
    },
  );
});

interface DateCase {
  readonly name: string;
  readonly resource: object;
  readonly element?: string;
  readonly mapped?: true;
}
const CASES_FILE = join(import.meta.dirname, '../../cases/enrolment/dates.json');
const { cases } = JSON.parse(readFileSync(CASES_FILE, 'utf8')) as { cases: readonly DateCase[] };
const OBSERVATION = {
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
};

describe('a date that cannot be true', () => {
  beforeEach(() => adapter.enrol('S-1', 'Patient/p1'));

  test.each(cases.map((entry) => [entry.name, entry] as const))(
    '%s',
    async (_name, { resource, element, mapped }) => {
      const { resourceType } = resource as { resourceType: string };
      const answer = await send({
        id: 'x',
        ...(resourceType === 'Observation' ? OBSERVATION : {}),
        ...(resourceType === 'Patient' ? {} : { subject: { reference: 'Patient/p1' } }),
        ...resource,
      });
      if (mapped) expect(answer.disposition).toBe('mapped');
      else
        expect(answer.issues).toContainEqual(
          expect.objectContaining({ detail: 'implausible-value', expression: element }),
        );
    },
  );

  test('of a report from which the result has it: the element of the report', async () => {
    await send({
      resourceType: 'DiagnosticReport',
      id: 'r',
      status: 'final',
      code: { text: 'Blood count' },
      subject: { reference: 'Patient/p1' },
      effectiveDateTime: '2999-01-06',
      result: [{ reference: 'Observation/x' }],
    });
    const subject = { reference: 'Patient/p1' };
    const answer = await send({ resourceType: 'Observation', id: 'x', subject, ...OBSERVATION });
    expect(answer.issues).toEqual([
      expect.objectContaining({
        detail: 'implausible-value',
        expression: expect.stringMatching(/^DiagnosticReport/),
      }),
    ]);
  });
});
