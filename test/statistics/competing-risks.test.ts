import { describe, expect, test } from '@jest/globals';
import {
  type CompetingObservation,
  estimateCumulativeIncidence,
  findIncidenceAt,
} from '../../src/statistics/competing-risks/cumulative-incidence.ts';
import { runGrayTest } from '../../src/statistics/competing-risks/gray-test.ts';
import { estimateKaplanMeier } from '../../src/statistics/kaplan-meier.ts';

/** Months of invented subjects; r: response, d: death, +: censored. The same in reference/competing-risks.R. */
const TEXTS = [
  '1d 2r 2r 3+ 4d 4r 4+ 6r 7d 7d 9+ 9r 12d 15+ 18+',
  '1r 2d 3d 3d 4+ 5r 5r 6d 8+ 8d 10d 11r 12+ 14d 18+ 18+',
  '2d 2d 2r 5+ 6r 6d 9d 9d 11+ 13r 16+ 17d',
] as const;

const EVENTS: Readonly<Record<string, string | null>> = { r: 'response', d: 'death', '+': null };

const parseSubjects = (text: string): readonly CompetingObservation[] =>
  text.split(' ').map((word) => ({
    time: Number.parseFloat(word),
    event: EVENTS[word.at(-1) ?? ''] ?? null,
  }));

const GROUPS = TEXTS.map(parseSubjects);
const [FIRST = [], SECOND = []] = GROUPS;
const ALL = GROUPS.flat();
const toAnyEvent = (observations: readonly CompetingObservation[]) =>
  observations.map(({ time, event }) => ({ time, died: event !== null }));

describe('cumulative incidence', () => {
  /** R 4.2.2, cmprsk 2.2-11 cuminc; limits by their formula from its estimate and error. */
  test.each([
    [2, 0.1333333333333333, 0.09108145339735205, 0.01992176439665394, 0.35460701337914785],
    [4, 0.2060606060606061, 0.11084670273747763, 0.0460011261636579, 0.444709828875655],
    [6, 0.2878787878787878, 0.12880391217562648, 0.0806029417041192, 0.5402423781667534],
    [9, 0.3696969696969696, 0.14189680136845348, 0.1201229929892241, 0.6267372806203165],
  ])('of response at month %i as R has it', (time, incidence, error, low, high) => {
    const step = findIncidenceAt(estimateCumulativeIncidence(FIRST, 'response', 0.95), time);
    expect(step?.incidence).toBeCloseTo(incidence, 12);
    expect(step?.standardError).toBeCloseTo(error, 12);
    expect(step?.limits?.[0]).toBeCloseTo(low, 12);
    expect(step?.limits?.[1]).toBeCloseTo(high, 12);
  });

  test.each([
    [2, 0.06666666666666667, 0.06666666666666667],
    [4, 0.1393939393939394, 0.09558167673808993],
    [6, 0.1393939393939394, 0.09558167673808993],
    [9, 0.303030303030303, 0.13492194673375127],
  ])('of death at month %i as R has it', (time, incidence, error) => {
    const step = findIncidenceAt(estimateCumulativeIncidence(FIRST, 'death', 0.95), time);
    expect(step?.incidence).toBeCloseTo(incidence, 12);
    expect(step?.standardError).toBeCloseTo(error, 12);
  });

  test('where the last subject has the event, tied with another, as R has it', () => {
    const steps = estimateCumulativeIncidence(parseSubjects('1r 2d 2r 5r 5r'), 'response', 0.95);
    expect(steps.map(({ time }) => time)).toEqual([1, 2, 5]);
    [0.2, 0.4, 0.8].forEach((incidence, i) => {
      expect(steps[i]?.incidence).toBeCloseTo(incidence, 12);
    });
    [0.04, 0.0625, 0.0425].forEach((variance, i) => {
      expect((steps[i]?.standardError ?? 0) ** 2).toBeCloseTo(variance, 12);
    });
  });

  test('of all causes and survival free of any event add up to 1 at every time', () => {
    const response = estimateCumulativeIncidence(ALL, 'response', 0.95);
    const death = estimateCumulativeIncidence(ALL, 'death', 0.95);
    const eventFree = estimateKaplanMeier(toAnyEvent(ALL), 0.95).filter(({ deaths }) => deaths > 0);
    expect(response.map(({ time }) => time)).toEqual(eventFree.map(({ time }) => time));
    const sums = eventFree.map(
      ({ survival }, i) => survival + (response[i]?.incidence ?? 0) + (death[i]?.incidence ?? 0),
    );
    expect(sums.length).toBeGreaterThan(10);
    for (const sum of sums) expect(sum).toBeCloseTo(1, 12);
  });

  test('without a competing cause it is 1 less Kaplan-Meier', () => {
    const alone = FIRST.map(({ time, event }) => ({ time, event: event && 'any' }));
    const survival = estimateKaplanMeier(toAnyEvent(FIRST), 0.95).filter(({ deaths }) => deaths > 0);
    estimateCumulativeIncidence(alone, 'any', 0.95).forEach(({ incidence }, i) => {
      expect(incidence).toBeCloseTo(1 - (survival[i]?.survival ?? 0), 12);
    });
  });

  test('an event precedes a censoring of the same time, whatever the order of the subjects', () => {
    const [step] = estimateCumulativeIncidence(parseSubjects('4+ 4r'), 'response', 0.95);
    expect(step).toMatchObject({ atRisk: 2, events: 1, incidence: 0.5 });
  });

  test('of nobody, of censored subjects and of one subject', () => {
    expect(estimateCumulativeIncidence([], 'response', 0.95)).toEqual([]);
    expect(estimateCumulativeIncidence(parseSubjects('3+ 4+'), 'response', 0.95)).toEqual([]);
    expect(estimateCumulativeIncidence(parseSubjects('3r'), 'response', 0.95)).toEqual([
      { time: 3, incidence: 1, standardError: 1, limits: null, atRisk: 1, events: 1 },
    ]);
    expect(estimateCumulativeIncidence(parseSubjects('3d'), 'response', 0.95)).toEqual([
      { time: 3, incidence: 0, standardError: 0, limits: null, atRisk: 1, events: 0 },
    ]);
  });

  test('before the first event there is no step', () => {
    const steps = estimateCumulativeIncidence(FIRST, 'response', 0.95);
    expect(findIncidenceAt(steps, 0.9)).toBeNull();
    expect(findIncidenceAt(steps, 5)).toEqual(findIncidenceAt(steps, 4));
  });
});

