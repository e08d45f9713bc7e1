import { describe, expect, test } from '@jest/globals';
import { assessSubject } from '../../src/trial/assess-subject.ts';
import { addDays } from '../../src/trial/calendar-days.ts';
import { reportOnSubjects } from '../../src/trial/endpoints/study-report.ts';
import type { AssessedSubject } from '../../src/trial/endpoints/subject-figures.ts';
import { explainSubject } from '../../src/trial/explain-subject.ts';
import type { Fact, Moment } from '../../src/trial/facts.ts';
import { withOverallCriteriaSet } from '../../src/trial/protocol.ts';
import {
  buildVignetteFacts,
  buildVignetteSubject,
  DAY_ZERO,
  readBundledCriteria,
  readBundledProtocol,
  summariseAssessments,
  type Vignette,
} from './vignette.ts';

const criteria = readBundledCriteria();
const protocol = readBundledProtocol();
const today = addDays(DAY_ZERO, 500);

const PARTIAL_RESPONSE_COUNTS = { anc: '0.8', hb: '95', plt: '40', ret: '70' };
const NO_RESPONSE_COUNTS = { anc: '0.3', hb: '72', plt: '11', ret: '20' };

function toDayMoment(day: number): Moment {
  const text = addDays(DAY_ZERO, day);
  return { text, earliestDay: text, latestDay: text, instant: null };
}

function buildFact(kind: string, day: number, more: object): Fact {
  const source = { site: 'site-1', resourceType: 'X', id: `${kind}${day}`, version: null, element: 'X' };
  return {
    kind,
    key: `${kind}${day}`,
    subject: 'T-1',
    at: toDayMoment(day),
    sources: [source],
    ...more,
  } as unknown as Fact;
}

function assessPerson(
  subject: string,
  site: string,
  v: Partial<Vignette>,
  more: readonly Fact[] = [],
): AssessedSubject {
  const whole: Vignette = { name: subject, follows: '-', today: 500, expect: {}, ...v };
  const facts = [...buildVignetteFacts(whole), ...more].map((fact) => ({ ...fact, subject }));
  const enrolled = { ...buildVignetteSubject(whole), subject, site };
  return {
    subject: enrolled,
    facts,
    judgement: assessSubject({ subject: enrolled, facts, protocol, criteria, today }),
  };
}

const buildEvent = (term: string, serious: boolean | null): Fact =>
  buildFact('adverse-event', 3, { term, serious, code: null, system: null });
const buildAtg = (day: number): Fact =>
  buildFact('medication', day, { agent: 'atg', role: 'immunosuppressant' });
const buildInfection = (day: number, active: boolean, abated: number | null): Fact =>
  buildFact('condition', day, {
    condition: 'infection',
    active,
    abated: abated === null ? null : toDayMoment(abated),
  });

const subjects: readonly AssessedSubject[] = [
  assessPerson(
    'T-1',
    'a',
    {
      counts: [
        [30, PARTIAL_RESPONSE_COUNTS],
        [61, PARTIAL_RESPONSE_COUNTS],
      ],
    },
    [buildAtg(-200), buildEvent('Fever', null), buildInfection(-30, false, 0)],
  ),
  assessPerson(
    'T-2',
    'a',
    {
      counts: [
        [20, PARTIAL_RESPONSE_COUNTS],
        [35, PARTIAL_RESPONSE_COUNTS],
        [91, PARTIAL_RESPONSE_COUNTS],
      ],
    },
    [buildEvent('fever ', true), buildEvent('Headache', false)],
  ),
  assessPerson(
    'T-3',
    'b',
    {
      counts: [
        [30, NO_RESPONSE_COUNTS],
        [300, NO_RESPONSE_COUNTS],
      ],
    },
    [buildAtg(40), buildInfection(-30, false, 5)],
  ),
  assessPerson('T-4', 'b', { counts: [[30, NO_RESPONSE_COUNTS]], death: 400 }, [
    buildInfection(-30, false, -5),
    buildAtg(-9),
  ]),
  assessPerson('T-5', 'c', { infusions: [], counts: [[30, NO_RESPONSE_COUNTS]] }, [
    buildInfection(500, true, null),
  ]),
];

