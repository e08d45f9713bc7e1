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
      milestone: period.between.map((one) => ({ ...toMilestoneXml(one), titleOther: one.title })),
    },
    startedMilestone: toMilestoneXml(period.started),
    title: period.title,
  };
}

/** `participantFlow` in the order of the schema. */
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

const toMeasureGroupXml = (
  group: ReportingGroup,
  analyzed: readonly GroupCell[],
  id = group.id,
): XmlContent => ({
  '@id': id,
  description: group.description,
  subjectsAnalyzed: analyzed.find((one) => one.group === group.id)?.cell.value,
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

function toRowsXml(measure: ReportedMeasure, inDocument: (id: string) => string): XmlContent {
  return {
    measureRow: measure.rows.map(({ title, values }) => ({
      reportedValues: {
        reportedValue: values.map(({ group, entries }) => ({
          reportingGroupId: inDocument(group),
          reportedEntries: { reportedEntry: entries.map(toEntryXml) },
          subjectsAnalyzed: measure.analyzed.find((one) => one.group === group)?.cell.value,
        })),
      },
      title,
    })),
  };
}

/** What baseline and outcome measures share, before what is their own. */
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

/** `baseline` in the order of the schema; a characteristic of the study's own stands under `Other` with its title. */
export function toBaselineXml(baseline: BaselineCharacteristics): XmlContent {
  const same = (id: string): string => id;
  return {
    baselineMeasures: {
      baselineMeasure: baseline.measures.map((one) => ({
        ...toMeasureXml(one, one.studySpecific ? 'Other' : one.title, undefined, toRowsXml(one, same)),
        otherTitle: one.studySpecific ? one.title : undefined,
      })),
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

function toAnalysisXml(analysis: OutcomeAnalysis, inDocument: (id: string) => string): XmlContent {
  return {
    outcomeReportingGroups: { outcomeReportingGroupId: analysis.groups.map(inDocument) },
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

/** One outcome measure. Its groups' ids get the measure's number: in XML an id is unique in the whole document. */
export function toOutcomeXml(outcome: OutcomeMeasure, index: number): XmlContent {
  const inDocument = (id: string): string => `O${index + 1}.${id}`;
  return {
    ...toMeasureXml(outcome, outcome.title, outcome.timeFrame, toRowsXml(outcome, inDocument)),
    measureType: outcome.type,
    outcomeMeasureAnalyses: {
      measureAnalysis: outcome.analyses.map((one) => toAnalysisXml(one, inDocument)),
    },
    outcomeReportingGroups: {
      outcomeReportingGroup: outcome.groups.map((group) =>
        toMeasureGroupXml(group, outcome.analyzed, inDocument(group.id)),
      ),
    },
  };
}

/** `certainAgreement` in the order of the schema. */
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

/** `pointOfContact` in the order of the schema. */
export function toContactXml(contact: PointOfContact): XmlContent {
  return {
    email: contact.email,
    organizationName: contact.organization,
    phoneExtension: contact.extension,
    phoneNumber: contact.phone,
    title: contact.title,
  };
}
