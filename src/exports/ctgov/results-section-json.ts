import { omitPlaceholder } from '../registry-results/required-fields.ts';
import type {
  BaselineCharacteristics,
  EventTerm,
  FlowPeriod,
  GroupCell,
  Milestone,
  OutcomeAnalysis,
  OutcomeMeasure,
  ParticipantFlow,
  RegistryResults,
  ReportedEvents,
  ReportedMeasure,
  ReportingGroup,
} from '../registry-results/results-model.ts';
import { sumCellsOfGroup } from '../registry-results/results-model.ts';
import { omitUndefined } from './protocol-section-json.ts';

const PARAMETER_TYPES = {
  'Count of Participants': 'COUNT_OF_PARTICIPANTS',
  Mean: 'MEAN',
  Median: 'MEDIAN',
  Number: 'NUMBER',
} as const;
const BASELINE_DISPERSION_TYPES = {
  'Not Applicable': 'NA',
  'Standard Deviation': 'STANDARD_DEVIATION',
  'Full Range': 'FULL_RANGE',
  '90% Confidence Interval': 'CONFIDENCE_90',
  '95% Confidence Interval': 'CONFIDENCE_95',
  '99% Confidence Interval': 'CONFIDENCE_99',
} as const;
const OUTCOME_TYPES = {
  Primary: 'PRIMARY',
  Secondary: 'SECONDARY',
  'Other Pre-specified': 'OTHER_PRE_SPECIFIED',
  'Post-Hoc': 'POST_HOC',
} as const;
const ASSESSMENT_TYPES = {
  'Systematic Assessment': 'SYSTEMATIC_ASSESSMENT',
  'Non-systematic Assessment': 'NON_SYSTEMATIC_ASSESSMENT',
} as const;
const YES_NO: Readonly<Record<string, boolean>> = { Yes: true, No: false };
const RESTRICTION_TYPES: Readonly<Record<string, string>> = { LTE60: 'LTE60', GT60: 'GT60', Other: 'OTHER' };

const toGroupJson = ({ id, title, description }: ReportingGroup) => ({
  id,
  title,
  description: description ?? undefined,
});

const toSubjectCounts = (cells: readonly GroupCell[]) =>
  cells.map(({ group, cell }) => ({ groupId: group, numSubjects: cell.value }));

const toMilestoneJson = (type: string, { comment, achieved }: Milestone) => ({
  type,
  comment: comment ?? undefined,
  achievements: toSubjectCounts(achieved),
});

/** The API has a milestone that PRS does not: the participants who did not complete, as the sum of the reasons. */
function toPeriodJson(period: FlowPeriod, groups: readonly ReportingGroup[]) {
  const notCompleted = period.reasons.flatMap(({ affected }) => affected);
  return {
    title: period.title,
    milestones: [
      toMilestoneJson('STARTED', period.started),
      ...period.between.map((milestone) => toMilestoneJson(milestone.title, milestone)),
      toMilestoneJson('COMPLETED', period.completed),
      {
        type: 'NOT COMPLETED',
        achievements: groups.map(({ id }) => ({
          groupId: id,
          numSubjects: String(sumCellsOfGroup(id, notCompleted)),
        })),
      },
    ],
    dropWithdraws: period.reasons.map(({ type, other, affected }) => ({
      type: other ?? type,
      reasons: toSubjectCounts(affected),
    })),
  };
}

function toFlowJson({ preAssignment, recruitment, groups, periods }: ParticipantFlow) {
  return {
    preAssignmentDetails: preAssignment ?? undefined,
    recruitmentDetails: recruitment ?? undefined,
    groups: groups.map(toGroupJson),
    periods: periods.map((period) => toPeriodJson(period, groups)),
  };
}

const toDenoms = (cells: readonly GroupCell[]) => [
  { units: 'Participants', counts: cells.map(({ group, cell }) => ({ groupId: group, value: cell.value })) },
];

/**
 * Converts PRS rows to classes of the API. In PRS a row has groups, and a group has entries; in the API a class has
 * categories, and a category has a measurement per group. A row without entries (of the measure which states that
 * nothing was collected) becomes no class.
 */
function toClassesJson({ rows }: ReportedMeasure) {
  const rowsWithEntries = rows.filter(({ values }) => values.some(({ entries }) => entries.length > 0));
  return rowsWithEntries.map(({ title, values }) => {
    const categories = [...new Set(values.flatMap(({ entries }) => entries.map(({ category }) => category)))];
    return {
      title: title ?? undefined,
      categories: categories.map((category) => ({
        title: category ?? undefined,
        measurements: values.flatMap(({ group, entries }) =>
          entries
            .filter((entry) => entry.category === category)
            .map(({ value, spread, lower, upper, comment }) => ({
              groupId: group,
              value: value.value,
              spread: spread?.value,
              lowerLimit: lower?.value,
              upperLimit: upper?.value,
              comment: comment ?? undefined,
            })),
        ),
      })),
    };
  });
}

