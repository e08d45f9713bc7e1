import { describe, expect, test } from '@jest/globals';
import { buildAnalysisSets } from '../../../src/trial/endpoints/populations/analysis-sets.ts';
import { buildResponseAtVisits } from '../../../src/trial/endpoints/response/response-at-visits.ts';
import { buildSensitivityTable } from '../../../src/trial/endpoints/response/sensitivity.ts';
import { buildSubgroupTable } from '../../../src/trial/endpoints/response/subgroups.ts';
import { buildTwoStageTable } from '../../../src/trial/endpoints/response/two-stage.ts';
import { listExclusions } from '../../../src/trial/endpoints/subject/exclusions.ts';
import { applyVariant } from '../../../src/trial/endpoints/subject/variant-classes.ts';
import type { Protocol } from '../../../src/trial/protocol.ts';
import { readBundledCriteria } from '../vignette.ts';
import { deriveCase, FAILURE, RESPONSE, SMALL_STUDY, STUDY_PROTOCOL } from './small-study.ts';

const withAnalysis = (change: Partial<Protocol['analysis']>): Protocol => ({
  ...STUDY_PROTOCOL,
  analysis: { ...STUDY_PROTOCOL.analysis, ...change },
});

describe('response at each visit', () => {
  const { visits } = buildResponseAtVisits(SMALL_STUDY, STUDY_PROTOCOL);

  test.each([
    ['M3', { PR: 2, NR: 3, NE: 0, missed: 0, died: 0, withdrawn: 1, 'not-treated': 1 }],
    ['M6', { PR: 2, NR: 0, NE: 0, missed: 2, died: 1, withdrawn: 1, 'not-treated': 1 }],
    ['M9', { PR: 0, NR: 2, NE: 0, missed: 2, died: 1, withdrawn: 1, 'not-treated': 1 }],
  ])('%s: every enrolled subject is in one state', (visit, expected) => {
    const counts = visits[visit]?.populations.enrolled.counts;
    expect(counts).toMatchObject(expected);
    expect(Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0)).toBe(SMALL_STUDY.length);
  });

  test('whoever missed the visit, died or withdrew stays in the denominator', () => {
    const { enrolled, treated, evaluable } = visits.M6?.populations ?? {};
    expect(
      [enrolled, treated, evaluable].map((tally) => [tally?.response.count, tally?.response.of]),
    ).toEqual([
      [2, 7],
      [2, 6],
      [2, 4],
    ]);
  });

  test('a count that leaves the class open is not a missed visit', () => {
    const open = deriveCase('O', { counts: [[91, { anc: '0.9', hb: '100' }]] });
    const { enrolled } = buildResponseAtVisits([open], STUDY_PROTOCOL).visits.M3?.populations ?? {};
    expect(enrolled).toMatchObject({ counts: { NE: 1, missed: 0 }, response: { count: 0, of: 1 } });
  });

  test('a visit that is not due is in no denominator', () => {
    const early = deriveCase('E', { today: 60, counts: [[30, FAILURE]] });
    const table = buildResponseAtVisits([early], STUDY_PROTOCOL);
    expect(table.visits.M3?.populations.enrolled).toMatchObject({
      counts: { 'not-due': 1 },
      response: { count: 0, of: 0, percent: null, limits: null },
    });
  });

  test('a class after the end of the observation is counted apart, a missing count by its name', () => {
    // R2 has a transplant on day 250, before the window of M9; N2 has no reticulocytes on day 91.
    expect(visits.M9?.subsets.counts.censored).toBe(1);
    expect(visits.M3?.missing.counts).toEqual({ anc: 0, hemoglobin: 0, platelets: 0, reticulocytes: 1 });
  });

  test('a lineage is counted by its own class', () => {
    const own = deriveCase('L', { counts: [[91, { ...FAILURE, plt: '60' }]] });
    const { lineages } = buildResponseAtVisits([own], STUDY_PROTOCOL).visits.M3 ?? {};
    expect(lineages?.platelet.response.count).toBe(1);
    expect(lineages?.neutrophil.response.count).toBe(0);
  });
});

