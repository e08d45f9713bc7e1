import type { EventResults, StudyResults } from './build-results.ts';
import type { Inconsistency } from './inconsistency.ts';
import type { ReportedMeasure, ReportingGroup } from './results-model.ts';
import { isXmlText } from './xml.ts';

/**
 * The longest text that each element accepts, in characters. Source: NLM's data-structure pages of the API; where a
 * public sponsor's tool has a shorter limit, that limit, since the smaller one is safe.
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
  limit: keyof typeof MAX_LENGTHS,
];

const listGroupTexts = (element: string, groups: readonly ReportingGroup[]): readonly LimitedText[] =>
  groups.flatMap(({ title, description }): readonly LimitedText[] => [
    [`${element}/title`, title, 'group'],
    [`${element}/description`, description, 'arm'],
  ]);

function listMeasureTexts(
  element: string,
  measure: ReportedMeasure,
  titleLimit: keyof typeof MAX_LENGTHS,
): readonly LimitedText[] {
  return [
    [`${element}/title`, measure.title, titleLimit],
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
  return [
    ['id_info/org_study_id', identity.orgStudyId, 'orgStudyId'],
    ['clinical_study/brief_title', record.briefTitle, 'brief'],
    ['clinical_study/official_title', record.officialTitle, 'official'],
    ['clinical_study/acronym', record.registry.acronym, 'acronym'],
    ['clinical_study/brief_summary', record.briefSummary, 'summary'],
    ['clinical_study/detailed_description', record.registry.detailedDescription, 'detailed'],
    ['clinical_study/why_stopped', record.registry.whyStopped, 'reason'],
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
    ...baseline.measures.flatMap((measure) => listMeasureTexts('baselineMeasure', measure, 'ownTitle')),
    ...outcomes.flatMap((outcome, i): readonly LimitedText[] => [
      ...listMeasureTexts(`outcomeMeasure[${i + 1}]`, outcome, 'title'),
      [`outcomeMeasure[${i + 1}]/timeFrame`, outcome.timeFrame, 'timeFrame'],
    ]),
    ['limitationsAndCaveats/description', limitations, 'details'],
    ['certainAgreement/otherDetails', agreement.details, 'details'],
  ];
}

function checkTexts(texts: readonly LimitedText[]): readonly Inconsistency[] {
  return texts.flatMap(([element, text, limit]): readonly Inconsistency[] => {
    if (text === null || text === undefined) return [];
    const length = [...text].length;
    const maxLength = MAX_LENGTHS[limit];
    const tooLong = length > maxLength ? [`${length} characters, the registry accepts ${maxLength}`] : [];
    const notXml = isXmlText(text) ? [] : ['contains a character that XML forbids'];
    return [...tooLong, ...notXml].map((detail) => ({ rule: 'length', element, detail }));
  });
}

/** Finds the texts of a full upload that are too long for their element. No text is ever cut. */
export function checkLengths(study: StudyResults): readonly Inconsistency[] {
  return checkTexts([
    ...listRecordTexts(study),
    ...listFlowTexts(study),
    ...listEventTexts(study),
    ...listResultTexts(study),
  ]);
}

/** Finds the same in an upload of adverse events. */
export function checkEventLengths(study: EventResults): readonly Inconsistency[] {
  return checkTexts([
    ['id_info/org_study_id', study.identity.orgStudyId, 'orgStudyId'],
    ...listGroupTexts('interventionGroup', study.results.events.groups),
    ...listEventTexts(study),
  ]);
}
