import type { Assessment } from '../../trial/assessment.ts';
import { listPossibleAges } from '../../trial/calendar-days.ts';
import { measureFollowUp } from '../../trial/endpoints/follow-up.ts';
import { ETHNICITIES, type PersonFact, RACES } from '../../trial/facts.ts';
import type { SubjectRecord } from '../export-format.ts';
import { listAssessmentSources, listCourseSources } from '../lineage/course-sources.ts';
import { deriveEthnicity, deriveRaces } from '../race-and-ethnicity.ts';
import { compareCodeUnits, formatSources, listFactsInOrder } from './fact-cells.ts';
import {
  type ColumnFactory,
  defineTable,
  type RowProvenance,
  type StudyTable,
  SUBJECT_COLUMNS,
  type TableCell,
} from './table-definition.ts';

const RESPONSE_CLASSES = ['CR', 'PR', 'NR', 'NE'];

const selectPerson = (record: SubjectRecord): PersonFact | undefined =>
  listFactsInOrder(record, 'person').at(-1);

function formatRaces(persons: readonly PersonFact[]): string | null {
  const races = deriveRaces(persons);
  return typeof races === 'string' || races === null ? races : races.join('|');
}

/** Age in whole years on a day; null where the birth date leaves more than one age open. */
function deriveAgeOn(record: SubjectRecord, day: string): number | null {
  const ages = listPossibleAges(selectPerson(record)?.birthDate ?? null, day);
  return ages?.length === 1 ? (ages[0] ?? null) : null;
}

function findBestResponse(record: SubjectRecord): Assessment | undefined {
  return record.judgement.assessments.find((a) => a.kind === 'best-response');
}

const selectResponseClass = (a: Assessment | undefined): TableCell =>
  a?.value.kind === 'class' ? a.value.class : null;
const selectDaysToResponse = (a: Assessment | undefined): TableCell =>
  a?.value.kind === 'days' ? a.value.days : null;

function deriveFollowUp(record: SubjectRecord, asOf: string) {
  const { dayZero } = record.judgement;
  return dayZero === null ? null : measureFollowUp(dayZero, record.facts, asOf);
}

const assessmentProvenance: RowProvenance<Assessment> = {
  buildAddress: ({ kind, visit, scope, criteria }) => `${kind}/${visit}/${scope}/${criteria.id}`,
  listSources: listAssessmentSources,
};

export const buildSubjectsTable = (asOf: string): StudyTable =>
  defineTable<SubjectRecord>(
    'subjects',
    'One row a subject.',
    (record) => [record],
    { buildAddress: () => '', listSources: (record) => listCourseSources(record, asOf) },
    (f) => [
      ...SUBJECT_COLUMNS,
      f('status', 'text', 'Participation.', ({ subject }) => subject.status, [
        'on-study',
        'off-study',
        'withdrawn',
      ]),
      f('enrolledOn', 'day', 'Day of enrolment.', ({ subject }) => subject.enrolledOn),
      f(
        'dayZero',
        'day',
        'Site-local day of the first infusion (day 0); empty before it.',
        ({ judgement }) => judgement.dayZero,
      ),
      f(
        'ageAtEnrolment',
        'integer',
        'Whole years; empty where the birth date does not settle it.',
        (record) => deriveAgeOn(record, record.subject.enrolledOn),
      ),
      f(
        'sex',
        'text',
        'Administrative gender; empty where not sent.',
        (record) => selectPerson(record)?.sex ?? null,
        ['male', 'female', 'other', 'unknown'],
      ),
      f('severity', 'text', 'Severity before the first infusion.', ({ judgement }) => judgement.severity, [
        'SAA',
        'VSAA',
        'NSAA',
        'unknown',
      ]),
      f(
        'bestResponse',
        'text',
        'Best confirmed response; empty where none is given yet.',
        (record) => selectResponseClass(findBestResponse(record)),
        RESPONSE_CLASSES,
      ),
      f(
        'bestResponseStatus',
        'text',
        'Whether a later count can still change it.',
        (record) => findBestResponse(record)?.status ?? null,
        ['preliminary', 'final'],
      ),
      f('criteriaSet', 'text', 'Criteria set and version of the best response.', (record) => {
        const response = findBestResponse(record);
        return response ? `${response.criteria.id}|${response.criteria.version}` : null;
      }),
      f(
        'infusions',
        'integer',
        'Infusions given, partly given ones included.',
        (record) => listFactsInOrder(record, 'infusion').filter((fact) => fact.status !== 'not-done').length,
      ),
      f(
        'followUpDays',
        'integer',
        'Days from the first infusion to death or last contact.',
        (record) => deriveFollowUp(record, asOf)?.days ?? null,
      ),
      f(
        'died',
        'boolean',
        'Whether a death is known.',
        (record) => listFactsInOrder(record, 'death').length > 0,
      ),
      f(
        'diedOn',
        'day',
        'Day of death, in the precision sent; empty where none is known.',
        (record) => listFactsInOrder(record, 'death')[0]?.at.text.slice(0, 10) ?? null,
      ),
      f(
        'race',
        'text',
        'Categories as sent, several with a bar between; unknown where sent without one; empty where not sent.',
        (record) => formatRaces(listFactsInOrder(record, 'person')),
        [...RACES, 'unknown'],
      ),
      f(
        'ethnicity',
        'text',
        'Category as sent; unknown where sent without one; empty where not sent.',
        (record) => deriveEthnicity(listFactsInOrder(record, 'person')),
        [...ETHNICITIES, 'unknown'],
      ),
      f(
        'country',
        'text',
        'Country of the site, ISO 3166-1 alpha-3; empty where it is not configured.',
        (record) => record.country ?? null,
      ),
      f(
        'observedUntil',
        'day',
        'Last day whose counts were judged, where a transplant or another treatment ended the observation.',
        ({ judgement }) => judgement.censored?.day ?? null,
      ),
      f(
        'endedBy',
        'text',
        'What ended the observation; empty where nothing did.',
        ({ judgement }) => judgement.censored?.because ?? null,
      ),
      f(
        'relapse',
        'text',
        'Whether a confirmed response was lost again by the rule of the criteria set; empty where it states none, or nothing was confirmed.',
        ({ judgement }) => judgement.relapse?.verdict ?? null,
        ['true', 'false', 'unknown'],
      ),
      f(
        'relapsedOn',
        'day',
        'Day of the relapse; empty where there is none.',
        ({ judgement }) => judgement.relapse?.day ?? null,
      ),
      f(
        'clonalEvolution',
        'text',
        'Whether a clonal evolution is known, where the criteria set speaks of it.',
        ({ judgement }) => judgement.clonalEvolution?.verdict ?? null,
        ['true', 'false', 'unknown'],
      ),
    ],
  );

