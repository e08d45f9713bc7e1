import { describe, expect, test } from '@jest/globals';
import { studyResultsOf } from '../../../src/exports/ctgov/build.ts';
import { inconsistenciesOf } from '../../../src/exports/ctgov/check.ts';
import type { Cell, Measure } from '../../../src/exports/ctgov/model.ts';
import { participantsOf } from '../../../src/exports/ctgov/participant.ts';
import { RECORDS, studyInput } from './small-study.ts';

const { results } = await studyResultsOf(studyInput());
const all = await participantsOf(studyInput());
const who = ({ from }: Cell, among = all) =>
  among
    .filter((one) => from(one) !== null)
    .map(({ subject }) => subject)
    .join(' ');
const entries = (measure: Pick<Measure, 'rows'> | undefined) => measure?.rows[0]?.values[0]?.entries ?? [];

describe('race, ethnicity and region', () => {
  const measure = (title: string, study = results) =>
    study.baseline.measures.find((one) => one.title === title);
  const counted = (title: string) =>
    (measure(title)?.rows ?? []).flatMap((row) =>
      entries({ rows: [row] }).map(({ category, value }) => `${row.title ?? category}: ${who(value)}`),
    );

  test('one race, several, none of the categories, and not sent', () => {
    expect(counted('Race (NIH/OMB)')).toEqual([
      'American Indian or Alaska Native: ',
      'Asian: S1',
      'Native Hawaiian or Other Pacific Islander: ',
      'Black or African American: ',
      'White: ',
      'More than one race: S2',
      'Unknown or Not Reported: S3 S4 S5 S6',
    ]);
    expect(counted('Ethnicity (NIH/OMB)')).toEqual([
      'Hispanic or Latino: ',
      'Not Hispanic or Latino: S1',
      'Unknown or Not Reported: S2 S3 S4 S5 S6',
    ]);
  });

  test('statements that differ leave race unknown', async () => {
    const [first, ...others] = RECORDS;
    if (!first) throw new Error('no subject');
    const other = first.facts.map((fact) =>
      fact.kind === 'person' ? { ...fact, races: ['white' as const] } : fact,
    );
    const records = [{ ...first, facts: [...first.facts, ...other] }, ...others];
    const study = await studyResultsOf(studyInput({}, records));
    const unknown = measure('Race (NIH/OMB)', study.results)?.rows[0]?.values[0]?.entries.at(-1);
    const participants = await participantsOf(studyInput({}, records));
    expect(unknown && who(unknown.value, participants)).toContain('S1');
  });

  test('the region is the country of the site, in the words of the registry; a site that says none is unknown', () => {
    expect(counted('Region of Enrollment')).toEqual([
      'China: S1 S3 S4',
      'Hong Kong: S2',
      'Unknown or Not Reported: S5 S6',
    ]);
    expect(measure('Race and Ethnicity Not Collected')).toBeUndefined();
  });

  test('nobody sent either: the registry is told so, and nothing is invented', async () => {
    const records = RECORDS.map(({ country: _none, ...record }) => ({
      ...record,
      facts: record.facts.map((fact) => {
        if (fact.kind !== 'person') return fact;
        const { races: _races, ethnicity: _ethnicity, ...rest } = fact;
        return rest;
      }),
    }));
    const study = await studyResultsOf(studyInput({}, records));
    const titles = study.results.baseline.measures.map(({ title }) => title);
    expect(titles).toEqual([
      'Age, Continuous',
      'Sex: Female, Male',
      'Race and Ethnicity Not Collected',
      'Disease severity',
    ]);
    expect(measure('Race and Ethnicity Not Collected', study.results)?.analyzed[0]?.cell.value).toBe('0');
    expect(inconsistenciesOf(study, studyInput({}, records).report)).toEqual([]);
  });

  test('a country that the study has no name for is a gap', async () => {
    const records = RECORDS.map((record) => ({ ...record, country: 'USA' }));
    await expect(studyResultsOf(studyInput({}, records))).rejects.toMatchObject({
      code: 'exports/incomplete',
      message: expect.stringContaining('registry.json#/results/regions/USA'),
    });
  });
});
