import { findPrimaryBestResponse } from '../../trial/adjudication/investigator-response.ts';
import type { Assessment } from '../../trial/assessment.ts';
import { listPossibleAges } from '../../trial/calendar-days.ts';
import { measureFollowUp } from '../../trial/endpoints/follow-up.ts';
import { ETHNICITIES, type PersonFact, RACES } from '../../trial/facts.ts';
import type { Protocol } from '../../trial/protocol.ts';
import { deriveBirthDate, deriveEthnicity, deriveRaces, deriveSex } from '../demographics.ts';
import type { SubjectRecord } from '../export-format.ts';
import { listCourseSources } from '../lineage/course-sources.ts';
import { RESPONSE_CLASSES, selectResponseClass } from './assessment-tables.ts';
import { listFactsInOrder } from './fact-cells.ts';
import { type DerivedColumn, defineColumn, defineTable, type StudyTable } from './table-definition.ts';

const VERDICTS = ['true', 'false', 'unknown'];

function formatRaces(persons: readonly PersonFact[]): string | null {
  const races = deriveRaces(persons);
  return typeof races === 'string' || races === null ? races : races.join('|');
}

/** Derives the age in whole years on a day; null where the birth date allows more than one age. */
function deriveAgeOn(record: SubjectRecord, day: string): number | null {
  const ages = listPossibleAges(deriveBirthDate(listFactsInOrder(record, 'person')), day);
  return ages?.length === 1 ? (ages[0] ?? null) : null;
}

function countFollowUpDays(record: SubjectRecord, asOf: string): number | null {
  const { dayZero } = record.judgement;
  return dayZero === null ? null : measureFollowUp(dayZero, record.facts, asOf).days;
}

type SubjectColumn = DerivedColumn<SubjectRecord>;

const ENROLMENT_COLUMNS: readonly SubjectColumn[] = [
  defineColumn('status', 'text', 'Participation status.', ({ subject }) => subject.status, [
    'on-study',
    'off-study',
    'withdrawn',
  ]),
  defineColumn('enrolledOn', 'day', 'Day of enrolment.', ({ subject }) => subject.enrolledOn),
  defineColumn(
    'dayZero',
    'day',
    'Site-local day of the first infusion (day 0); empty before it.',
    ({ judgement }) => judgement.dayZero,
  ),
  defineColumn(
    'ageAtEnrolment',
    'integer',
    'Age in whole years; empty where the birth date was not sent, allows more than one age, or was sent with different values.',
    (record) => deriveAgeOn(record, record.subject.enrolledOn),
  ),
  defineColumn(
    'sex',
    'text',
    'Administrative gender; unknown where statements differ; empty where not sent.',
    (record) => deriveSex(listFactsInOrder(record, 'person')),
    ['male', 'female', 'other', 'unknown'],
  ),
  defineColumn(
    'severity',
    'text',
    'Severity of the disease: as stated at diagnosis, else as computed before the first infusion.',
    ({ judgement }) => judgement.severity,
    ['SAA', 'VSAA', 'NSAA', 'unknown'],
  ),
];

/** Builds the columns of the primary best response, by the protocol's choice of assessor. */
function buildBestResponseColumns(primaryAssessor: Protocol['primaryAssessor']): readonly SubjectColumn[] {
  const findBestResponse = ({ judgement }: SubjectRecord): Assessment | undefined =>
    findPrimaryBestResponse(judgement, primaryAssessor)?.assessment;
  return [
    defineColumn(
      'bestResponse',
      'text',
      'Best confirmed response; empty where there is no assessment yet.',
      (record) => selectResponseClass(findBestResponse(record)),
      RESPONSE_CLASSES,
    ),
    defineColumn(
      'bestResponseStatus',
      'text',
      'preliminary while a later count can still change it.',
      (record) => findBestResponse(record)?.status ?? null,
      ['preliminary', 'final'],
    ),
    defineColumn('criteriaSet', 'text', 'Criteria set and version of the best response.', (record) => {
      const response = findBestResponse(record);
      return response ? `${response.criteria.id}|${response.criteria.version}` : null;
    }),
  ];
}

