import type { EventGroup, EventTerm, ReportedEvents } from '../registry-results/results-model.ts';
import type { XmlContent } from '../registry-results/xml.ts';

function toEventTermXml({ term, organSystem, notes, stats }: EventTerm, events: ReportedEvents): XmlContent {
  return {
    adverseEventStats: {
      eventStats: stats.map((groupStats) => ({
        reportingGroupId: groupStats.group,
        numEvents: groupStats.events.value,
        numSubjectsAffected: groupStats.affected.value,
        numSubjects: groupStats.atRisk.value,
      })),
    },
    assessmentType: events.assessment,
    notes,
    organSystemName: organSystem,
    sourceVocabulary: events.vocabulary,
    term,
  };
}

function toEventGroupXml(group: EventGroup): XmlContent {
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

/** Builds `reportedEvents` in the order of the schema. */
export function toEventsXml(events: ReportedEvents): XmlContent {
  return {
    allCauseMortComment: events.mortalityComment,
    assessmentType: events.assessment,
    frequencyReportingThreshold: events.threshold,
    frequentAdverseEvents: { frequentEvent: events.other.map((term) => toEventTermXml(term, events)) },
    interventionGroups: { interventionGroup: events.groups.map(toEventGroupXml) },
    notes: events.description,
    seriousAdverseEvents: { seriousEvent: events.serious.map((term) => toEventTermXml(term, events)) },
    sourceVocabulary: events.vocabulary,
    timeFrame: events.timeFrame,
  };
}