describe('the report', () => {
  const report = reportOnSubjects({ protocol, subjects, today });

  test('counts best confirmed responses among all enrolled', () => {
    expect(report).toMatchObject({ study: 'msc-aa', subjects: 5, sites: 3, infused: 4 });
    expect(report.response.overall).toMatchObject({
      count: 2,
      of: 5,
      percent: 40,
      method: 'clopper-pearson',
    });
    expect(report.response.overall.ci95).toEqual([5.3, 85.3]);
    expect(report.response.complete).toMatchObject({ count: 0, percent: 0 });
    expect(report.response.none.count).toBe(2);
    expect(report.response.notEvaluable.count).toBe(1);
    expect(report.bestResponses.map((row) => row.class)).toEqual(['PR', 'PR', 'NR', 'NR', 'NE']);
  });

  test('takes times from the first counts that meet the lineage criterion', () => {
    const { platelet } = report.timeToResponseDays;
    expect(platelet).toMatchObject({ median: 25, min: 20, max: 30, subjects: 2 });
  });

  test('follows to the last contact or death', () => {
    // 61, 91, 300 and 400 days: the median of four is 195.5 days.
    expect(report.followUpMonths).toMatchObject({ median: 6, exactMonths: 6.422997947 });
    expect(report.alive).toMatchObject({ count: 4, of: 5, percent: 80 });
    expect(report.survival).toMatchObject({
      months: 12,
      survival: 100,
      ci95: null,
      atRisk: 1,
      median: 13.142,
    });
    // Observation ended at 61, 91 and 300 days; the death at 400 censors none of them: half of the ends are at 91.
    expect(report.followUpMonths?.reverseKaplanMeier.median).toBeCloseTo((91 + 300) / 2 / 30.4375, 3);
    expect(report.alive.ci95).toEqual([28.4, 99.5]);
    expect(report.alive.method).toContain('of all enrolled');
  });

  test('counts subjects with an event, not events, and serious ones apart', () => {
    expect(report.adverseEvents).toEqual([
      { term: 'Fever', subjects: 2, serious: 1, events: 2, atBaseline: 0 },
      { term: 'Headache', subjects: 1, serious: 0, events: 1, atBaseline: 0 },
    ]);
  });
});

describe('the predictors and transplants of the report', () => {
  const report = reportOnSubjects({ protocol, subjects, today });

  test('splits responders by what preceded and accompanied treatment', () => {
    const [previous, infected] = report.predictors;
    expect(previous).toMatchObject({ with: { responders: 1, of: 2 }, without: { responders: 1, of: 2 } });
    expect(infected).toMatchObject({ with: { responders: 1, of: 2 }, without: { responders: 1, of: 2 } });
  });

  test('has odds ratios with exact limits, and both predictors in one model', () => {
    const [previous, infected] = report.predictors;
    expect(previous).toMatchObject({
      p: 1,
      oddsRatio: 1,
      oddsRatioMethod: expect.stringContaining('conditional'),
    });
    expect(previous?.ci95[0]).toBeLessThan(1);
    // At the only death no other subject was at risk: survival cannot be compared.
    expect(previous?.survival).toBeNull();
    // An event during treatment selects subjects who lived long enough for it: survival is not compared by it.
    expect(infected?.survival).toBeNull();
    expect(report.predictorModel).toMatchObject({
      estimable: true,
      method: expect.stringContaining('profile'),
    });
    expect(report.predictorModel.coefficients.map(({ name }) => name)).toEqual([
      '(intercept)',
      'previous-atg',
      'infection-during-treatment',
    ]);
  });

  test('keeps a subject with a transplant in the denominator, as a non-responder', () => {
    const transplant = buildFact('transplant', 20, {});
    const transplanted = assessPerson(
      'T-6',
      'a',
      {
        counts: [
          [30, PARTIAL_RESPONSE_COUNTS],
          [61, PARTIAL_RESPONSE_COUNTS],
        ],
      },
      [transplant],
    );
    const with6 = reportOnSubjects({ protocol, subjects: [...subjects, transplanted], today });
    expect(with6.response.overall).toMatchObject({ count: 2, of: 6 });
    expect(with6.response.none.count).toBe(3);
    expect(explainSubject(transplanted.judgement, transplanted.facts)).toContain(
      'Censored on 2024-02-04: transplant of 2024-02-04',
    );
  });

  test('uses nothing later than its day', () => {
    const early = reportOnSubjects({ protocol, subjects, today: addDays(DAY_ZERO, 200) });
    expect(early.alive.count).toBe(5);
    expect(early.predictors[0]?.with.of).toBe(2);
  });

  test('without subjects has no figures and no error', () => {
    const empty = reportOnSubjects({ protocol, subjects: [], today });
    expect(empty.followUpMonths).toBeNull();
    expect(empty.response.overall).toMatchObject({ count: 0, of: 0, percent: 0, ci95: [0, 100] });
  });
});

