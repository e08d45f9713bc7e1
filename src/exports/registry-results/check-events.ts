import type { StudyReport } from '../../trial/endpoints/study-report.ts';
import { checkGroupReferences, checkWholeNumber, type Inconsistency } from './inconsistency.ts';
import { isAboveThreshold } from './reported-events.ts';
import type {
  EventGroup,
  EventStats,
  EventTerm,
  ParticipantFlow,
  ReportedEvents,
  ResultCell,
} from './results-model.ts';
import { sumCellsOfGroup } from './results-model.ts';

type EventTable = 'seriousAdverseEvents' | 'frequentAdverseEvents';

/** A term may be free text that a hospital sent: messages name it by its position, never by its text. */
const EVENT_ELEMENTS = {
  seriousAdverseEvents: 'seriousEvent',
  frequentAdverseEvents: 'frequentEvent',
} as const;

const isGreater = (a: ResultCell, b: ResultCell): boolean => Number(a.value) > Number(b.value);

function checkEventStats(
  element: string,
  { events, affected, atRisk }: EventStats,
): readonly Inconsistency[] {
  const buildProblem = (detail: string): Inconsistency => ({ rule: 'numbers', element, detail });
  return [
    ...[events, affected, atRisk].flatMap((cell) => checkWholeNumber(element, cell)),
    ...(isGreater(affected, atRisk)
      ? [buildProblem(`${affected.value} affected of ${atRisk.value} at risk`)]
      : []),
    ...(isGreater(affected, events)
      ? [buildProblem(`${affected.value} affected by ${events.value} events`)]
      : []),
  ];
}

function checkEventTerms(
  events: ReportedEvents,
  table: EventTable,
  terms: readonly EventTerm[],
): readonly Inconsistency[] {
  return terms.flatMap(({ stats }, i) => {
    const element = `reportedEvents/${table}/${EVENT_ELEMENTS[table]}[${i + 1}]`;
    const usedIds = stats.map(({ group }) => group);
    return [
      ...checkGroupReferences(element, events.groups, usedIds),
      ...stats.flatMap((groupStats) => checkEventStats(element, groupStats)),
    ];
  });
}

function checkEventGroup(group: EventGroup): readonly Inconsistency[] {
  const totals = [
    ['numDeaths', group.deaths, group.deathsAtRisk],
    ['numSubjectsSeriousEvents', group.serious, group.seriousAtRisk],
    ['numSubjectsFrequentEvents', group.other, group.otherAtRisk],
  ] as const;
  return totals.flatMap(([name, affected, atRisk]): readonly Inconsistency[] => {
    const element = `reportedEvents/interventionGroups/interventionGroup[${group.id}]/${name}`;
    const detail = `${affected.value} of ${atRisk.value} at risk`;
    return [
      ...[affected, atRisk].flatMap((cell) => checkWholeNumber(element, cell)),
      ...(isGreater(affected, atRisk) ? [{ rule: 'numbers' as const, element, detail }] : []),
    ];
  });
}

/** Rule 6: a group's total is no less than its most frequent event. */
function checkGroupTotal(
  group: EventGroup,
  table: EventTable,
  terms: readonly EventTerm[],
): readonly Inconsistency[] {
  const total = table === 'seriousAdverseEvents' ? group.serious : group.other;
  return terms.flatMap(({ stats }, i): readonly Inconsistency[] => {
    const exceedsTotal = stats.some(
      (groupStats) => groupStats.group === group.id && isGreater(groupStats.affected, total),
    );
    if (!exceedsTotal) return [];
    return [
      {
        rule: 'events',
        element: `reportedEvents/interventionGroups/interventionGroup[${group.id}]`,
        detail: `${total.value} in total, fewer than in ${EVENT_ELEMENTS[table]}[${i + 1}]`,
      },
    ];
  });
}

