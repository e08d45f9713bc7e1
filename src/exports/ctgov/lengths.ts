import type { EventResults, StudyResults } from './build.ts';
import type { Inconsistency } from './inconsistency.ts';
import type { Group, Measure } from './model.ts';
import { isXmlText } from './xml.ts';

/**
 * The longest text that each element takes: NLM's data-structure pages of the API, and where a public sponsor's tool
 * cuts shorter, its length (the smaller one is safe).
 */
const LONGEST = {
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

type Text = readonly [element: string, text: string | null | undefined, most: keyof typeof LONGEST];

const groupTexts = (element: string, groups: readonly Group[]): readonly Text[] =>
  groups.flatMap(({ title, description }): readonly Text[] => [
    [`${element}/title`, title, 'group'],
    [`${element}/description`, description, 'arm'],
  ]);

function measureTexts(element: string, measure: Measure, title: keyof typeof LONGEST): readonly Text[] {
  return [
    [`${element}/title`, measure.title, title],
    [`${element}/measureDescription`, measure.description, 'measure'],
    [`${element}/populationAnalysisDescription`, measure.population, 'population'],
    [`${element}/unitOfMeasure`, measure.unit, 'unit'],
    ...measure.rows.flatMap(({ values }) =>
      values.flatMap(({ entries }) =>
        entries.flatMap(({ category, comment }): readonly Text[] => [
          [`${element}//catName`, category, 'category'],
          [`${element}//naComment`, comment, 'notes'],
        ]),
      ),
    ),
  ];
}

function recordTexts({ record, identity }: StudyResults): readonly Text[] {
  const { more } = record;
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

function flowTexts({ results: { flow } }: EventResults): readonly Text[] {
  return [
    ['participantFlow/preAssignmentDescription', flow.preAssignment, 'details'],
    ['participantFlow/recruitmentDetails', flow.recruitment, 'details'],
    ...groupTexts('participantFlow/participantFlowGroups/flowGroup', flow.groups),
    ...flow.periods.flatMap((period, i): readonly Text[] => [
      [`participantFlow/periods/period[${i + 1}]/title`, period.title, 'period'],
      ...period.between.map(
        ({ title }): Text => [`participantFlow/periods/period[${i + 1}]/milestones`, title, 'period'],
      ),
    ]),
  ];
}

function eventTexts({ results: { events } }: EventResults): readonly Text[] {
  return [
    ['reportedEvents/timeFrame', events.timeFrame, 'timeFrame'],
    ['reportedEvents/notes', events.description, 'details'],
    ['reportedEvents/sourceVocabulary', events.vocabulary, 'group'],
    ...[...events.serious, ...events.other].flatMap(({ term, notes }): readonly Text[] => [
      ['reportedEvents//term', term, 'term'],
      ['reportedEvents//notes', notes, 'notes'],
    ]),
  ];
}

function resultTexts({ results }: StudyResults): readonly Text[] {
  const { baseline, outcomes, limitations, agreement } = results;
  return [
    ...baseline.measures.flatMap((one) => measureTexts('baselineMeasure', one, 'ownTitle')),
    ...outcomes.flatMap((one, i): readonly Text[] => [
      ...measureTexts(`outcomeMeasure[${i + 1}]`, one, 'title'),
      [`outcomeMeasure[${i + 1}]/timeFrame`, one.timeFrame, 'timeFrame'],
    ]),
    ['limitationsAndCaveats/description', limitations, 'details'],
    ['certainAgreement/otherDetails', agreement.details, 'details'],
  ];
}

function problemsOf(texts: readonly Text[]): readonly Inconsistency[] {
  return texts.flatMap(([element, text, most]): readonly Inconsistency[] => {
    if (text === null || text === undefined) return [];
    const length = [...text].length;
    const long = length > LONGEST[most] ? [`${length} characters, the registry takes ${LONGEST[most]}`] : [];
    const wrong = isXmlText(text) ? [] : ['holds a character that XML forbids'];
    return [...long, ...wrong].map((says) => ({ rule: 'length', element, says }));
  });
}

/** Texts of a full upload that are too long for their element. Nothing is ever cut. */
export function checkLengths(study: StudyResults): readonly Inconsistency[] {
  return problemsOf([
    ...recordTexts(study),
    ...flowTexts(study),
    ...eventTexts(study),
    ...resultTexts(study),
  ]);
}

/** The same for an upload of adverse events. */
export function checkEventLengths(study: EventResults): readonly Inconsistency[] {
  const id: Text = ['id_info/org_study_id', study.identity.orgStudyId, 'orgStudyId'];
  return problemsOf([
    id,
    ...groupTexts('interventionGroup', study.results.events.groups),
    ...eventTexts(study),
  ]);
}