const selectAssessments = (record: SubjectRecord, lineage: boolean): readonly Assessment[] =>
  record.judgement.assessments
    .filter((a) => (a.scope !== 'overall') === lineage)
    .toSorted(
      (a, b) =>
        compareCodeUnits(a.effective, b.effective) ||
        compareCodeUnits(a.visit, b.visit) ||
        compareCodeUnits(a.scope, b.scope),
    );

const buildAssessmentColumns = (f: ColumnFactory<Assessment>) => [
  f('visit', 'text', 'Visit of the protocol; all: of the whole course.', (a) => a.visit),
  f('kind', 'text', 'What was assessed.', (a) => a.kind),
  f('class', 'text', 'Response class; empty for a time to response.', selectResponseClass, RESPONSE_CLASSES),
  f(
    'days',
    'integer',
    'Days from the first infusion to the response; empty for a class.',
    selectDaysToResponse,
  ),
  f('status', 'text', 'preliminary while a confirming count can still come.', (a) => a.status, [
    'preliminary',
    'final',
  ]),
  f('effective', 'day', 'Site-local day of the assessed count.', (a) => a.effective),
  f('criteriaSet', 'text', 'Criteria set.', (a) => a.criteria.id),
  f('criteriaVersion', 'text', 'Its version.', (a) => a.criteria.version),
  f('reasons', 'text', 'Why, in a sentence or two.', (a) => a.reasons.join(' ')),
  f('evidence', 'text', 'Laboratory results that it rests on.', (a) => formatSources(a.evidence)),
  f('supporting', 'text', 'Transfusions, drugs and other facts taken into account.', (a) =>
    formatSources(a.supporting),
  ),
];

export const assessmentsTable = defineTable(
  'assessments',
  'One row an overall assessment.',
  (record) => selectAssessments(record, false),
  assessmentProvenance,
  (f) => [...SUBJECT_COLUMNS, ...buildAssessmentColumns(f)],
);

export const lineageResponsesTable = defineTable(
  'lineage-responses',
  'One row an assessment of a cell line.',
  (record) => selectAssessments(record, true),
  assessmentProvenance,
  (f) => [
    ...SUBJECT_COLUMNS,
    f('lineage', 'text', 'Cell line.', (a) => a.scope, ['erythroid', 'neutrophil', 'platelet']),
    ...buildAssessmentColumns(f),
  ],
);

export const deviationsTable = defineTable(
  'deviations',
  'One row a deviation from the planned infusions.',
  (record) => record.judgement.deviations,
  { buildAddress: ({ kind, infusion }) => `${kind}/${infusion}`, listSources: ({ evidence }) => evidence },
  (f) => [
    ...SUBJECT_COLUMNS,
    f('kind', 'text', 'What deviates.', (d) => d.kind),
    f('infusion', 'integer', 'Number of the planned infusion, from 1.', (d) => d.infusion),
    f('day', 'day', 'Day on which it shows.', (d) => d.day),
    f('detail', 'text', 'What was planned and what was done.', (d) => d.detail),
    f('evidence', 'text', 'The resources that show it.', (d) => formatSources(d.evidence)),
  ],
);
