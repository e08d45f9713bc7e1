import { XMLParser } from 'fast-xml-parser';
import type { RequiredField } from '../../../src/exports/registry-results/required-fields.ts';
import type {
  BaselineCharacteristics,
  EventTerm,
  GroupCell,
  Milestone,
  OutcomeMeasure,
  ParticipantFlow,
  RegistryResults,
  ReportedEntry,
  ReportedEvents,
  ReportedMeasure,
  ReportingGroup,
  ResultCell,
} from '../../../src/exports/registry-results/results-model.ts';

/** Reads a PRS upload back into the results model (without the subjects, which the file does not contain). */

/** An element by its children's names; a leaf is its text. */
interface XmlNode {
  readonly [name: string]: XmlNode | undefined;
}

const getChild = (node: XmlNode | undefined, name: string): XmlNode => node?.[name] ?? {};
const toRequiredText = (node: XmlNode | undefined): string => String(node);
const toRequiredField = (node: XmlNode | undefined): RequiredField => ({
  text: toRequiredText(node),
  isPlaceholder: false,
});

const LIST_ELEMENTS = new Set([
  'baselineMeasure',
  'baselineReportingGroup',
  'measureRow',
  'reportedValue',
  'reportedEntry',
  'outcomeMeasure',
  'measureAnalysis',
  'outcomeReportingGroup',
  'outcomeReportingGroupId',
  'flowGroup',
  'period',
  'dropWithdrawReason',
  'reasonDetail',
  'milestone',
  'milestoneAchievement',
  'frequentEvent',
  'seriousEvent',
  'interventionGroup',
  'eventStats',
]);

const toOptionalText = (node: XmlNode | undefined): string | null =>
  node === undefined ? null : String(node);
const listChildren = (node: XmlNode | undefined, name: string): readonly XmlNode[] =>
  (node?.[name] ?? []) as unknown as readonly XmlNode[];
const toCell = (value: XmlNode | undefined): ResultCell => ({
  value: String(value),
  counts: 'figure',
  subjects: 0,
  from: () => null,
});
const toOptionalCell = (value: XmlNode | undefined): ResultCell | null =>
  value === undefined ? null : toCell(value);
const stripGroupPrefix = (id: XmlNode | undefined): string => toRequiredText(id).replace(/^O\d+\./, '');

const parseGroup = (node: XmlNode): ReportingGroup => ({
  id: stripGroupPrefix(node['@id']),
  title: toRequiredText(node.title),
  description: toOptionalText(node.description),
});

const parseMilestone = (node: XmlNode): Milestone => ({
  comment: toOptionalText(node.comment),
  achieved: listChildren(node.milestoneAchievements, 'milestoneAchievement').map((one) => ({
    group: toRequiredText(one.reportingGroupId),
    cell: toCell(one.subjectsAchieve),
  })),
});

function parseFlow(node: XmlNode): ParticipantFlow {
  return {
    preAssignment: toOptionalText(node.preAssignmentDescription),
    recruitment: toOptionalText(node.recruitmentDetails),
    groups: listChildren(node.participantFlowGroups, 'flowGroup').map(parseGroup),
    periods: listChildren(node.periods, 'period').map((period) => ({
      title: toRequiredText(period.title),
      started: parseMilestone(getChild(period, 'startedMilestone')),
      between: listChildren(period.milestones, 'milestone').map((one) => ({
        ...parseMilestone(one),
        title: toRequiredText(one.titleOther),
      })),
      completed: parseMilestone(getChild(period, 'completedMilestone')),
      reasons: listChildren(period.dropWithdrawReasons, 'dropWithdrawReason').map((one) => ({
        type: toRequiredText(one.reasonType),
        other: toOptionalText(one.otherReasonName),
        affected: listChildren(one.dropWithdrawReasonDetails, 'reasonDetail').map((detail) => ({
          group: toRequiredText(detail.reportingGroupId),
          cell: toCell(detail.subjectsAffected),
        })),
      })),
    })),
  };
}

const parseEntry = (node: XmlNode): ReportedEntry => ({
  category: toOptionalText(node.catName),
  value: toCell(node.parameterValue),
  spread: toOptionalCell(node.dispersionSpread),
  lower: toOptionalCell(node.dispersionLowerLimit),
  upper: toOptionalCell(node.dispersionUpperLimit),
  comment: toOptionalText(node.naComment),
});

function parseMeasure(node: XmlNode): ReportedMeasure {
  const rows = listChildren(node.measureRows, 'measureRow').map((row) => ({
    title: toOptionalText(row.title),
    values: listChildren(row.reportedValues, 'reportedValue').map((value) => ({
      group: stripGroupPrefix(value.reportingGroupId),
      entries: listChildren(value.reportedEntries, 'reportedEntry').map(parseEntry),
    })),
  }));
  const first = listChildren(
    listChildren(node.measureRows, 'measureRow')[0]?.reportedValues,
    'reportedValue',
  );
  return {
    title: toRequiredText(node.otherTitle ?? node.title),
    description: toOptionalText(node.measureDescription),
    population: toOptionalText(node.populationAnalysisDescription),
    parameter: toRequiredText(node.parameterType) as ReportedMeasure['parameter'],
    dispersion: toRequiredText(node.dispersionType) as ReportedMeasure['dispersion'],
    unit: toRequiredText(node.unitOfMeasure),
    percentages: toOptionalText(node.calculatePct) === 'Yes',
    analyzed: first.map(
      (one): GroupCell => ({
        group: stripGroupPrefix(one.reportingGroupId),
        cell: toCell(one.subjectsAnalyzed),
      }),
    ),
    rows,
  };
}

