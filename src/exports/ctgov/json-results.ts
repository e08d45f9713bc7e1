import { without } from './json-record.ts';
import type {
  Analysis,
  Baseline,
  EventTerm,
  Group,
  GroupCell,
  Measure,
  Milestone,
  OutcomeMeasure,
  ParticipantFlow,
  Period,
  ReportedEvents,
  Results,
} from './model.ts';
import { sumFor } from './model.ts';
import { known } from './wanted.ts';

const PARAMETERS = {
  'Count of Participants': 'COUNT_OF_PARTICIPANTS',
  Mean: 'MEAN',
  Median: 'MEDIAN',
  Number: 'NUMBER',
} as const;
const BASE_DISPERSIONS = {
  'Not Applicable': 'NA',
  'Standard Deviation': 'STANDARD_DEVIATION',
  'Full Range': 'FULL_RANGE',
  '90% Confidence Interval': 'CONFIDENCE_90',
  '95% Confidence Interval': 'CONFIDENCE_95',
  '99% Confidence Interval': 'CONFIDENCE_99',
} as const;
const TYPES = {
  Primary: 'PRIMARY',
  Secondary: 'SECONDARY',
  'Other Pre-specified': 'OTHER_PRE_SPECIFIED',
  'Post-Hoc': 'POST_HOC',
} as const;
const ASSESSMENTS = {
  'Systematic Assessment': 'SYSTEMATIC_ASSESSMENT',
  'Non-systematic Assessment': 'NON_SYSTEMATIC_ASSESSMENT',
} as const;
const YES_NO: Readonly<Record<string, boolean>> = { Yes: true, No: false };
const RESTRICTIONS: Readonly<Record<string, string>> = { LTE60: 'LTE60', GT60: 'GT60', Other: 'OTHER' };

const groupJson = ({ id, title, description }: Group) => ({
  id,
  title,
  description: description ?? undefined,
});

const stats = (cells: readonly GroupCell[]) =>
  cells.map(({ group, cell }) => ({ groupId: group, numSubjects: cell.value }));

const milestone = (type: string, { comment, achieved }: Milestone) => ({
  type,
  comment: comment ?? undefined,
  achievements: stats(achieved),
});

/** The API adds a milestone that PRS does not ask for: who did not complete, the sum of the reasons. */
function periodJson(period: Period, groups: readonly Group[]) {
  const affected = period.reasons.flatMap((reason) => reason.affected);
  return {
    title: period.title,
    milestones: [
      milestone('STARTED', period.started),
      ...period.between.map((one) => milestone(one.title, one)),
      milestone('COMPLETED', period.completed),
      {
        type: 'NOT COMPLETED',
        achievements: groups.map(({ id }) => ({ groupId: id, numSubjects: String(sumFor(id, affected)) })),
      },
    ],
    dropWithdraws: period.reasons.map(({ type, other, affected: cells }) => ({
      type: other ?? type,
      reasons: stats(cells),
    })),
  };
}

function flowJson({ preAssignment, recruitment, groups, periods }: ParticipantFlow) {
  return {
    preAssignmentDetails: preAssignment ?? undefined,
    recruitmentDetails: recruitment ?? undefined,
    groups: groups.map(groupJson),
    periods: periods.map((period) => periodJson(period, groups)),
  };
}

const denoms = (cells: readonly GroupCell[]) => [
  { units: 'Participants', counts: cells.map(({ group, cell }) => ({ groupId: group, value: cell.value })) },
];

/**
 * A PRS row is a class; its entries, which stand under the groups there, are categories with the groups inside. A row
 * without entries (of a measure that says that nothing was collected) is no class.
 */