const toMeasureJson = (measure: ReportedMeasure) => ({
  title: measure.title,
  description: measure.description ?? undefined,
  populationDescription: measure.population ?? undefined,
  paramType: PARAMETER_TYPES[measure.parameter],
  unitOfMeasure: measure.unit,
  calculatePct: measure.parameter === 'Count of Participants' ? measure.percentages : undefined,
});

function toBaselineJson({ population, groups, total, participants, measures }: BaselineCharacteristics) {
  return {
    populationDescription: population ?? undefined,
    groups: [...groups, ...(total ? [total] : [])].map(toGroupJson),
    denoms: toDenoms(participants),
    measures: measures.map((measure) => ({
      ...toMeasureJson(measure),
      dispersionType: BASELINE_DISPERSION_TYPES[measure.dispersion],
      denoms: toDenoms(measure.analyzed),
      classes: toClassesJson(measure),
    })),
  };
}

const toAnalysisJson = (analysis: OutcomeAnalysis) => ({
  paramType: analysis.parameter,
  paramValue: analysis.value.value,
  ciNumSides: 'TWO_SIDED',
  ciPctValue: analysis.ciPercent,
  ciLowerLimit: analysis.lower.value,
  ciUpperLimit: analysis.upper.value,
  estimateComment: analysis.comment,
  groupDescription: analysis.description ?? undefined,
  groupIds: analysis.groups,
});

function toOutcomeJson(outcome: OutcomeMeasure) {
  return {
    type: OUTCOME_TYPES[outcome.type],
    ...toMeasureJson(outcome),
    reportingStatus: 'POSTED',
    dispersionType: outcome.dispersion === 'Not Applicable' ? undefined : outcome.dispersion,
    timeFrame: outcome.timeFrame,
    groups: outcome.groups.map(toGroupJson),
    denoms: toDenoms(outcome.analyzed),
    classes: toClassesJson(outcome),
    analyses: outcome.analyses.length ? outcome.analyses.map(toAnalysisJson) : undefined,
  };
}

const toEventTermJson = ({ term, organSystem, notes, stats }: EventTerm, events: ReportedEvents) => ({
  term,
  organSystem,
  sourceVocabulary: events.vocabulary ?? undefined,
  assessmentType: ASSESSMENT_TYPES[events.assessment],
  notes: notes ?? undefined,
  stats: stats.map((groupStats) => ({
    groupId: groupStats.group,
    numEvents: Number(groupStats.events.value),
    numAffected: Number(groupStats.affected.value),
    numAtRisk: Number(groupStats.atRisk.value),
  })),
});

/** In this module, unlike in all others, the API's counts are numbers. */
function toEventsJson(events: ReportedEvents) {
  return {
    frequencyThreshold: events.threshold,
    timeFrame: events.timeFrame,
    description: events.description ?? undefined,
    allCauseMortalityComment: events.mortalityComment ?? undefined,
    eventGroups: events.groups.map((group) => ({
      ...toGroupJson(group),
      deathsNumAffected: Number(group.deaths.value),
      deathsNumAtRisk: Number(group.deathsAtRisk.value),
      seriousNumAffected: Number(group.serious.value),
      seriousNumAtRisk: Number(group.seriousAtRisk.value),
      otherNumAffected: Number(group.other.value),
      otherNumAtRisk: Number(group.otherAtRisk.value),
    })),
    seriousEvents: events.serious.map((term) => toEventTermJson(term, events)),
    otherEvents: events.other.map((term) => toEventTermJson(term, events)),
  };
}

function toMoreInfoModule({ limitations, agreement, contact }: RegistryResults) {
  const { piSponsorEmployee, restrictive, restriction, details } = agreement;
  return {
    limitationsAndCaveats: limitations === null ? undefined : { description: limitations },
    certainAgreement: {
      piSponsorEmployee: YES_NO[piSponsorEmployee],
      restrictionType: restriction === null ? undefined : RESTRICTION_TYPES[restriction],
      restrictiveAgreement: restrictive === null ? undefined : YES_NO[restrictive],
      otherDetails: details ?? undefined,
    },
    pointOfContact: {
      title: contact.title,
      organization: contact.organization,
      email: omitPlaceholder(contact.email),
      phone: omitPlaceholder(contact.phone),
      phoneExt: contact.extension ?? undefined,
    },
  };
}

/** Builds `resultsSection` of API v2, as the public will see the results. */
export function toResultsSection(results: RegistryResults) {
  return omitUndefined({
    participantFlowModule: toFlowJson(results.flow),
    baselineCharacteristicsModule: toBaselineJson(results.baseline),
    outcomeMeasuresModule: { outcomeMeasures: results.outcomes.map(toOutcomeJson) },
    adverseEventsModule: toEventsJson(results.events),
    moreInfoModule: toMoreInfoModule(results),
  });
}
