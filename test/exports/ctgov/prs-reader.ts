import { XMLParser } from 'fast-xml-parser';
import type {
  Baseline,
  Cell,
  Entry,
  EventTerm,
  Group,
  GroupCell,
  Measure,
  Milestone,
  OutcomeMeasure,
  ParticipantFlow,
  ReportedEvents,
  Results,
} from '../../../src/exports/ctgov/model.ts';

/** Reads a PRS upload back into the results model (without the subjects, whom the file does not carry). */

/** An element by its children's names; a leaf is its text. */
interface Node {
  readonly [name: string]: Node | undefined;
}

const sub = (node: Node | undefined, name: string): Node => node?.[name] ?? {};
const str = (node: Node | undefined): string => String(node);

const LISTS = new Set([
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

const text = (node: Node | undefined): string | null => (node === undefined ? null : String(node));
const list = (node: Node | undefined, name: string): readonly Node[] =>
  (node?.[name] ?? []) as unknown as readonly Node[];
const cell = (value: Node | undefined): Cell => ({
  value: String(value),
  counts: 'figure',
  subjects: 0,
  from: () => null,
});
const cellOrNull = (value: Node | undefined): Cell | null => (value === undefined ? null : cell(value));
const short = (id: Node | undefined): string => str(id).replace(/^O\d+\./, '');

const group = (node: Node): Group => ({
  id: short(node['@id']),
  title: str(node.title),
  description: text(node.description),
});

const milestone = (node: Node): Milestone => ({
  comment: text(node.comment),
  achieved: list(node.milestoneAchievements, 'milestoneAchievement').map((one) => ({
    group: str(one.reportingGroupId),
    cell: cell(one.subjectsAchieve),
  })),
});

function flow(node: Node): ParticipantFlow {
  return {
    preAssignment: text(node.preAssignmentDescription),
    recruitment: text(node.recruitmentDetails),
    groups: list(node.participantFlowGroups, 'flowGroup').map(group),
    periods: list(node.periods, 'period').map((period) => ({
      title: str(period.title),
      started: milestone(sub(period, 'startedMilestone')),
      between: list(period.milestones, 'milestone').map((one) => ({
        ...milestone(one),
        title: str(one.titleOther),
      })),
      completed: milestone(sub(period, 'completedMilestone')),
      reasons: list(period.dropWithdrawReasons, 'dropWithdrawReason').map((one) => ({
        type: str(one.reasonType),
        other: text(one.otherReasonName),
        affected: list(one.dropWithdrawReasonDetails, 'reasonDetail').map((detail) => ({
          group: str(detail.reportingGroupId),
          cell: cell(detail.subjectsAffected),
        })),
      })),
    })),
  };
}

const entry = (node: Node): Entry => ({
  category: text(node.catName),
  value: cell(node.parameterValue),
  spread: cellOrNull(node.dispersionSpread),
  lower: cellOrNull(node.dispersionLowerLimit),
  upper: cellOrNull(node.dispersionUpperLimit),
  comment: text(node.naComment),
});

function measure(node: Node): Measure {
  const rows = list(node.measureRows, 'measureRow').map((row) => ({
    title: text(row.title),
    values: list(row.reportedValues, 'reportedValue').map((value) => ({
      group: short(value.reportingGroupId),
      entries: list(value.reportedEntries, 'reportedEntry').map(entry),
    })),
  }));
  const first = list(list(node.measureRows, 'measureRow')[0]?.reportedValues, 'reportedValue');
  return {
    title: str(node.otherTitle ?? node.title),
    description: text(node.measureDescription),
    population: text(node.populationAnalysisDescription),
    parameter: str(node.parameterType) as Measure['parameter'],
    dispersion: str(node.dispersionType) as Measure['dispersion'],
    unit: str(node.unitOfMeasure),
    percentages: text(node.calculatePct) === 'Yes',
    analyzed: first.map(
      (one): GroupCell => ({
        group: short(one.reportingGroupId),
        cell: cell(one.subjectsAnalyzed),
      }),
    ),
    rows,
  };
}

function baseline(node: Node): Baseline {
  const groups = list(node.baselineReportingGroups, 'baselineReportingGroup');
  const total = node.totalBaselineReportingGroup;
  return {
    population: text(node.populationAnalysisDescription),
    groups: groups.map(group),
    total: total === undefined ? null : group(total),
    participants: [...groups, ...(total === undefined ? [] : [total])].map((one) => ({
      group: str(one['@id']),
      cell: cell(one.subjectsAnalyzed),
    })),
    measures: list(node.baselineMeasures, 'baselineMeasure').map((one) => ({
      ...measure(one),
      studySpecific: one.otherTitle !== undefined,
    })),
  };
}

function outcome(node: Node): OutcomeMeasure {
  return {
    ...measure(node),
    type: str(node.measureType) as OutcomeMeasure['type'],
    timeFrame: str(node.timeFrame),
    groups: list(node.outcomeReportingGroups, 'outcomeReportingGroup').map(group),
    analyses: list(node.outcomeMeasureAnalyses, 'measureAnalysis').map((one) => ({
      groups: list(one.outcomeReportingGroups, 'outcomeReportingGroupId').map(short),
      description: text(one.groupDescription),
      parameter: str(one.otherTypeName),
      value: cell(one.parameterValue),
      ciPercent: str(one.ciPctValue),
      lower: cell(one.ciLowerLimit),
      upper: cell(one.ciUpperLimit),
      comment: str(one.estimateComment),
    })),
  };
}

const term = (node: Node): EventTerm => ({
  term: str(node.term),
  organSystem: str(node.organSystemName) as EventTerm['organSystem'],
  notes: text(node.notes),
  stats: list(node.adverseEventStats, 'eventStats').map((one) => ({
    group: str(one.reportingGroupId),
    events: cell(one.numEvents),
    affected: cell(one.numSubjectsAffected),
    atRisk: cell(one.numSubjects),
  })),
});

function events(node: Node): ReportedEvents {
  return {
    timeFrame: str(node.timeFrame),
    description: text(node.notes),
    mortalityComment: text(node.allCauseMortComment),
    threshold: str(node.frequencyReportingThreshold),
    assessment: str(node.assessmentType) as ReportedEvents['assessment'],
    vocabulary: text(node.sourceVocabulary),
    groups: list(node.interventionGroups, 'interventionGroup').map((one) => ({
      ...group(one),
      deaths: cell(one.numDeaths),
      deathsAtRisk: cell(one.partAtRiskAllCauseMort),
      serious: cell(one.numSubjectsSeriousEvents),
      seriousAtRisk: cell(one.partAtRiskSeriousEvents),
      other: cell(one.numSubjectsFrequentEvents),
      otherAtRisk: cell(one.partAtRiskFrequentEvents),
    })),
    serious: list(node.seriousAdverseEvents, 'seriousEvent').map(term),
    other: list(node.frequentAdverseEvents, 'frequentEvent').map(term),
  };
}

/** The `clinical_study` of an upload, as parsed. */
export function clinicalStudy(xml: string): Node {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    isArray: (name) => LISTS.has(name),
  });
  return parser.parse(xml)['prs:study_collection'].clinical_study;
}

/** The results of a full upload. */
export function resultsFrom(xml: string): Results {
  const result = sub(clinicalStudy(xml), 'rrs:result');
  const { certainAgreement: agreement, pointOfContact: contact } = result;
  return {
    flow: flow(sub(result, 'participantFlow')),
    baseline: baseline(sub(result, 'baseline')),
    outcomes: list(result.outcomeMeasures, 'outcomeMeasure').map(outcome),
    events: events(sub(result, 'reportedEvents')),
    limitations: text(result.limitationsAndCaveats?.description),
    agreement: {
      piSponsorEmployee: str(agreement?.piSponsorEmployee),
      restrictive: text(agreement?.restrictiveAgreement),
      restriction: text(agreement?.restrictionType),
      details: text(agreement?.otherDetails),
    },
    contact: {
      title: str(contact?.title),
      organization: str(contact?.organizationName),
      phone: str(contact?.phoneNumber),
      extension: text(contact?.phoneExtension),
      email: str(contact?.email),
    },
  };
}
