import type {
  BaselineCharacteristics,
  CertainAgreement,
  FlowPeriod,
  GroupCell,
  Milestone,
  OutcomeAnalysis,
  OutcomeMeasure,
  ParticipantFlow,
  PointOfContact,
  ReportedEntry,
  ReportedMeasure,
  ReportingGroup,
} from '../registry-results/results-model.ts';
import type { XmlContent } from '../registry-results/xml.ts';

function toMilestoneXml({ comment, achieved }: Milestone): XmlContent {
  return {
    comment,
    milestoneAchievements: {
      milestoneAchievement: achieved.map(({ group, cell }) => ({
        reportingGroupId: group,
        subjectsAchieve: cell.value,
      })),
    },
  };
}

function toPeriodXml(period: FlowPeriod): XmlContent {
  return {
    completedMilestone: toMilestoneXml(period.completed),
    dropWithdrawReasons: {
      dropWithdrawReason: period.reasons.map(({ type, other, affected }) => ({
        dropWithdrawReasonDetails: {
          reasonDetail: affected.map(({ group, cell }) => ({
            reportingGroupId: group,
            subjectsAffected: cell.value,
          })),
        },
        otherReasonName: other,
        reasonType: type,
      })),
    },
    milestones: {
      milestone: period.between.map((milestone) => ({
        ...toMilestoneXml(milestone),
        titleOther: milestone.title,
      })),
    },
    startedMilestone: toMilestoneXml(period.started),
    title: period.title,
  };
}

/** Builds `participantFlow` in the order of the schema. */
export function toFlowXml(flow: ParticipantFlow): XmlContent {
  return {
    participantFlowGroups: {
      flowGroup: flow.groups.map(({ id, title, description }) => ({ '@id': id, description, title })),
    },
    periods: { period: flow.periods.map(toPeriodXml) },
    preAssignmentDescription: flow.preAssignment,
    recruitmentDetails: flow.recruitment,
  };
}

const findGroupValue = (cells: readonly GroupCell[], groupId: string): string | undefined =>
  cells.find(({ group }) => group === groupId)?.cell.value;

const toMeasureGroupXml = (
  group: ReportingGroup,
  analyzed: readonly GroupCell[],
  id = group.id,
): XmlContent => ({
  '@id': id,
  description: group.description,
  subjectsAnalyzed: findGroupValue(analyzed, group.id),
  title: group.title,
});

const toEntryXml = ({ category, value, spread, lower, upper, comment }: ReportedEntry): XmlContent => ({
  catName: category,
  dispersionLowerLimit: lower?.value,
  dispersionSpread: spread?.value,
  dispersionUpperLimit: upper?.value,
  naComment: comment,
  parameterValue: value.value,
});

function toRowsXml(measure: ReportedMeasure, toDocumentId: (id: string) => string): XmlContent {
  return {
    measureRow: measure.rows.map(({ title, values }) => ({
      reportedValues: {
        reportedValue: values.map(({ group, entries }) => ({
          reportingGroupId: toDocumentId(group),
          reportedEntries: { reportedEntry: entries.map(toEntryXml) },
          subjectsAnalyzed: findGroupValue(measure.analyzed, group),
        })),
      },
      title,
    })),
  };
}

/** Builds the part that baseline and outcome measures share. */
function toMeasureXml(
  measure: ReportedMeasure,
  title: string,
  timeFrame: string | undefined,
  rows: XmlContent,
): XmlContent {
  return {
    calculatePct:
      measure.parameter === 'Count of Participants' ? (measure.percentages ? 'Yes' : 'No') : undefined,
    dispersionType: measure.dispersion,
    measureRows: rows,
    measureDescription: measure.description,
    parameterType: measure.parameter,
    populationAnalysisDescription: measure.population,
    timeFrame,
    title,
    unitOfMeasure: measure.unit,
  };
}

/** Builds `baseline` in the order of the schema. A characteristic of the study's own has the title `Other` and its own title next to it. */
export function toBaselineXml(baseline: BaselineCharacteristics): XmlContent {
  const toDocumentId = (id: string): string => id;
  return {
    baselineMeasures: {
      baselineMeasure: baseline.measures.map((measure) => {
        const { studySpecific, title } = measure;
        const rows = toRowsXml(measure, toDocumentId);
        return {
          ...toMeasureXml(measure, studySpecific ? 'Other' : title, undefined, rows),
          otherTitle: studySpecific ? title : undefined,
        };
      }),
    },
    baselineReportingGroups: {
      baselineReportingGroup: baseline.groups.map((group) => toMeasureGroupXml(group, baseline.participants)),
    },
    populationAnalysisDescription: baseline.population,
    totalBaselineReportingGroup: baseline.total
      ? toMeasureGroupXml(baseline.total, baseline.participants)
      : undefined,
  };
}

function toAnalysisXml(analysis: OutcomeAnalysis, toDocumentId: (id: string) => string): XmlContent {
  return {
    outcomeReportingGroups: { outcomeReportingGroupId: analysis.groups.map(toDocumentId) },
    ciLowerLimit: analysis.lower.value,
    ciNumSides: '2-Sided',
    ciPctValue: analysis.ciPercent,
    ciUpperLimit: analysis.upper.value,
    estimateComment: analysis.comment,
    groupDescription: analysis.description,
    otherTypeName: analysis.parameter,
    parameterType: 'Other',
    parameterValue: analysis.value.value,
  };
}

/** Builds one outcome measure. Its number is put before the ids of its groups: in XML an id is unique in the document. */
export function toOutcomeXml(outcome: OutcomeMeasure, index: number): XmlContent {
  const toDocumentId = (id: string): string => `O${index + 1}.${id}`;
  return {
    ...toMeasureXml(outcome, outcome.title, outcome.timeFrame, toRowsXml(outcome, toDocumentId)),
    measureType: outcome.type,
    outcomeMeasureAnalyses: {
      measureAnalysis: outcome.analyses.map((analysis) => toAnalysisXml(analysis, toDocumentId)),
    },
    outcomeReportingGroups: {
      outcomeReportingGroup: outcome.groups.map((group) =>
        toMeasureGroupXml(group, outcome.analyzed, toDocumentId(group.id)),
      ),
    },
  };
}

/** Builds `certainAgreement` in the order of the schema. */
export function toAgreementXml({
  details,
  piSponsorEmployee,
  restriction,
  restrictive,
}: CertainAgreement): XmlContent {
  return {
    otherDetails: details,
    piSponsorEmployee,
    restrictionType: restriction,
    restrictiveAgreement: restrictive,
  };
}

/** Builds `pointOfContact` in the order of the schema. */
export function toContactXml(contact: PointOfContact): XmlContent {
  return {
    email: contact.email.text,
    organizationName: contact.organization,
    phoneExtension: contact.extension,
    phoneNumber: contact.phone.text,
    title: contact.title,
  };
}
