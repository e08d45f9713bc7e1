import { beforeAll, describe, expect, test } from '@jest/globals';
import { listPublishedFigures, type StudySummary } from '../../demo/published-figures.ts';
import { listSubjectQuestions } from '../../src/trial/questions/list-subject-questions.ts';
import { type AssessedCohort, assessDemoCohort } from './assess-demo-cohort.ts';

let assessedCohort: AssessedCohort;

beforeAll(() => {
  assessedCohort = assessDemoCohort();
});

describe('the cohort through mapper and engine', () => {
  test('every resource is valid, and only the unmapped code is held for review', () => {
    expect(assessedCohort.invalid).toEqual([]);
    const heldCode = 'site-5 unmapped-code https://hospital-5.example/codes/laboratory|SHJC-41';
    expect([...new Set(assessedCohort.openWork)]).toEqual([heldCode]);
  });

  test('no facts of a subject contradict each other', () => {
    for (const { subject, facts } of assessedCohort.subjects)
      expect(listSubjectQuestions(subject, facts)).toEqual([]);
  });

  test('the report has the figures of the abstract', () => {
    for (const { name, expected, found } of listPublishedFigures(
      assessedCohort.report as unknown as StudySummary,
    )) {
      expect({ name, found }).toEqual({ name, found: expected });
    }
  });

  test('every subject is assessed as planned', () => {
    for (const { plan, judgement } of assessedCohort.subjects) {
      const best = judgement.assessments.find(({ kind }) => kind === 'best-response');
      const times = judgement.assessments.flatMap(({ scope, value }) =>
        value.kind === 'days' ? [[scope, value.days]] : [],
      );
      const { subject, onset } = plan;
      const planned = Object.entries(onset).filter(([, day]) => day !== null);
      expect({
        subject,
        severity: judgement.severity,
        best: best?.value,
        more: judgement.proposals.length > 0,
        times: Object.fromEntries(times),
      }).toEqual({
        subject,
        severity: plan.severity,
        best: { kind: 'class', class: plan.outcome },
        more: plan.hasSecondCourse,
        times: Object.fromEntries(planned),
      });
    }
  });

  test('one infusion is missed and one dose is too high', () => {
    const deviations = assessedCohort.subjects.flatMap(({ judgement }) => judgement.deviations);
    const found = deviations.map(({ kind, infusion }) => `${kind} ${infusion}`);
    expect(found.sort()).toEqual(['dose-out-of-range 4', 'missed-infusion 3']);
  });
});
