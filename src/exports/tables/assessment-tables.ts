import { isBeside } from '../../trial/adjudication/investigator-response.ts';
import type { Assessment } from '../../trial/assessment.ts';
import type { SubjectRecord } from '../export-format.ts';
import { listAssessmentSources } from '../lineage/course-sources.ts';
import type { ExportedValue } from '../provenance-trace.ts';
import { compareCodeUnits, formatSources } from './fact-cells.ts';
import { type DerivedColumn, defineColumn, defineTable, type RowProvenance } from './table-definition.ts';

export const RESPONSE_CLASSES = ['CR', 'PR', 'NR', 'NE'];

/** Selects the response class of an assessment; null without an assessment and for a time to response. */
export const selectResponseClass = (assessment: Assessment | undefined): ExportedValue =>
  assessment?.value.kind === 'class' ? assessment.value.class : null;
const selectDaysToResponse = (assessment: Assessment | undefined): ExportedValue =>
  assessment?.value.kind === 'days' ? assessment.value.days : null;

const assessmentProvenance: RowProvenance<Assessment> = {
  buildAddress: ({ kind, visit, scope, criteria }) => `${kind}/${visit}/${scope}/${criteria.id}`,
  listSources: (assessment, { judgement }) => [
    ...listAssessmentSources(assessment),
    ...(judgement.investigator ?? [])
      .filter((entry) => isBeside(entry, assessment))
      .map(({ source }) => source),
  ],
};

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
  defineColumn(
    'evidence',
    'text',
    'Laboratory results on which the assessment is based, under pseudonyms.',
    ({ evidence }, record) => formatSources(evidence, record),
  ),
  defineColumn(
    'supporting',
    'text',
    'Transfusions, drugs and other facts that were taken into account, under pseudonyms.',
    ({ supporting }, record) => formatSources(supporting, record),
  ),
];

const INVESTIGATOR_COLUMN: DerivedColumn<Assessment> = defineColumn(
  'investigatorClass',
  'text',
  'Class that the investigator states for the same visit and scope; empty where none is stated.',
  (assessment, { judgement }) =>
    judgement.investigator?.find((entry) => isBeside(entry, assessment))?.class ?? null,
  RESPONSE_CLASSES,
);

/** Overall assessments, one row for each. */
export const assessmentsTable = defineTable<Assessment>({
  name: 'assessments',
  listItems: (record) => selectAssessments(record, false),
  provenance: assessmentProvenance,
  columns: [...ASSESSMENT_COLUMNS, INVESTIGATOR_COLUMN],
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
    INVESTIGATOR_COLUMN,
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
    defineColumn(
      'evidence',
      'text',
      'Resources that show the deviation, under pseudonyms.',
      ({ evidence }, record) => formatSources(evidence, record),
    ),
  ],
});
