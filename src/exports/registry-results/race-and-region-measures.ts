import type { Ethnicity, Race } from '../../trial/facts.ts';
import { BASELINE_GROUP_ID, buildCountMeasure } from './count-measure.ts';
import type { Participant } from './participant.ts';
import type { RequiredFields } from './required-fields.ts';
import { buildCountCell, selectEnrolled } from './result-cells.ts';
import type { BaselineMeasure, EvidenceSelector } from './results-model.ts';

const NOT_REPORTED_ROW = 'Unknown or Not Reported';

/** The rows of Race (NIH/OMB), in the registry's order and words. */
const RACE_ROWS: readonly (readonly [name: string, race: Race | 'several' | 'unknown'])[] = [
  ['American Indian or Alaska Native', 'american-indian-or-alaska-native'],
  ['Asian', 'asian'],
  ['Native Hawaiian or Other Pacific Islander', 'native-hawaiian-or-other-pacific-islander'],
  ['Black or African American', 'black-or-african-american'],
  ['White', 'white'],
  ['More than one race', 'several'],
  [NOT_REPORTED_ROW, 'unknown'],
];

/** The rows of Ethnicity (NIH/OMB). */
const ETHNICITY_ROWS: readonly (readonly [name: string, ethnicity: Ethnicity | 'unknown'])[] = [
  ['Hispanic or Latino', 'hispanic-or-latino'],
  ['Not Hispanic or Latino', 'not-hispanic-or-latino'],
  [NOT_REPORTED_ROW, 'unknown'],
];

const CATEGORIES_AS_SENT = 'By the categories that hospitals send; what names no category is not reported';

function classifyRace({ races }: Participant): (typeof RACE_ROWS)[number][1] {
  if (races === null || races === 'unknown') return 'unknown';
  const [first, ...more] = races;
  return more.length > 0 ? 'several' : (first ?? 'unknown');
}

/** Participants by the row in which they stand. */
function buildRowCategories<R extends string>(
  rows: readonly (readonly [name: string, row: R])[],
  rowOf: (one: Participant) => R,
): readonly (readonly [name: string, from: EvidenceSelector])[] {
  return rows.map(([name, row]) => [name, (one) => (rowOf(one) === row ? one.personEvidence : null)]);
}

/** The registry's own way to say that neither was asked of anybody: a measure that nobody is analysed for. */
const NOT_COLLECTED_MEASURE: BaselineMeasure = {
  title: 'Race and Ethnicity Not Collected',
  studySpecific: false,
  description: null,
  population: 'Race and Ethnicity were not collected from any participant.',
  parameter: 'Count of Participants',
  dispersion: 'Not Applicable',
  unit: 'Participants',
  percentages: false,
  analyzed: [{ group: BASELINE_GROUP_ID, cell: buildCountCell([], () => null) }],
  rows: [{ title: null, values: [{ group: BASELINE_GROUP_ID, entries: [] }] }],
};

function buildRaceAndEthnicityMeasures(participants: readonly Participant[]): readonly BaselineMeasure[] {
  const race = participants.some(({ races }) => races !== null);
  const ethnicity = participants.some((one) => one.ethnicity !== null);
  if (!race && !ethnicity) return [NOT_COLLECTED_MEASURE];
  const head = { studySpecific: false, description: CATEGORIES_AS_SENT, population: null };
  const races = buildRowCategories(RACE_ROWS, classifyRace);
  const ethnicities = buildRowCategories(ETHNICITY_ROWS, (one) => one.ethnicity ?? 'unknown');
  return [
    ...(race ? [buildCountMeasure({ ...head, title: 'Race (NIH/OMB)' }, participants, races)] : []),
    ...(ethnicity
      ? [buildCountMeasure({ ...head, title: 'Ethnicity (NIH/OMB)' }, participants, ethnicities)]
      : []),
  ];
}

/** Countries of the sites, a row each; what the registry calls them is the study's to say. */
function buildRegionMeasures(
  participants: readonly Participant[],
  names: Readonly<Record<string, string>>,
  wanted: RequiredFields,
): readonly BaselineMeasure[] {
  const countries = [...new Set(participants.map(({ country }) => country))];
  // Nothing is said of any site: nothing is told. Of some only: who reads the table must hear of the others.
  if (countries.every((country) => country === null)) return [];
  const nameOf = (country: string | null): string =>
    country === null
      ? NOT_REPORTED_ROW
      : wanted.textOrPlaceholder(
          names[country],
          `/results/regions/${country}`,
          `baselineMeasure/measureRow[${country}]`,
        );
  const of =
    (country: string | null): EvidenceSelector =>
    (one) =>
      one.country === country ? selectEnrolled(one) : null;
  const rows = countries.map((country) => [nameOf(country), of(country)] as const);
  const sorted = rows.sort(
    ([a], [b]) => Number(a === NOT_REPORTED_ROW) - Number(b === NOT_REPORTED_ROW) || (a < b ? -1 : 1),
  );
  const title = 'Region of Enrollment';
  const head = { title, studySpecific: false, description: 'Country of the site', population: null };
  const flat = buildCountMeasure(head, participants, sorted);
  const values = flat.rows[0]?.values[0]?.entries ?? [];
  return [
    {
      ...flat,
      rows: values.map((entry) => ({
        title: entry.category,
        values: [{ group: BASELINE_GROUP_ID, entries: [{ ...entry, category: null }] }],
      })),
    },
  ];
}

/**
 * Race, ethnicity and region of enrollment. Race and ethnicity are reported where they were sent for anybody, all others
 * then being unknown; where nobody sent either, the registry is told that they were not collected. The region is the
 * country of the site, in the words that registry.json has for it. Source: 42 CFR 11.48(a)(2); PRS results data elements;
 * OMB Directive 15 of 1997, whose categories the registry's pick-list has.
 */
export function buildRaceAndRegionMeasures(
  participants: readonly Participant[],
  regions: Readonly<Record<string, string>>,
  wanted: RequiredFields,
): readonly BaselineMeasure[] {
  return [
    ...buildRaceAndEthnicityMeasures(participants),
    ...buildRegionMeasures(participants, regions, wanted),
  ];
}
