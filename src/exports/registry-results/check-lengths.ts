import type { EventResults, StudyResults } from './build-results.ts';
import type { Inconsistency } from './inconsistency.ts';
import type { ReportedMeasure, ReportingGroup } from './results-model.ts';
import { isXmlText } from './xml.ts';

/**
 * The longest text that each element takes: NLM's data-structure pages of the API, and where a public sponsor's tool
 * cuts shorter, its length (the smaller one is safe).
 */
const MAX_LENGTHS = {
  acronym: 14,
  orgStudyId: 30,
  unit: 40,
  period: 40,
  category: 50,
  group: 62,
  ownTitle: 100,
  term: 100,
  reason: 250,
  timeFrame: 255,
  title: 255,
  brief: 300,
  details: 500,
  measure: 600,
  official: 600,
  population: 350,
  arm: 999,
  notes: 250,
  summary: 5_000,
  criteria: 20_000,
  detailed: 32_000,
} as const;

type LimitedText = readonly [
  element: string,
  text: string | null | undefined,
  most: keyof typeof MAX_LENGTHS,
];

const listGroupTexts = (element: string, groups: readonly ReportingGroup[]): readonly LimitedText[] =>
  groups.flatMap(({ title, description }): readonly LimitedText[] => [
    [`${element}/title`, title, 'group'],
    [`${element}/description`, description, 'arm'],
  ]);

function listMeasureTexts(
  element: string,
  measure: ReportedMeasure,
  title: keyof typeof MAX_LENGTHS,
): readonly LimitedText[] {
  return [
    [`${element}/title`, measure.title, title],
    [`${element}/measureDescription`, measure.description, 'measure'],
    [`${element}/populationAnalysisDescription`, measure.population, 'population'],
    [`${element}/unitOfMeasure`, measure.unit, 'unit'],
    ...measure.rows.flatMap(({ values }) =>
      values.flatMap(({ entries }) =>
        entries.flatMap(({ category, comment }): readonly LimitedText[] => [
          [`${element}//catName`, category, 'category'],
          [`${element}//naComment`, comment, 'notes'],
        ]),
      ),
    ),
  ];
}

function listRecordTexts({ record, identity }: StudyResults): readonly LimitedText[] {
  const { registry: more } = record;
  return [
    ['id_info/org_study_id', identity.orgStudyId, 'orgStudyId'],
    ['clinical_study/brief_title', record.briefTitle, 'brief'],
    ['clinical_study/official_title', record.officialTitle, 'official'],
    ['clinical_study/acronym', more.acronym, 'acronym'],
    ['clinical_study/brief_summary', record.briefSummary, 'summary'],
    ['clinical_study/detailed_description', more.detailedDescription, 'detailed'],
    ['clinical_study/why_stopped', more.whyStopped, 'reason'],
    ['arm_group/arm_group_label', record.arm.label, 'group'],
    ['arm_group/arm_group_description', record.arm.description, 'arm'],
    ['eligibility/criteria', record.eligibility.criteria, 'criteria'],
  ];
}

function listFlowTexts({ results: { flow } }: EventResults): readonly LimitedText[] {
  return [
    ['participantFlow/preAssignmentDescription', flow.preAssignment, 'details'],
    ['participantFlow/recruitmentDetails', flow.recruitment, 'details'],
    ...listGroupTexts('participantFlow/participantFlowGroups/flowGroup', flow.groups),
    ...flow.periods.flatMap((period, i): readonly LimitedText[] => [
      [`participantFlow/periods/period[${i + 1}]/title`, period.title, 'period'],
      ...period.between.map(
        ({ title }): LimitedText => [`participantFlow/periods/period[${i + 1}]/milestones`, title, 'period'],
      ),
    ]),
  ];
}

function listEventTexts({ results: { events } }: EventResults): readonly LimitedText[] {
  return [
    ['reportedEvents/timeFrame', events.timeFrame, 'timeFrame'],
    ['reportedEvents/notes', events.description, 'details'],
    ['reportedEvents/sourceVocabulary', events.vocabulary, 'group'],
    ...[...events.serious, ...events.other].flatMap(({ term, notes }): readonly LimitedText[] => [
      ['reportedEvents//term', term, 'term'],
      ['reportedEvents//notes', notes, 'notes'],
    ]),
  ];
}

function listResultTexts({ results }: StudyResults): readonly LimitedText[] {
  const { baseline, outcomes, limitations, agreement } = results;
  return [
    ...baseline.measures.flatMap((one) => listMeasureTexts('baselineMeasure', one, 'ownTitle')),
    ...outcomes.flatMap((one, i): readonly LimitedText[] => [
      ...listMeasureTexts(`outcomeMeasure[${i + 1}]`, one, 'title'),
      [`outcomeMeasure[${i + 1}]/timeFrame`, one.timeFrame, 'timeFrame'],
    ]),
    ['limitationsAndCaveats/description', limitations, 'details'],
    ['certainAgreement/otherDetails', agreement.details, 'details'],
  ];
}

function checkTexts(texts: readonly LimitedText[]): readonly Inconsistency[] {
  return texts.flatMap(([element, text, most]): readonly Inconsistency[] => {
    if (text === null || text === undefined) return [];
    const length = [...text].length;
    const long =
      length > MAX_LENGTHS[most] ? [`${length} characters, the registry takes ${MAX_LENGTHS[most]}`] : [];
    const wrong = isXmlText(text) ? [] : ['holds a character that XML forbids'];
    return [...long, ...wrong].map((says) => ({ rule: 'length', element, detail: says }));
  });
}

/** Texts of a full upload that are too long for their element. Nothing is ever cut. */
export function checkLengths(study: StudyResults): readonly Inconsistency[] {
  return checkTexts([
    ...listRecordTexts(study),
    ...listFlowTexts(study),
    ...listEventTexts(study),
    ...listResultTexts(study),
  ]);
}

/** The same for an upload of adverse events. */
export function checkEventLengths(study: EventResults): readonly Inconsistency[] {
  const id: LimitedText = ['id_info/org_study_id', study.identity.orgStudyId, 'orgStudyId'];
  return checkTexts([
    id,
    ...listGroupTexts('interventionGroup', study.results.events.groups),
    ...listEventTexts(study),
  ]);
}
