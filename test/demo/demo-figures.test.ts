import { beforeAll, describe, expect, test } from '@jest/globals';
import { listPublishedFigures, type StudySummary } from '../../demo/published-figures.ts';
import { type AssessedCohort, assessDemoCohort } from './assess-demo-cohort.ts';

let assessedCohort: AssessedCohort;

beforeAll(() => {
  assessedCohort = assessDemoCohort();
});

describe('the cohort through mapper and engine', () => {
  test('every resource is valid, and only the code that nobody mapped waits for a person', () => {
    expect(assessedCohort.invalid).toEqual([]);
    const waiting = 'site-5 unmapped-code https://hospital-5.example/codes/laboratory|SHJC-41';
    expect([...new Set(assessedCohort.openWork)]).toEqual([waiting]);
  });

  test('the report has the figures of the abstract', () => {
    for (const { name, expected: abstract, found: figure } of listPublishedFigures(
      assessedCohort.report as unknown as StudySummary,
    )) {
      expect({ name, figure }).toEqual({ name, figure: abstract });
    }
  });

  test('the engine finds of every subject what the plan says', () => {
    for (const { plan, judgement } of assessedCohort.subjects) {
      const best = judgement.assessments.find((a) => a.kind === 'best-response');
      const times = judgement.assessments.flatMap((a) =>
        a.value.kind === 'days' ? [[a.scope, a.value.days]] : [],
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

  test('of the infusions, one is missing and one is too large', () => {
    const deviations = assessedCohort.subjects.flatMap(({ judgement }) => judgement.deviations);
    const said = deviations.map(({ kind, infusion }) => `${kind} ${infusion}`);
    expect(said.sort()).toEqual(['dose-out-of-range 4', 'missed-infusion 3']);
  });
});