function parseBaseline(node: XmlNode): BaselineCharacteristics {
  const groups = listChildren(node.baselineReportingGroups, 'baselineReportingGroup');
  const total = node.totalBaselineReportingGroup;
  return {
    population: toOptionalText(node.populationAnalysisDescription),
    groups: groups.map(parseGroup),
    total: total === undefined ? null : parseGroup(total),
    participants: [...groups, ...(total === undefined ? [] : [total])].map((one) => ({
      group: toRequiredText(one['@id']),
      cell: toCell(one.subjectsAnalyzed),
    })),
    measures: listChildren(node.baselineMeasures, 'baselineMeasure').map((one) => ({
      ...parseMeasure(one),
      studySpecific: one.otherTitle !== undefined,
    })),
  };
}

function parseOutcome(node: XmlNode): OutcomeMeasure {
  return {
    ...parseMeasure(node),
    // An upload does not name the figure; no rendering reads it.
    figure: 'overall-response',
    type: toRequiredText(node.measureType) as OutcomeMeasure['type'],
    timeFrame: toRequiredText(node.timeFrame),
    groups: listChildren(node.outcomeReportingGroups, 'outcomeReportingGroup').map(parseGroup),
    analyses: listChildren(node.outcomeMeasureAnalyses, 'measureAnalysis').map((one) => ({
      groups: listChildren(one.outcomeReportingGroups, 'outcomeReportingGroupId').map(stripGroupPrefix),
      description: toOptionalText(one.groupDescription),
      parameter: toRequiredText(one.otherTypeName),
      value: toCell(one.parameterValue),
      ciPercent: toRequiredText(one.ciPctValue),
      lower: toCell(one.ciLowerLimit),
      upper: toCell(one.ciUpperLimit),
      comment: toRequiredText(one.estimateComment),
    })),
  };
}

const parseTerm = (node: XmlNode): EventTerm => ({
  term: toRequiredText(node.term),
  organSystem: toRequiredText(node.organSystemName) as EventTerm['organSystem'],
  notes: toOptionalText(node.notes),
  stats: listChildren(node.adverseEventStats, 'eventStats').map((one) => ({
    group: toRequiredText(one.reportingGroupId),
    events: toCell(one.numEvents),
    affected: toCell(one.numSubjectsAffected),
    atRisk: toCell(one.numSubjects),
  })),
});

function parseEvents(node: XmlNode): ReportedEvents {
  return {
    timeFrame: toRequiredText(node.timeFrame),
    description: toOptionalText(node.notes),
    mortalityComment: toOptionalText(node.allCauseMortComment),
    threshold: toRequiredText(node.frequencyReportingThreshold),
    assessment: toRequiredText(node.assessmentType) as ReportedEvents['assessment'],
    vocabulary: toOptionalText(node.sourceVocabulary),
    groups: listChildren(node.interventionGroups, 'interventionGroup').map((one) => ({
      ...parseGroup(one),
      deaths: toCell(one.numDeaths),
      deathsAtRisk: toCell(one.partAtRiskAllCauseMort),
      serious: toCell(one.numSubjectsSeriousEvents),
      seriousAtRisk: toCell(one.partAtRiskSeriousEvents),
      other: toCell(one.numSubjectsFrequentEvents),
      otherAtRisk: toCell(one.partAtRiskFrequentEvents),
    })),
    serious: listChildren(node.seriousAdverseEvents, 'seriousEvent').map(parseTerm),
    other: listChildren(node.frequentAdverseEvents, 'frequentEvent').map(parseTerm),
  };
}

/** The `clinical_study` of an upload, as parsed. */
export function parseClinicalStudy(xml: string): XmlNode {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    isArray: (name) => LIST_ELEMENTS.has(name),
  });
  return parser.parse(xml)['prs:study_collection'].clinical_study;
}

/** The results of a full upload. */
export function parsePrsResults(xml: string): RegistryResults {
  const result = getChild(parseClinicalStudy(xml), 'rrs:result');
  const { certainAgreement: agreement, pointOfContact: contact } = result;
  return {
    flow: parseFlow(getChild(result, 'participantFlow')),
    baseline: parseBaseline(getChild(result, 'baseline')),
    outcomes: listChildren(result.outcomeMeasures, 'outcomeMeasure').map(parseOutcome),
    events: parseEvents(getChild(result, 'reportedEvents')),
    limitations: toOptionalText(result.limitationsAndCaveats?.description),
    agreement: {
      piSponsorEmployee: toRequiredText(agreement?.piSponsorEmployee),
      restrictive: toOptionalText(agreement?.restrictiveAgreement),
      restriction: toOptionalText(agreement?.restrictionType),
      details: toOptionalText(agreement?.otherDetails),
    },
    contact: {
      title: toRequiredText(contact?.title),
      organization: toRequiredText(contact?.organizationName),
      phone: toRequiredField(contact?.phoneNumber),
      extension: toOptionalText(contact?.phoneExtension),
      email: toRequiredField(contact?.email),
    },
  };
}
