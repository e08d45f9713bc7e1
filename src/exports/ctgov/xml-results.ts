import type {
  Analysis,
  Baseline,
  CertainAgreement,
  Entry,
  Group,
  GroupCell,
  Measure,
  Milestone,
  OutcomeMeasure,
  ParticipantFlow,
  Period,
  PointOfContact,
} from './model.ts';
import type { Xml } from './xml.ts';

function milestoneXml({ comment, achieved }: Milestone): Xml {
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

function periodXml(period: Period): Xml {
  return {
    completedMilestone: milestoneXml(period.completed),
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
      milestone: period.between.map((one) => ({ ...milestoneXml(one), titleOther: one.title })),
    },
    startedMilestone: milestoneXml(period.started),
    title: period.title,
  };
}

/** `participantFlow` in the order of the schema. */
export function flowXml(flow: ParticipantFlow): Xml {
  return {
    participantFlowGroups: {
      flowGroup: flow.groups.map(({ id, title, description }) => ({ '@id': id, description, title })),
    },
    periods: { period: flow.periods.map(periodXml) },
    preAssignmentDescription: flow.preAssignment,
    recruitmentDetails: flow.recruitment,
  };
}

const measureGroupXml = (group: Group, analyzed: readonly GroupCell[], id = group.id): Xml => ({
  '@id': id,
  description: group.description,
  subjectsAnalyzed: analyzed.find((one) => one.group === group.id)?.cell.value,
  title: group.title,
});

const entryXml = ({ category, value, spread, lower, upper, comment }: Entry): Xml => ({
  catName: category,
  dispersionLowerLimit: lower?.value,
  dispersionSpread: spread?.value,
  dispersionUpperLimit: upper?.value,
  naComment: comment,
  parameterValue: value.value,
});

function rowsXml(measure: Measure, inDocument: (id: string) => string): Xml {
  return {
    measureRow: measure.rows.map(({ title, values }) => ({
      reportedValues: {
        reportedValue: values.map(({ group, entries }) => ({
          reportingGroupId: inDocument(group),
          reportedEntries: { reportedEntry: entries.map(entryXml) },
          subjectsAnalyzed: measure.analyzed.find((one) => one.group === group)?.cell.value,
        })),
      },
      title,
    })),
  };
}

/** What baseline and outcome measures share, before what is their own. */
function measureXml(measure: Measure, title: string, timeFrame: string | undefined, rows: Xml): Xml {
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
export function baselineXml(baseline: Baseline): Xml {
  const same = (id: string): string => id;
  return {
    baselineMeasures: {
      baselineMeasure: baseline.measures.map((one) => ({
        ...measureXml(one, one.studySpecific ? 'Other' : one.title, undefined, rowsXml(one, same)),
        otherTitle: one.studySpecific ? one.title : undefined,
      })),
    },
    baselineReportingGroups: {
      baselineReportingGroup: baseline.groups.map((group) => measureGroupXml(group, baseline.participants)),
    },
    populationAnalysisDescription: baseline.population,
    totalBaselineReportingGroup: baseline.total
      ? measureGroupXml(baseline.total, baseline.participants)
      : undefined,
  };
}

function analysisXml(analysis: Analysis, inDocument: (id: string) => string): Xml {
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
export function outcomeXml(outcome: OutcomeMeasure, index: number): Xml {
  const inDocument = (id: string): string => `O${index + 1}.${id}`;
  return {
    ...measureXml(outcome, outcome.title, outcome.timeFrame, rowsXml(outcome, inDocument)),
    measureType: outcome.type,
    outcomeMeasureAnalyses: {
      measureAnalysis: outcome.analyses.map((one) => analysisXml(one, inDocument)),
    },
    outcomeReportingGroups: {
      outcomeReportingGroup: outcome.groups.map((group) =>
        measureGroupXml(group, outcome.analyzed, inDocument(group.id)),
      ),
    },
  };
}

/** `certainAgreement` in the order of the schema. */
export function agreementXml({
  details,
  piSponsorEmployee,
  restriction,
  restrictive,
}: CertainAgreement): Xml {
  return {
    otherDetails: details,
    piSponsorEmployee,
    restrictionType: restriction,
    restrictiveAgreement: restrictive,
  };
}

/** `pointOfContact` in the order of the schema. */
export function contactXml(contact: PointOfContact): Xml {
  return {
    email: contact.email,
    organizationName: contact.organization,
    phoneExtension: contact.extension,
    phoneNumber: contact.phone,
    title: contact.title,
  };
}