describe('analysis sets', () => {
  const { sets, response, excluded, exclusions } = buildAnalysisSets(SMALL_STUDY, STUDY_PROTOCOL);

  test('each set is a part of the one before, with its own response', () => {
    expect(Object.values(sets).map(({ count }) => count)).toEqual([7, 6, 4, 4]);
    expect(Object.values(response).map(({ count, of }) => [count, of])).toEqual([
      [2, 7],
      [2, 6],
      [2, 4],
      [2, 4],
    ]);
  });

  test('it says who is left out and why', () => {
    expect(exclusions).toEqual([
      { subject: 'W', evaluable: expect.arrayContaining(['withdrawn']), perProtocol: ['not-evaluable'] },
      { subject: 'U', evaluable: ['not-treated'], perProtocol: ['not-treated'] },
      {
        subject: 'B',
        evaluable: expect.arrayContaining(['no-baseline-count']),
        perProtocol: expect.arrayContaining(['not-evaluable', 'too-few-infusions']),
      },
    ]);
    expect(excluded.evaluable.counts).toMatchObject({
      withdrawn: 1,
      'not-treated': 1,
      'no-baseline-count': 1,
    });
  });

  test('a dose out of the range excludes from the per-protocol set alone', () => {
    const [high] = [deriveCase('H', { counts: [[91, FAILURE]], infusions: [[0, '4'], [7], [14], [21]] })];
    expect(high?.exclusions).toEqual({ evaluable: [], perProtocol: ['dose-out-of-range'] });
  });

  const decide = (holds: 'true' | 'false' | 'unknown') => {
    const source = { site: 'a', resourceType: 'Observation', id: 'd', version: '1', element: 'Observation' };
    return { holds, by: null, why: null, source };
  };
  test.each([
    [
      'nobody decided: the rules',
      null,
      null,
      ['too-few-assessed-visits'],
      ['not-evaluable', 'missed-infusion'],
    ],
    ['evaluable', decide('true'), null, [], ['missed-infusion']],
    ['not evaluable', decide('false'), null, ['person-decided'], ['not-evaluable', 'missed-infusion']],
    [
      'people contradict each other',
      decide('unknown'),
      null,
      ['decisions-contradict'],
      ['not-evaluable', 'missed-infusion'],
    ],
    ['per protocol in spite of a deviation', decide('true'), decide('true'), [], []],
    ['not per protocol', decide('true'), decide('false'), [], ['person-decided']],
    [
      'per protocol, and not evaluable',
      decide('false'),
      decide('true'),
      ['person-decided'],
      ['not-evaluable'],
    ],
  ] as const)(
    'what a person decided wins over the rules: %s',
    (_name, evaluable, perProtocol, ...expected) => {
      const input = {
        subject: { ...SUBJECT_WITHOUT_VISITS, status: 'on-study' as const },
        isTreated: true,
        baselineCounts: new Set(['anc', 'hemoglobin', 'platelets'] as const),
        visits: [],
        infusions: 4,
        deviations: [MISSED_INFUSION],
        decision: { evaluable, perProtocol },
      };
      const exclusions = listExclusions(input, STUDY_PROTOCOL);
      expect([exclusions.evaluable, exclusions.perProtocol]).toEqual(expected);
    },
  );
});

const SUBJECT_WITHOUT_VISITS = { study: 's', subject: 'P', site: 'a', enrolledOn: '', consentedOn: '' };
const MISSED_INFUSION = {
  study: 's',
  subject: 'P',
  kind: 'missed-infusion',
  infusion: 3,
  day: '2024-01-29',
  detail: '',
  evidence: [],
} as const;

