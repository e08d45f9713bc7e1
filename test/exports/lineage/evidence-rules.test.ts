import { expect, test } from '@jest/globals';
import { listReportFigures } from '../../../src/exports/statistics/trace-report.ts';
import { reportOnSubjects, type StudyReport } from '../../../src/trial/endpoints/study-report.ts';
import {
  buildSixSubjectStudy,
  SIX_SUBJECTS,
  SIX_SUBJECTS_AS_OF,
  SIX_SUBJECTS_PROTOCOL,
} from '../registry-results/six-subject-study.ts';

const reportOn = (subjects: typeof SIX_SUBJECTS): StudyReport =>
  reportOnSubjects({ protocol: SIX_SUBJECTS_PROTOCOL, subjects, today: SIX_SUBJECTS_AS_OF });

const LATE_EVENT = { count: 1, of: 3, percent: 33.3, open: 1, definition: 'a definition' };

test.each([
  ['a small study', () => buildSixSubjectStudy().report],
  ['a study in which no subject was infused', () => reportOn(SIX_SUBJECTS.slice(5))],
  ['a study without subjects', () => reportOn([])],
  [
    'a study with late events',
    () => ({
      ...reportOn(SIX_SUBJECTS),
      relapse: LATE_EVENT,
      clonalEvolution: LATE_EVENT,
      highRiskClonalEvolution: LATE_EVENT,
    }),
  ],
])('every figure of %s has an evidence rule', (_name, buildReport) => {
  expect(listReportFigures(buildReport()).length).toBeGreaterThan(20);
});

test('a figure that no rule covers is refused, and is not traced by a guess', () => {
  const report = { ...reportOn(SIX_SUBJECTS), qualityOfLife: { median: 7 } };
  expect(() => listReportFigures(report)).toThrow(
    expect.objectContaining({ code: 'exports/inconsistent', at: 'qualityOfLife/median' }),
  );
});

test('a term may hold slashes and line ends', () => {
  const { adverseEvents, ...report } = reportOn(SIX_SUBJECTS);
  const [event] = adverseEvents;
  if (!event) throw new Error('no adverse event');
  const term = 'ALT/AST\nincreased';
  const figures = listReportFigures({ ...report, adverseEvents: [{ ...event, term }] });
  expect(figures.filter(({ parts }) => parts.term === term).map(({ counts }) => counts)).toEqual(
    expect.arrayContaining(['participants', 'events']),
  );
});
