import type { Ethnicity, Race } from '../../trial/facts.ts';
import { BASELINE_GROUP_ID, buildCountMeasure } from './count-measure.ts';
import type { Participant } from './participant.ts';
import type { RequiredFields } from './required-fields.ts';
import { buildCountCell, selectEnrolled } from './result-cells.ts';
import type { BaselineMeasure, EvidenceSelector } from './results-model.ts';

/** The registry's title for participants in none of the other rows. */
const NOT_REPORTED_ROW = 'Unknown or Not Reported';

/** The rows of Race (NIH/OMB), in the registry's order and words. */
const RACE_ROWS: readonly (readonly [title: string, race: Race | 'several' | 'unknown'])[] = [
  ['American Indian or Alaska Native', 'american-indian-or-alaska-native'],
  ['Asian', 'asian'],
  ['Native Hawaiian or Other Pacific Islander', 'native-hawaiian-or-other-pacific-islander'],
  ['Black or African American', 'black-or-african-american'],
  ['White', 'white'],
  ['More than one race', 'several'],
  [NOT_REPORTED_ROW, 'unknown'],
];

/** The rows of Ethnicity (NIH/OMB). */
const ETHNICITY_ROWS: readonly (readonly [title: string, ethnicity: Ethnicity | 'unknown'])[] = [
  ['Hispanic or Latino', 'hispanic-or-latino'],
  ['Not Hispanic or Latino', 'not-hispanic-or-latino'],
  [NOT_REPORTED_ROW, 'unknown'],
];

const CATEGORIES_AS_SENT =
  'By the categories that hospitals sent; a value that names no category counts as not reported';

function classifyRace({ races }: Participant): (typeof RACE_ROWS)[number][1] {
  if (races === null || races === 'unknown') return 'unknown';
  const [first, ...more] = races;
  return more.length > 0 ? 'several' : (first ?? 'unknown');
}

/** Builds the categories of a count: each participant belongs to one row, by their personal data. */
function buildRowCategories<R extends string>(
  rows: readonly (readonly [title: string, row: R])[],
  classify: (participant: Participant) => R,
): readonly (readonly [title: string, from: EvidenceSelector])[] {
  return rows.map(([title, row]) => [
    title,
    (participant) => (classify(participant) === row ? participant.personEvidence : null),
  ]);
}

/** The registry's own way to state that neither race nor ethnicity was collected: a measure with no one analysed. */
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
  const hasRace = participants.some(({ races }) => races !== null);
  const hasEthnicity = participants.some(({ ethnicity }) => ethnicity !== null);
  if (!hasRace && !hasEthnicity) return [NOT_COLLECTED_MEASURE];
  const head = { studySpecific: false, description: CATEGORIES_AS_SENT, population: null };
  const races = buildRowCategories(RACE_ROWS, classifyRace);
  const ethnicities = buildRowCategories(ETHNICITY_ROWS, ({ ethnicity }) => ethnicity ?? 'unknown');
  return [
    ...(hasRace ? [buildCountMeasure({ ...head, title: 'Race (NIH/OMB)' }, participants, races)] : []),
    ...(hasEthnicity
      ? [buildCountMeasure({ ...head, title: 'Ethnicity (NIH/OMB)' }, participants, ethnicities)]
      : []),
  ];
}

/** Lists the countries of the sites with the registry's names, in the order of the names; sites without one last. */
function listRegions(
  countries: readonly (string | null)[],
  names: Readonly<Record<string, string>>,
  required: RequiredFields,
): readonly { readonly country: string | null; readonly title: string }[] {
  const regions = countries.flatMap((country) =>
    country === null
      ? []
      : {
          country,
          title: required.textOrPlaceholder(
            names[country],
            `/results/regions/${country}`,
            `baselineMeasure/measureRow[${country}]`,
          ),
        },
  );
  const sorted = regions.sort((a, b) => (a.title < b.title ? -1 : 1));
  return countries.includes(null) ? [...sorted, { country: null, title: NOT_REPORTED_ROW }] : sorted;
}

/**
 * Builds the count of participants by the country of their site, one row per country, with the registry's name of the
 * country as in registry.json. Returns no measure if no site states its country; if only some do, participants of the
 * others are counted as not reported.
 */
function buildRegionMeasures(
  participants: readonly Participant[],
  names: Readonly<Record<string, string>>,
  required: RequiredFields,
): readonly BaselineMeasure[] {
  const countries = [...new Set(participants.map(({ country }) => country))];
  if (countries.every((country) => country === null)) return [];
  const selectByCountry =
    (country: string | null): EvidenceSelector =>
    (participant) =>
      participant.country === country ? selectEnrolled(participant) : null;
  const categories = listRegions(countries, names, required).map(
    ({ country, title }) => [title, selectByCountry(country)] as const,
  );
  const title = 'Region of Enrollment';
  const head = { title, studySpecific: false, description: 'Country of the site', population: null };
  const measure = buildCountMeasure(head, participants, categories);
  const entries = measure.rows[0]?.values[0]?.entries ?? [];
  return [
    {
      ...measure,
      rows: entries.map((entry) => ({
        title: entry.category,
        values: [{ group: BASELINE_GROUP_ID, entries: [{ ...entry, category: null }] }],
      })),
    },
  ];
}

/**
 * Builds the measures of race, ethnicity and region of enrollment. Race and ethnicity are reported if they were sent
 * for any participant; all others then count as unknown. If they were sent for no one, they are reported as not
 * collected. The region is the country of the site, by the name that registry.json has for it. Source: 42 CFR
 * 11.48(a)(2); PRS results data elements; OMB Directive 15 of 1997, whose categories the registry's pick-list has.
 */
export function buildRaceAndRegionMeasures(
  participants: readonly Participant[],
  regions: Readonly<Record<string, string>>,
  required: RequiredFields,
): readonly BaselineMeasure[] {
  return [
    ...buildRaceAndEthnicityMeasures(participants),
    ...buildRegionMeasures(participants, regions, required),
  ];
}