describe('the response under other rules', () => {
  const findRow = (subjects: typeof SMALL_STUDY, name: string) =>
    buildSensitivityTable(subjects, STUDY_PROTOCOL).rows.find((row) => row.name === name);

  test('subjects with NE leave the denominator', () => {
    const notEvaluable = SMALL_STUDY.filter(({ best }) => best.class === 'NE').length;
    expect(notEvaluable).toBeGreaterThan(0);
    expect(findRow(SMALL_STUDY, 'as-reported')?.response).toMatchObject({ count: 2, of: 7 });
    expect(findRow(SMALL_STUDY, 'without-ne')?.response).toMatchObject({ count: 2, of: 7 - notEvaluable });
  });

  test('without confirmation one count is enough', () => {
    const once = deriveCase('O', {
      counts: [
        [91, RESPONSE],
        [183, FAILURE],
      ],
    });
    expect([once.best.class, once.variants?.unconfirmed]).toEqual(['NR', 'PR']);
    expect(findRow([once], 'unconfirmed')).toMatchObject({ response: { count: 1 }, changed: { count: 1 } });
  });

  test('a longer washout takes a response that rests on a count soon after a transfusion', () => {
    const rules = { protocol: STUDY_PROTOCOL, criteria: readBundledCriteria() };
    const days = (id: string) => {
      const variant = STUDY_PROTOCOL.analysis.sensitivity.find((entry) => entry.id === id);
      if (!variant) throw new Error(id);
      const { washouts } = applyVariant(rules, variant).protocol;
      return ['red-cells', 'platelets', 'filgrastim'].map(
        (of) => washouts.find((one) => one.of === of)?.days,
      );
    };
    expect(days('washout-14')).toEqual([14, 14, 7]);
    expect(days('washout-28')).toEqual([28, 28, 7]);
  });

  test('variants that were not assessed are named and have no row', () => {
    const without = SMALL_STUDY.map((figures) => ({ ...figures, variants: null }));
    const table = buildSensitivityTable(without, STUDY_PROTOCOL);
    expect(table.rows.map(({ name }) => name)).toEqual(['as-reported', 'without-ne']);
    expect(table.notAssessed).toEqual(STUDY_PROTOCOL.analysis.sensitivity.map(({ id }) => id));
  });
});

describe('subgroups', () => {
  const { factors, of } = buildSubgroupTable(SMALL_STUDY, STUDY_PROTOCOL);
  const listLevels = (name: string) =>
    factors
      .find((factor) => factor.name === name)
      ?.levels.map(({ name: level, response }) => [level, response.count, response.of]);

  test('each factor divides the treated', () => {
    expect(of).toBe(6);
    for (const { levels } of factors)
      expect(levels.reduce((sum, { response }) => sum + response.of, 0)).toBe(6);
  });

  test('levels are those of the subjects, and an open age is unknown', () => {
    expect(listLevels('site')).toEqual([
      ['site-1', 1, 5],
      ['site-2', 1, 1],
    ]);
    expect(listLevels('previous-agent')).toEqual([
      ['no', 1, 5],
      ['yes', 1, 1],
    ]);
    // N2 was born in 2006: 17 or 18 years old in January 2024.
    expect(listLevels('age')).toContainEqual(['unknown', 0, 1]);
  });

  test('equal rates have a p, and one level has none', () => {
    expect(factors.find(({ name }) => name === 'site')?.heterogeneity).toMatchObject({
      p: expect.any(Number),
    });
    const [one] = buildSubgroupTable(SMALL_STUDY.slice(0, 1), STUDY_PROTOCOL).factors;
    expect([one?.heterogeneity.p, one?.interaction]).toEqual([null, null]);
  });
});

describe('two stages', () => {
  const design = { n1: 3, r1: 0, n: 6, r: 2, p0: '0.1', p1: '0.4' };
  const build = (change: Partial<typeof design>, subjects = SMALL_STUDY) =>
    buildTwoStageTable(subjects, withAnalysis({ twoStage: { ...design, ...change } }));

  test('a protocol without a design has none', () => {
    expect(buildTwoStageTable(SMALL_STUDY, STUDY_PROTOCOL)).toBeNull();
  });

  // All began on one day, so they are in order of their numbers: B, N1, N2, R1, R2, W.
  test.each([
    ['fails where all are final and none responded', {}, { state: 'failed', responders: 0, treated: 3 }],
    [
      'passes as soon as it has more responders than the bound',
      { n1: 5, r1: 1 },
      { state: 'passed', responders: 2 },
    ],
    ['is open while subjects are missing', { n1: 7, r1: 2, n: 9 }, { state: 'open', treated: 6, planned: 7 }],
  ])('the first stage %s', (_name, change, expected) => {
    expect(build(change)?.stages.first).toMatchObject(expected);
  });

  test('a stage with a class that is not final is open', () => {
    const early = ['A', 'C', 'D'].map((subject) =>
      deriveCase(subject, { today: 40, counts: [[30, FAILURE]] }),
    );
    expect(build({}, early)?.stages.first).toMatchObject({ state: 'open', notFinal: 3 });
  });

  test('p and limits come with the end', () => {
    expect(build({})?.result).toMatchObject({ p: 1 });
    expect(build({ n1: 7, r1: 2, n: 9 })?.result).toBeNull();
  });
});