describe('an undefined criteria set', () => {
  test('yields NE at every visit, with its reason, and no proposal', () => {
    const [first] = subjects;
    if (first === undefined) throw new Error('there is a first subject');
    const input = { ...first, criteria, today, protocol: withOverallCriteriaSet(protocol, 'pang-2017') };
    const assessment = assessSubject(input);
    const overall = assessment.assessments.filter(
      (a) => a.scope === 'overall' && a.kind === 'response-at-visit',
    );
    expect(overall.length).toBe(7);
    for (const overallAssessment of overall) {
      expect(overallAssessment.value).toEqual({ kind: 'class', class: 'NE' });
      expect(overallAssessment.reasonCode).toBe('criteria-set-undefined');
    }
    expect(summariseAssessments(assessment).best).toBe('NE final');
    expect(assessment.proposals).toEqual([]);
  });
});

describe('the explanation', () => {
  const [first] = subjects;
  const whole = first ? explainSubject(first.judgement, first.facts) : '';

  test('names criteria, verdicts, inputs with resource and version', () => {
    expect(whole).toContain('Severity before it: SAA');
    expect(whole).toContain('not met: neutrophils < 0.5 10*9/L');
    expect(whole).toMatch(
      /platelets 40 10\*9\/L on 2024-02-14 {2}\[Observation\/observation-\d+ \(version 1, Observation, site-1\)\]/,
    );
    expect(whole).toContain('Confirmed by the count of 2024-03-16');
    expect(whole).toContain('Proposal after M1');
  });

  test('begins with subject, study, sets and versions', () => {
    const sources = [{ cite: 'A guideline', trust: 'own-knowledge' }] as const;
    const sets = [{ id: 'bsh-saa', version: '2.0.0', sources }];
    const by = { subject: 'T-1', study: 'msc-aa', protocol: '2.0.0', sets };
    const lines = first ? explainSubject(first.judgement, first.facts, undefined, by).split('\n') : [];
    expect(lines[0]).toBe('Subject T-1, study msc-aa (protocol 2.0.0).');
    expect(lines.slice(1, 8)).toEqual([
      '  overall:    W2 NE, M1 PR, M2 PR, M3 NE, M6 NE, M9 NE, M12 NE, best PR',
      '  erythroid:  W2 NE, M1 PR, M2 PR, M3 NE, M6 NE, M9 NE, M12 NE, first after 30 days',
      '  neutrophil: W2 NE, M1 PR, M2 PR, M3 NE, M6 NE, M9 NE, M12 NE, first after 30 days',
      '  platelet:   W2 NE, M1 PR, M2 PR, M3 NE, M6 NE, M9 NE, M12 NE, first after 30 days',
      'Assessed by bsh-saa 2.0.0, nih-epag-refractory 2.0.0.',
      '  bsh-saa 2.0.0, not signed off, from:',
      '    A guideline (not yet verified against print: sign-off needed)',
    ]);
  });

  test('can be limited to one visit', () => {
    const explanation = first ? explainSubject(first.judgement, first.facts, 'M1') : '';
    expect(explanation).toContain('M1 overall (response-at-visit): PR, final');
    expect(explanation).not.toContain('M2 overall');
    expect(first && explainSubject(first.judgement, first.facts, 'M99')).toContain('No assessment for M99.');
  });

  test('states that nothing can be assessed before the first infusion', () => {
    const last = subjects.at(-1);
    expect(last && explainSubject(last.judgement, last.facts)).toContain('No infusion has been given yet');
  });
});

describe('the assessment', () => {
  test('names what it used: counts as evidence, transfusions and drugs as supporting', () => {
    const { judgement } = assessPerson('T-9', 'a', {
      counts: [[91, { anc: '2.0', hb: '95', plt: '15', ret: '70' }]],
      transfusions: [[80, 'red-cells', '1']],
      drugs: [[88, 'filgrastim']],
    });
    const overall = judgement.assessments.find((a) => a.visit === 'M3' && a.scope === 'overall');
    const types = (sources: readonly { resourceType: string }[] = []) => [
      ...new Set(sources.map((s) => s.resourceType)),
    ];
    expect(types(overall?.evidence)).toEqual(['Observation']);
    expect(types(overall?.supporting).sort()).toEqual(['MedicationAdministration', 'Patient', 'Procedure']);
  });

  test('is the same twice, to the byte', () => {
    const [first] = subjects;
    const again = first && assessSubject({ ...first, protocol, criteria, today });
    expect(JSON.stringify(again)).toBe(JSON.stringify(first?.judgement));
  });
});
