import { describe, expect, test } from '@jest/globals';
import { addDays } from '../../src/trial/calendar-days.ts';
import { reportOnSubjects } from '../../src/trial/endpoints/study-report.ts';
import { explainSubject } from '../../src/trial/explain-subject.ts';
import {
  buildVignetteFacts,
  buildVignetteSubject,
  DAY_ZERO,
  readBundledCriteria,
  readBundledProtocol,
  readVignetteFiles,
  type Vignette,
} from './vignette.ts';
import { assessVignette } from './vignette-answers.ts';

const rules = { protocol: readBundledProtocol(), criteria: readBundledCriteria() };
const today = addDays(DAY_ZERO, 400);
const relapseCases = readVignetteFiles().find(({ file }) => file === 'relapse.json')?.cases ?? [];

const buildReport = (cases: readonly Vignette[]) => {
  const subjects = cases.map((v) => ({
    subject: buildVignetteSubject(v),
    facts: buildVignetteFacts(v),
    judgement: assessVignette(rules, v),
  }));
  return reportOnSubjects({ protocol: rules.protocol, subjects, today });
};

describe('relapse and clonal evolution', () => {
  test('are counted among subjects with a rule; undetermined relapses are counted separately', () => {
    const nihCases = relapseCases.filter(({ set }) => set === 'nih-saa');
    const expected = (question: string, answer: unknown) =>
      nihCases.filter(({ expect: wanted }) => wanted[question] === answer).length;
    const report = buildReport(nihCases);
    const responders = report.response.overall.count;
    expect(report.relapse).toMatchObject({
      count: expected('relapse', 'true'),
      open: expected('relapse', 'unknown'),
      of: responders,
    });
    expect([responders, nihCases.length > responders]).toEqual([9, true]);
    expect(report.relapse?.definition).toMatch(
      /^nih-saa 2\.0\.0: need to re-institute .*; of confirmed responders$/,
    );
    expect(report.clonalEvolution).toMatchObject({ count: 3, open: 1, of: nihCases.length });
    expect(report.highRiskClonalEvolution).toMatchObject({ count: 1, open: 2, of: nihCases.length });
  });

  test('are absent from the report where no set states a rule', () => {
    const report = buildReport(relapseCases.filter(({ set }) => set === undefined));
    expect(report.response.overall.count).toBe(1);
    expect(Object.keys(report).filter((key) => /relapse|clonal/i.test(key))).toEqual([]);
  });

  test('are explained with the day, the rule, and the count or treatment that shows them', () => {
    const v = relapseCases[0];
    if (v === undefined) throw new Error('there is a first case');
    const assessment = assessVignette(rules, v);
    const text = explainSubject(assessment, buildVignetteFacts(v));
    expect(text).toContain(
      'Relapse: yes on 2024-08-02, by nih-saa 2.0.0: need to re-institute immunosuppression for falling counts. Evaluated from 2024-05-14 to 2024-07-23.',
    );
    expect(text).toMatch(/met: the count of 2024-07-23\n {6}met: counts below the partial response/);
    expect(text).toMatch(
      /met: immunosuppressant started again after the response: atg of 2024-08-02\n {6}- atg of 2024-08-02/,
    );
    expect(text).toContain('Clonal evolution: no, by nih-saa 2.0.0');
    expect(explainSubject(assessment, buildVignetteFacts(v), 'M3')).not.toContain('Relapse');
  });
});