const buildFollowUpColumns = (asOf: string): readonly SubjectColumn[] => [
  defineColumn(
    'infusions',
    'integer',
    'Number of infusions given, in whole or in part.',
    (record) => listFactsInOrder(record, 'infusion').filter((fact) => fact.status !== 'not-done').length,
  ),
  defineColumn(
    'followUpDays',
    'integer',
    'Days from the first infusion to death or last contact; empty before the first infusion.',
    (record) => countFollowUpDays(record, asOf),
  ),
  defineColumn(
    'died',
    'boolean',
    'Whether a death is known.',
    (record) => listFactsInOrder(record, 'death').length > 0,
  ),
  defineColumn(
    'diedOn',
    'day',
    'Day of death in the precision sent; empty where no death is known.',
    (record) => listFactsInOrder(record, 'death')[0]?.at.text.slice(0, 10) ?? null,
  ),
];

const DEMOGRAPHIC_COLUMNS: readonly SubjectColumn[] = [
  defineColumn(
    'race',
    'text',
    'Categories as sent, separated by bars; unknown where sent without a category or where statements differ; empty where not sent.',
    (record) => formatRaces(listFactsInOrder(record, 'person')),
    [...RACES, 'unknown'],
  ),
  defineColumn(
    'ethnicity',
    'text',
    'Category as sent; unknown where sent without a category or where statements differ; empty where not sent.',
    (record) => deriveEthnicity(listFactsInOrder(record, 'person')),
    [...ETHNICITIES, 'unknown'],
  ),
  defineColumn(
    'country',
    'text',
    'Country of the site, ISO 3166-1 alpha-3; empty where it is not configured.',
    (record) => record.country ?? null,
  ),
];

const OBSERVATION_COLUMNS: readonly SubjectColumn[] = [
  defineColumn(
    'observedUntil',
    'day',
    'Last day whose counts were assessed, where a transplant or another treatment ended the observation; else empty.',
    ({ judgement }) => judgement.censored?.day ?? null,
  ),
  defineColumn(
    'endedBy',
    'text',
    'Event that ended the observation; empty where none did.',
    ({ judgement }) => judgement.censored?.because ?? null,
  ),
  defineColumn(
    'relapse',
    'text',
    'Whether a confirmed response was lost by the rule of the criteria set; empty where the set has no such rule or no response was confirmed.',
    ({ judgement }) => judgement.relapse?.verdict ?? null,
    VERDICTS,
  ),
  defineColumn(
    'relapsedOn',
    'day',
    'Day of the relapse; empty where there is none.',
    ({ judgement }) => judgement.relapse?.day ?? null,
  ),
  defineColumn(
    'clonalEvolution',
    'text',
    'Whether a clonal evolution is known; empty where the criteria set has no rule for it.',
    ({ judgement }) => judgement.clonalEvolution?.verdict ?? null,
    VERDICTS,
  ),
];

const COMPUTED_SEVERITY_COLUMN: SubjectColumn = defineColumn(
  'computedSeverity',
  'text',
  'Severity as computed from counts before the first infusion, whether or not one is stated at diagnosis.',
  ({ judgement }) => judgement.computedSeverity ?? judgement.severity,
  ['SAA', 'VSAA', 'NSAA', 'unknown'],
);

/** Builds the table of subjects, one row for each. */
export const buildSubjectsTable = (
  asOf: string,
  { primaryAssessor }: Pick<Protocol, 'primaryAssessor'>,
): StudyTable =>
  defineTable<SubjectRecord>({
    name: 'subjects',
    listItems: (record) => [record],
    provenance: { buildAddress: () => '', listSources: (record) => listCourseSources(record, asOf) },
    columns: [
      ...ENROLMENT_COLUMNS,
      ...buildBestResponseColumns(primaryAssessor),
      ...buildFollowUpColumns(asOf),
      ...DEMOGRAPHIC_COLUMNS,
      ...OBSERVATION_COLUMNS,
      COMPUTED_SEVERITY_COLUMN,
    ],
  });