/** Rule 6: other events are listed only where they exceed the threshold (0 to 5 percent) in at least one group. */
function checkThreshold(events: ReportedEvents): readonly Inconsistency[] {
  const { threshold, other } = events;
  const element = 'reportedEvents/frequencyReportingThreshold';
  if (!(Number(threshold) >= 0 && Number(threshold) <= 5))
    return [{ rule: 'events', element, detail: `${threshold} is not between 0 and 5` }];
  const isAbove = ({ affected, atRisk }: EventStats): boolean =>
    isAboveThreshold(Number(affected.value), Number(atRisk.value), threshold);
  return other.flatMap(({ stats }, i): readonly Inconsistency[] => {
    if (stats.some(isAbove)) return [];
    return [{ rule: 'events', element, detail: `frequentEvent[${i + 1}] is not above ${threshold} %` }];
  });
}

/** Sums the subjects affected by a term, regardless of its case. */
const sumAffected = (terms: readonly EventTerm[], term: string): number =>
  terms
    .filter((listed) => listed.term.toLowerCase() === term.toLowerCase())
    .flatMap(({ stats }) => stats)
    .reduce((sum, { affected }) => sum + Number(affected.value), 0);

/** Rule 6: the tables list every serious event of the report with its subjects, and every other one above the threshold. */
function checkCompleteness(events: ReportedEvents, report: StudyReport): readonly Inconsistency[] {
  return report.adverseEvents.flatMap(({ term, serious, subjects }, i): readonly Inconsistency[] => {
    const listedSerious = sumAffected(events.serious, term);
    const listed = listedSerious + sumAffected(events.other, term);
    const mustListOther = isAboveThreshold(subjects - serious, report.subjects, events.threshold);
    const buildProblem = (table: EventTable, count: number, expected: number): Inconsistency => ({
      rule: 'events',
      element: `reportedEvents/${table}`,
      detail: `${count} of ${expected} subjects with the report's event ${i + 1}`,
    });
    return [
      ...(listedSerious < serious ? [buildProblem('seriousAdverseEvents', listedSerious, serious)] : []),
      ...(mustListOther && listed < subjects
        ? [buildProblem('frequentAdverseEvents', listed, subjects)]
        : []),
    ];
  });
}

/** Rule 8: deaths of all groups are those of participant flow, unless a comment explains the difference. */
function checkDeathsAgainstFlow(events: ReportedEvents, flow: ParticipantFlow): readonly Inconsistency[] {
  const deathCells = flow.periods
    .flatMap(({ reasons }) => reasons.filter(({ type }) => type === 'Death'))
    .flatMap(({ affected }) => affected);
  const deathsInFlow = flow.groups.reduce((sum, { id }) => sum + sumCellsOfGroup(id, deathCells), 0);
  const deaths = events.groups.reduce((sum, group) => sum + Number(group.deaths.value), 0);
  if (deaths === deathsInFlow || events.mortalityComment !== null) return [];
  const element = 'reportedEvents/interventionGroups/interventionGroup/numDeaths';
  return [{ rule: 'deaths', element, detail: `${deaths} deaths, ${deathsInFlow} in participant flow` }];
}

/** Rules 1, 2, 6 and 8 for reported events, against participant flow and the study's report. */
export function checkEvents(
  events: ReportedEvents,
  flow: ParticipantFlow,
  report: StudyReport,
): readonly Inconsistency[] {
  const tables = [
    ['seriousAdverseEvents', events.serious],
    ['frequentAdverseEvents', events.other],
  ] as const;
  return [
    ...tables.flatMap(([table, terms]) => checkEventTerms(events, table, terms)),
    ...events.groups.flatMap(checkEventGroup),
    ...tables.flatMap(([table, terms]) =>
      events.groups.flatMap((group) => checkGroupTotal(group, table, terms)),
    ),
    ...checkThreshold(events),
    ...checkCompleteness(events, report),
    ...checkDeathsAgainstFlow(events, flow),
  ];
}
