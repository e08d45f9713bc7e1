import type { EventGroup, EventTerm, ReportedEvents } from './model.ts';
import type { Xml } from './xml.ts';

function termXml({ term, organSystem, notes, stats }: EventTerm, events: ReportedEvents): Xml {
  return {
    adverseEventStats: {
      eventStats: stats.map((one) => ({
        reportingGroupId: one.group,
        numEvents: one.events.value,
        numSubjectsAffected: one.affected.value,
        numSubjects: one.atRisk.value,
      })),
    },
    assessmentType: events.assessment,
    notes,
    organSystemName: organSystem,
    sourceVocabulary: events.vocabulary,
    term,
  };
}

function groupXml(group: EventGroup): Xml {
  return {
    '@id': group.id,
    description: group.description,
    numDeaths: group.deaths.value,
    numSubjectsFrequentEvents: group.other.value,
    numSubjectsSeriousEvents: group.serious.value,
    partAtRiskAllCauseMort: group.deathsAtRisk.value,
    partAtRiskFrequentEvents: group.otherAtRisk.value,
    partAtRiskSeriousEvents: group.seriousAtRisk.value,
    title: group.title,
  };
}

/** `reportedEvents` in the order of the schema. */
export function eventsXml(events: ReportedEvents): Xml {
  return {
    allCauseMortComment: events.mortalityComment,
    assessmentType: events.assessment,
    frequencyReportingThreshold: events.threshold,
    frequentAdverseEvents: { frequentEvent: events.other.map((one) => termXml(one, events)) },
    interventionGroups: { interventionGroup: events.groups.map(groupXml) },
    notes: events.description,
    seriousAdverseEvents: { seriousEvent: events.serious.map((one) => termXml(one, events)) },
    sourceVocabulary: events.vocabulary,
    timeFrame: events.timeFrame,
  };
}
