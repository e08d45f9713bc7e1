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

const countByClass = (classes: readonly string[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(classes, (name) => name)).map(([name, group]) => [name, group?.length]),
  );

const isNumber = (day: number | undefined): day is number => day !== undefined;

function computeFigures({ truth }: Cohort) {
  const charts = truth.map(toOracleChart);
  const days = charts.map(findOracleLineageDays);
  const summarise = (lineage: 'neutrophil' | 'erythroid' | 'platelet') => {
    const onsets = days.map((lineageDays) => lineageDays[lineage]).filter(isNumber);
    return { median: computeOracleMedian(onsets), min: Math.min(...onsets), max: Math.max(...onsets) };
  };
  return {
    subjects: truth.length,
    classes: countByClass(charts.map(findOracleBestResponse)),
    neutrophil: summarise('neutrophil'),
    erythroid: summarise('erythroid'),
    platelet: summarise('platelet'),
    followUp: Math.round((computeOracleMedian(truth.map(({ plan }) => plan.lastDay)) / 30.4375) * 10) / 10,
    alive: truth.filter(({ plan }) => !plan.hasDied).length,
    headacheAndFever: truth.filter(({ adverseEventDay }) => adverseEventDay !== null).length,
  };
}

describe('the generated truth', () => {
  test.each([SEED, 1, 2, 3, 77, 4711])('has the figures of the abstract for any seed (%i)', (seed) => {
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
  });

  test.each([SEED, 1, 2, 3])('every subject has the planned outcome and severity (%i)', (seed) => {
    for (const course of generateCohort(seed).truth) {
      const { subject, outcome, severity, hasSecondCourse, onset } = course.plan;
      const chart = toOracleChart(course);
      const found = { subject, best: findOracleBestResponse(chart), severity: classifyOracleSeverity(chart) };
      expect(found).toEqual({ subject, best: outcome, severity });
      const month = classifyOracleMonth(chart);
      expect({ subject, isResponder: month === 'CR' || month === 'PR' }).toEqual({
        subject,
        isResponder: hasSecondCourse,
      });
      expect({ subject, ...findOracleLineageDays(chart) }).toEqual({
        subject,
        erythroid: onset.erythroid ?? undefined,
        neutrophil: onset.neutrophil ?? undefined,
        platelet: onset.platelet ?? undefined,
      });
    }
  });

  test('non-responders stay well below every threshold', () => {
    for (const course of cohort.truth.filter(({ plan }) => plan.outcome === 'NR')) {
      const chart = toOracleChart(course);
      const base = findOracleBaseline(chart);
      const withoutFilgrastim = course.counts.filter(
        (count) => count.day > 0 && course.treatment.filgrastim.every((day) => count.day - day > 7),
      );
      // The transfusions are every 21 days from day -24 on, and confound the counts of the first 16 days.
      for (const count of withoutFilgrastim.filter(({ day }) => (day + 24) % 21 >= 16)) {
        expect(count.hemoglobin - base.hemoglobin).toBeLessThan(10);
        expect(count.platelets - base.platelets).toBeLessThan(10);
        expect(count.anc / base.anc).toBeLessThan(1.5);
      }
    }
  });

  test('predictors are associated with response as in the abstract', () => {
    const computeShare = (has: (course: SimulatedCourse) => boolean, isResponder: boolean) => {
      const group = cohort.truth.filter(({ plan }) => (plan.outcome !== 'NR') === isResponder);
      return group.filter(has).length / group.length;
    };
    const hasAtg = ({ atgDay }: SimulatedCourse) => atgDay !== null;
    const hasInfection = ({ infection }: SimulatedCourse) => infection !== null;
    expect(computeShare(hasAtg, true)).toBeGreaterThan(computeShare(hasAtg, false) + 0.2);
    expect(computeShare(hasInfection, true)).toBeLessThan(computeShare(hasInfection, false) - 0.2);
  });

  test('the corrected count removes the response of its subject, and no lineage response', () => {
    const course = cohort.truth.find(({ plan }) => plan.subject === cohort.correction.subject);
    if (!course) throw new Error('The correction has no subject.');
    const corrected = course.counts.map((count) =>
      count.day === CORRECTED_DAY ? { ...count, platelets: CORRECTED_PLATELETS } : count,
    );
    expect(findOracleBestResponse(toOracleChart(course))).toBe('PR');
    expect(findOracleBestResponse({ ...toOracleChart(course), counts: corrected })).toBe('NR');
    expect(findOracleLineageDays({ ...toOracleChart(course), counts: corrected })).toEqual(
      findOracleLineageDays(toOracleChart(course)),
    );
  });

  test('no event of a subject is after the last contact', () => {
    for (const { plan, counts, treatment, infection } of cohort.truth) {
      const days = [
        ...counts.map(({ day }) => day),
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
  test('are the same for the same seed, and differ for another', () => {
    const bytes = (seed: number) => stringify(generateCohort(seed).sites[5]);
    expect(bytes(SEED)).toBe(stringify(cohort.sites[5]));
    expect(bytes(SEED + 1)).not.toBe(stringify(cohort.sites[5]));
  });
});