describe('Gray’s test', () => {
  /** R 4.2.2, cmprsk 2.2-11, Tests of cuminc. */
  test.each([
    ['response', 3, 0.6046357531078838, 2, 0.7391030840027026],
    ['death', 3, 0.4260585304394577, 2, 0.8081324866956281],
    ['response', 2, 0.4251191062197842, 1, 0.5143936992665927],
    ['death', 2, 0.1585312866382886, 1, 0.6905123405789769],
  ] as const)('of %s in %i groups as R has it', (cause, count, chiSquare, df, p) => {
    const found = runGrayTest(GROUPS.slice(0, count), cause);
    expect(found?.chiSquare).toBeCloseTo(chiSquare, 12);
    expect(found?.df).toBe(df);
    expect(found?.p).toBeCloseTo(p, 12);
  });

  test('of two groups alike is 0', () => {
    expect(runGrayTest([FIRST, FIRST], 'response')?.chiSquare).toBeCloseTo(0, 12);
    expect(runGrayTest([FIRST, FIRST], 'response')?.p).toBeCloseTo(1, 6);
  });

  test('does not depend on the order of groups or subjects', () => {
    const turned = [...GROUPS].reverse().map((group) => [...group].reverse());
    expect(runGrayTest(turned, 'response')?.chiSquare).toBeCloseTo(0.6046357531078838, 12);
  });

  test('leaves out groups that were never at risk at a response', () => {
    const gone = parseSubjects('0.5+ 0.7+');
    expect(runGrayTest([FIRST, gone, SECOND, []], 'response')).toEqual(
      runGrayTest([FIRST, SECOND], 'response'),
    );
  });

  test.each([
    ['no group', []],
    ['one group', ['1r 2d']],
    ['an empty second group', ['1r 2d', '']],
    ['all censored', ['1+ 2+', '3+']],
    ['no response, only deaths', ['1d 2+', '3d']],
    ['the groups do not overlap', ['1+ 2d', '3r 4r']],
  ])('cannot be determined: %s', (_name, texts) => {
    const groups = texts.map((text) => (text === '' ? [] : parseSubjects(text)));
    expect(runGrayTest(groups, 'response')).toBeNull();
  });
});
