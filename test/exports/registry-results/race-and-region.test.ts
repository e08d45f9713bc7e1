import { describe, expect, test } from '@jest/globals';
import { buildStudyResults } from '../../../src/exports/registry-results/build-results.ts';
import { findInconsistencies } from '../../../src/exports/registry-results/check-results.ts';
import { deriveParticipants } from '../../../src/exports/registry-results/participant.ts';
import type { ReportedMeasure, ResultCell } from '../../../src/exports/registry-results/results-model.ts';
import { buildSixSubjectStudy, SIX_SUBJECTS } from './six-subject-study.ts';

const { results } = await buildStudyResults(buildSixSubjectStudy());
const allParticipants = await deriveParticipants(buildSixSubjectStudy());
const listSubjects = ({ from }: ResultCell, among = allParticipants) =>
  among
    .filter((one) => from(one) !== null)
    .map(({ subject }) => subject)
    .join(' ');
const listEntries = (measure: Pick<ReportedMeasure, 'rows'> | undefined) =>
  measure?.rows[0]?.values[0]?.entries ?? [];

describe('race, ethnicity and region', () => {
  const measure = (title: string, study = results) =>
    study.baseline.measures.find((one) => one.title === title);
  const counted = (title: string) =>
    (measure(title)?.rows ?? []).flatMap((row) =>
      listEntries({ rows: [row] }).map(
        ({ category, value }) => `${row.title ?? category}: ${listSubjects(value)}`,
      ),
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
    const [first, ...others] = SIX_SUBJECTS;
    if (!first) throw new Error('no subject');
    const other = first.facts.map((fact) =>
      fact.kind === 'person' ? { ...fact, races: ['white' as const] } : fact,
    );
    const records = [{ ...first, facts: [...first.facts, ...other] }, ...others];
    const study = await buildStudyResults(buildSixSubjectStudy({}, records));
    const unknown = measure('Race (NIH/OMB)', study.results)?.rows[0]?.values[0]?.entries.at(-1);
    const participants = await deriveParticipants(buildSixSubjectStudy({}, records));
    expect(unknown && listSubjects(unknown.value, participants)).toContain('S1');
  });

  test('the region is the country of the site, in the words of the registry; a site that says none is unknown', () => {
    expect(counted('Region of Enrollment')).toEqual([
      'China: S1 S3 S4',
      'Hong Kong: S2',
      'Unknown or Not Reported: S5 S6',
    ]);
    expect(measure('Race and Ethnicity Not Collected')).toBeUndefined();
  });

  test('neither was sent: the upload states so, and nothing is invented', async () => {
    const records = SIX_SUBJECTS.map(({ country: _none, ...record }) => ({
      ...record,
      facts: record.facts.map((fact) => {
        if (fact.kind !== 'person') return fact;
        const { races: _races, ethnicity: _ethnicity, ...rest } = fact;
        return rest;
      }),
    }));
    const study = await buildStudyResults(buildSixSubjectStudy({}, records));
    const titles = study.results.baseline.measures.map(({ title }) => title);
    expect(titles).toEqual([
      'Age, Continuous',
      'Sex: Female, Male',
      'Race and Ethnicity Not Collected',
      'Disease severity',
    ]);
    expect(measure('Race and Ethnicity Not Collected', study.results)?.analyzed[0]?.cell.value).toBe('0');
    expect(findInconsistencies(study, buildSixSubjectStudy({}, records).report)).toEqual([]);
  });

  test('a country that the study has no name for is a gap', async () => {
    const records = SIX_SUBJECTS.map((record) => ({ ...record, country: 'USA' }));
    await expect(buildStudyResults(buildSixSubjectStudy({}, records))).rejects.toMatchObject({
      code: 'exports/incomplete',
      message: expect.stringContaining('registry.json#/results/regions/USA'),
    });
  });
});
