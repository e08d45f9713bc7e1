import type { Assessment } from '../../trial/assessment.ts';
import { listPossibleAges } from '../../trial/calendar-days.ts';
import { measureFollowUp } from '../../trial/endpoints/follow-up.ts';
import { ETHNICITIES, type PersonFact, RACES } from '../../trial/facts.ts';
import { deriveBirthDate, deriveEthnicity, deriveRaces, deriveSex } from '../demographics.ts';
import type { SubjectRecord } from '../export-format.ts';
import { listAssessmentSources, listCourseSources } from '../lineage/course-sources.ts';
import type { ExportedValue } from '../provenance-trace.ts';
import { compareCodeUnits, formatSources, listFactsInOrder } from './fact-cells.ts';
import {
  type DerivedColumn,
  defineColumn,
  defineTable,
  type RowProvenance,
  type StudyTable,
} from './table-definition.ts';

const RESPONSE_CLASSES = ['CR', 'PR', 'NR', 'NE'];
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

function findBestResponse(record: SubjectRecord): Assessment | undefined {
  return record.judgement.assessments.find((assessment) => assessment.kind === 'best-response');
}

const selectResponseClass = (assessment: Assessment | undefined): ExportedValue =>
  assessment?.value.kind === 'class' ? assessment.value.class : null;
const selectDaysToResponse = (assessment: Assessment | undefined): ExportedValue =>
  assessment?.value.kind === 'days' ? assessment.value.days : null;

function countFollowUpDays(record: SubjectRecord, asOf: string): number | null {
  const { dayZero } = record.judgement;
  return dayZero === null ? null : measureFollowUp(dayZero, record.facts, asOf).days;
}

const assessmentProvenance: RowProvenance<Assessment> = {
  buildAddress: ({ kind, visit, scope, criteria }) => `${kind}/${visit}/${scope}/${criteria.id}`,
  listSources: listAssessmentSources,
};

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
    'Severity of the disease before the first infusion.',
    ({ judgement }) => judgement.severity,
    ['SAA', 'VSAA', 'NSAA', 'unknown'],
  ),
];

const BEST_RESPONSE_COLUMNS: readonly SubjectColumn[] = [
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

/** Builds the table of subjects, one row for each. */
export const buildSubjectsTable = (asOf: string): StudyTable =>
  defineTable<SubjectRecord>({
    name: 'subjects',
    listItems: (record) => [record],
    provenance: { buildAddress: () => '', listSources: (record) => listCourseSources(record, asOf) },
    columns: [
      ...ENROLMENT_COLUMNS,
      ...BEST_RESPONSE_COLUMNS,
      ...buildFollowUpColumns(asOf),
      ...DEMOGRAPHIC_COLUMNS,
      ...OBSERVATION_COLUMNS,
    ],
  });

/** Selects overall or lineage assessments, by day, visit and scope. */
function selectAssessments(record: SubjectRecord, ofLineages: boolean): readonly Assessment[] {
  return record.judgement.assessments
    .filter(({ scope }) => (scope !== 'overall') === ofLineages)
    .toSorted(
      (a, b) =>
        compareCodeUnits(a.effective, b.effective) ||
        compareCodeUnits(a.visit, b.visit) ||
        compareCodeUnits(a.scope, b.scope),
    );
}

const ASSESSMENT_COLUMNS: readonly DerivedColumn<Assessment>[] = [
  defineColumn(
    'visit',
    'text',
    'Visit of the protocol; all: assessment of the whole course.',
    ({ visit }) => visit,
  ),
  defineColumn('kind', 'text', 'Kind of assessment.', ({ kind }) => kind),
  defineColumn(
    'class',
    'text',
    'Response class; empty for a time to response.',
    selectResponseClass,
    RESPONSE_CLASSES,
  ),
  defineColumn(
    'days',
    'integer',
    'Days from the first infusion to the response; empty for a class.',
    selectDaysToResponse,
  ),
  defineColumn(
    'status',
    'text',
    'preliminary while a confirming count can still come.',
    ({ status }) => status,
    ['preliminary', 'final'],
  ),
  defineColumn('effective', 'day', 'Site-local day of the assessed count.', ({ effective }) => effective),
  defineColumn('criteriaSet', 'text', 'Criteria set.', ({ criteria }) => criteria.id),
  defineColumn('criteriaVersion', 'text', 'Version of the criteria set.', ({ criteria }) => criteria.version),
  defineColumn('reasons', 'text', 'Reasons for the result, in one or two sentences.', ({ reasons }) =>
    reasons.join(' '),
  ),
  defineColumn('evidence', 'text', 'Laboratory results on which the assessment is based.', ({ evidence }) =>
    formatSources(evidence),
  ),
  defineColumn(
    'supporting',
    'text',
    'Transfusions, drugs and other facts that were taken into account.',
    ({ supporting }) => formatSources(supporting),
  ),
];

/** Overall assessments, one row for each. */
export const assessmentsTable = defineTable<Assessment>({
  name: 'assessments',
  listItems: (record) => selectAssessments(record, false),
  provenance: assessmentProvenance,
  columns: ASSESSMENT_COLUMNS,
});

/** Assessments of a blood cell line, one row for each. */
export const lineageResponsesTable = defineTable<Assessment>({
  name: 'lineage-responses',
  listItems: (record) => selectAssessments(record, true),
  provenance: assessmentProvenance,
  columns: [
    defineColumn('lineage', 'text', 'Blood cell line.', ({ scope }) => scope, [
      'erythroid',
      'neutrophil',
      'platelet',
    ]),
    ...ASSESSMENT_COLUMNS,
  ],
});

type Deviation = SubjectRecord['judgement']['deviations'][number];

/** Deviations from the planned infusions, one row for each. */
export const deviationsTable = defineTable<Deviation>({
  name: 'deviations',
  listItems: (record) => record.judgement.deviations,
  provenance: {
    buildAddress: ({ kind, infusion }) => `${kind}/${infusion}`,
    listSources: ({ evidence }) => evidence,
  },
  columns: [
    defineColumn('kind', 'text', 'Kind of deviation.', ({ kind }) => kind),
    defineColumn(
      'infusion',
      'integer',
      'Number of the planned infusion, from 1.',
      ({ infusion }) => infusion,
    ),
    defineColumn('day', 'day', 'Day of the deviation.', ({ day }) => day),
    defineColumn('detail', 'text', 'The deviation in one or two sentences.', ({ detail }) => detail),
    defineColumn('evidence', 'text', 'Resources that show the deviation.', ({ evidence }) =>
      formatSources(evidence),
    ),
  ],
});