function classesJson({ rows }: Measure) {
  const filled = rows.filter(({ values }) => values.some(({ entries }) => entries.length > 0));
  return filled.map(({ title, values }) => {
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

const measureJson = (measure: Measure) => ({
  title: measure.title,
  description: measure.description ?? undefined,
  populationDescription: measure.population ?? undefined,
  paramType: PARAMETERS[measure.parameter],
  unitOfMeasure: measure.unit,
  calculatePct: measure.parameter === 'Count of Participants' ? measure.percentages : undefined,
});

function baselineJson({ population, groups, total, participants, measures }: Baseline) {
  return {
    populationDescription: population ?? undefined,
    groups: [...groups, ...(total ? [total] : [])].map(groupJson),
    denoms: denoms(participants),
    measures: measures.map((measure) => ({
      ...measureJson(measure),
      dispersionType: BASE_DISPERSIONS[measure.dispersion],
      denoms: denoms(measure.analyzed),
      classes: classesJson(measure),
    })),
  };
}

const analysisJson = (analysis: Analysis) => ({
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

function outcomeJson(outcome: OutcomeMeasure) {
  return {
    type: TYPES[outcome.type],
    ...measureJson(outcome),
    reportingStatus: 'POSTED',
    dispersionType: outcome.dispersion === 'Not Applicable' ? undefined : outcome.dispersion,
    timeFrame: outcome.timeFrame,
    groups: outcome.groups.map(groupJson),
    denoms: denoms(outcome.analyzed),
    classes: classesJson(outcome),
    analyses: outcome.analyses.length ? outcome.analyses.map(analysisJson) : undefined,
  };
}

const termJson = ({ term, organSystem, notes, stats: cells }: EventTerm, events: ReportedEvents) => ({
  term,
  organSystem,
  sourceVocabulary: events.vocabulary ?? undefined,
  assessmentType: ASSESSMENTS[events.assessment],
  notes: notes ?? undefined,
  stats: cells.map((one) => ({
    groupId: one.group,
    numEvents: Number(one.events.value),
    numAffected: Number(one.affected.value),
    numAtRisk: Number(one.atRisk.value),
  })),
});

/** Here, unlike in all other modules, the API's counts are numbers. */
function eventsJson(events: ReportedEvents) {
  return {
    frequencyThreshold: events.threshold,
    timeFrame: events.timeFrame,
    description: events.description ?? undefined,
    allCauseMortalityComment: events.mortalityComment ?? undefined,
    eventGroups: events.groups.map((group) => ({
      ...groupJson(group),
      deathsNumAffected: Number(group.deaths.value),
      deathsNumAtRisk: Number(group.deathsAtRisk.value),
      seriousNumAffected: Number(group.serious.value),
      seriousNumAtRisk: Number(group.seriousAtRisk.value),
      otherNumAffected: Number(group.other.value),
      otherNumAtRisk: Number(group.otherAtRisk.value),
    })),
    seriousEvents: events.serious.map((one) => termJson(one, events)),
    otherEvents: events.other.map((one) => termJson(one, events)),
  };
}

function moreInfo({ limitations, agreement, contact }: Results) {
  const { piSponsorEmployee, restrictive, restriction, details } = agreement;
  return {
    limitationsAndCaveats: limitations === null ? undefined : { description: limitations },
    certainAgreement: {
      piSponsorEmployee: YES_NO[piSponsorEmployee],
      restrictionType: restriction === null ? undefined : RESTRICTIONS[restriction],
      restrictiveAgreement: restrictive === null ? undefined : YES_NO[restrictive],
      otherDetails: details ?? undefined,
    },
    pointOfContact: {
      title: contact.title,
      organization: contact.organization,
      email: known(contact.email),
      phone: known(contact.phone),
      phoneExt: contact.extension ?? undefined,
    },
  };
}

/** `resultsSection` of API v2, as the public will see the results. */
export function resultsSection(results: Results) {
  return without({
    participantFlowModule: flowJson(results.flow),
    baselineCharacteristicsModule: baselineJson(results.baseline),
    outcomeMeasuresModule: { outcomeMeasures: results.outcomes.map(outcomeJson) },
    adverseEventsModule: eventsJson(results.events),
    moreInfoModule: moreInfo(results),
  });
}
