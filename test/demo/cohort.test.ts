import { describe, expect, test } from '@jest/globals';
import { stringify } from 'lossless-json';
import { type Cohort, generateCohort } from '../../demo/cohort/generate-cohort.ts';
import {
  CORRECTED_DAY,
  CORRECTED_PLATELETS,
  type SimulatedCourse,
} from '../../demo/cohort/simulate-course.ts';
import {
  classifyOracleMonth,
  classifyOracleSeverity,
  computeOracleMedian,
  findOracleBaseline,
  findOracleBestResponse,
  findOracleLineageDays,
  toOracleChart,
} from './criteria-oracle.ts';

const SEED = 2017;
const cohort = generateCohort(SEED);

const countByWord = (list: readonly string[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(list, (one) => one)).map(([one, all]) => [one, all?.length]),
  );

const isNumber = (day: number | undefined): day is number => day !== undefined;

function computeFigures({ truth }: Cohort) {
  const charts = truth.map(toOracleChart);
  const days = charts.map(findOracleLineageDays);
  const of = (lineage: 'neutrophil' | 'erythroid' | 'platelet') => {
    const met = days.map((one) => one[lineage]).filter(isNumber);
    return { median: computeOracleMedian(met), min: Math.min(...met), max: Math.max(...met) };
  };
  return {
    subjects: truth.length,
    classes: countByWord(charts.map(findOracleBestResponse)),
    neutrophil: of('neutrophil'),
    erythroid: of('erythroid'),
    platelet: of('platelet'),
    followUp: Math.round((computeOracleMedian(truth.map((one) => one.plan.lastDay)) / 30.4375) * 10) / 10,
    alive: truth.filter((one) => !one.plan.hasDied).length,
    headacheAndFever: truth.filter((one) => one.adverseEventDay !== null).length,
  };
}

describe('the generated truth', () => {
  test.each([SEED, 1, 2, 3, 77, 4711])(
    'gives the figures of the abstract, whatever the seed (%i)',
    (seed) => {
      expect(computeFigures(generateCohort(seed))).toEqual({
        subjects: 74,
        classes: { CR: 5, PR: 16, NR: 53 },
        neutrophil: { median: 19, min: 11, max: 29 },
        erythroid: { median: 17, min: 12, max: 25 },
        platelet: { median: 31, min: 26, max: 84 },
        followUp: 17,
        alive: 65,
        headacheAndFever: 7,
      });
    },
  );

  test.each([SEED, 1, 2, 3])('every subject ends as planned, with the severity planned (%i)', (seed) => {
    for (const course of generateCohort(seed).truth) {
      const { subject, outcome, severity: planned, hasSecondCourse: secondCourse, onset } = course.plan;
      const c = toOracleChart(course);
      const found = { subject, best: findOracleBestResponse(c), severity: classifyOracleSeverity(c) };
      expect(found).toEqual({ subject, best: outcome, severity: planned });
      const month = classifyOracleMonth(c);
      expect({ subject, answered: month === 'CR' || month === 'PR' }).toEqual({
        subject,
        answered: secondCourse,
      });
      expect({ subject, ...findOracleLineageDays(c) }).toEqual({
        subject,
        erythroid: onset.erythroid ?? undefined,
        neutrophil: onset.neutrophil ?? undefined,
        platelet: onset.platelet ?? undefined,
      });
    }
  });

  test('those who do not answer stay well below every line', () => {
    for (const course of cohort.truth.filter((one) => one.plan.outcome === 'NR')) {
      const c = toOracleChart(course);
      const base = findOracleBaseline(c);
      const quiet = course.counts.filter(
        (n) => n.day > 0 && course.treatment.filgrastim.every((d) => n.day - d > 7),
      );
      for (const n of quiet.filter((one) => (one.day + 24) % 21 >= 16)) {
        expect(n.hemoglobin - base.hemoglobin).toBeLessThan(10);
        expect(n.platelets - base.platelets).toBeLessThan(10);
        expect(n.anc / base.anc).toBeLessThan(1.5);
      }
    }
  });

  test('predictors lean the way that the abstract says', () => {
    const share = (of: (one: SimulatedCourse) => boolean, answers: boolean) => {
      const group = cohort.truth.filter((one) => (one.plan.outcome !== 'NR') === answers);
      return group.filter(of).length / group.length;
    };
    const atg = (one: SimulatedCourse) => one.atgDay !== null;
    const infection = (one: SimulatedCourse) => one.infection !== null;
    expect(share(atg, true)).toBeGreaterThan(share(atg, false) + 0.2);
    expect(share(infection, true)).toBeLessThan(share(infection, false) - 0.2);
  });

  test('the corrected count takes the response of its subject away, and no lineage response', () => {
    const course = cohort.truth.find((one) => one.plan.subject === cohort.correction.subject);
    if (!course) throw new Error('the correction names no subject');
    const corrected = course.counts.map((n) =>
      n.day === CORRECTED_DAY ? { ...n, platelets: CORRECTED_PLATELETS } : n,
    );
    expect(findOracleBestResponse(toOracleChart(course))).toBe('PR');
    expect(findOracleBestResponse({ ...toOracleChart(course), counts: corrected })).toBe('NR');
    expect(findOracleLineageDays({ ...toOracleChart(course), counts: corrected })).toEqual(
      findOracleLineageDays(toOracleChart(course)),
    );
  });

  test('nothing is told of a subject after the last contact', () => {
    for (const { plan, counts, treatment, infection } of cohort.truth) {
      const days = [
        ...counts.map((n) => n.day),
        ...treatment.redCells,
        ...treatment.platelets,
        infection?.to ?? 0,
      ];
      expect(Math.max(...days)).toBeLessThanOrEqual(plan.lastDay);
      if (!plan.hasDied) expect(counts.at(-1)?.day).toBe(plan.lastDay);
    }
  });
});

describe('the generated bytes', () => {
  test('are the same for the same seed, and others for another', () => {
    const bytes = (seed: number) => stringify(generateCohort(seed).sites[5]);
    expect(bytes(SEED)).toBe(stringify(cohort.sites[5]));
    expect(bytes(SEED + 1)).not.toBe(stringify(cohort.sites[5]));
  });
});
