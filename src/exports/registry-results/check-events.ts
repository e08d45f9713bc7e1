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

/** A term may be a hospital's free text: messages name it by its place, never by its words. */
const EVENT_ELEMENTS = {
  seriousAdverseEvents: 'seriousEvent',
  frequentAdverseEvents: 'frequentEvent',
} as const;

const isGreater = (a: ResultCell, b: ResultCell): boolean => Number(a.value) > Number(b.value);

function checkEventStats(
  element: string,
  { events, affected, atRisk }: EventStats,
): readonly Inconsistency[] {
  const problem = (says: string): Inconsistency => ({ rule: 'numbers', element, detail: says });
  return [
    ...[events, affected, atRisk].flatMap((cell) => checkWholeNumber(element, cell)),
    ...(isGreater(affected, atRisk)
      ? [problem(`${affected.value} affected of ${atRisk.value} at risk`)]
      : []),
    ...(isGreater(affected, events) ? [problem(`${affected.value} affected by ${events.value} events`)] : []),
  ];
}

function checkEventTerms(
  events: ReportedEvents,
  table: EventTable,
  terms: readonly EventTerm[],
): readonly Inconsistency[] {
  return terms.flatMap(({ stats }, i) => {
    const element = `reportedEvents/${table}/${EVENT_ELEMENTS[table]}[${i + 1}]`;
    const used = stats.map(({ group }) => group);
    return [
      ...checkGroupReferences(element, events.groups, used),
      ...stats.flatMap((one) => checkEventStats(element, one)),
    ];
  });
}

function checkEventGroup(group: EventGroup): readonly Inconsistency[] {
  const pairs = [
    ['numDeaths', group.deaths, group.deathsAtRisk],
    ['numSubjectsSeriousEvents', group.serious, group.seriousAtRisk],
    ['numSubjectsFrequentEvents', group.other, group.otherAtRisk],
  ] as const;
  return pairs.flatMap(([name, affected, atRisk]): readonly Inconsistency[] => {
    const element = `reportedEvents/interventionGroups/interventionGroup[${group.id}]/${name}`;
    const says = `${affected.value} of ${atRisk.value} at risk`;
    return [
      ...[affected, atRisk].flatMap((cell) => checkWholeNumber(element, cell)),
      ...(isGreater(affected, atRisk) ? [{ rule: 'numbers' as const, element, detail: says }] : []),
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
    if (!stats.some((one) => one.group === group.id && isGreater(one.affected, total))) return [];
    const element = `reportedEvents/interventionGroups/interventionGroup[${group.id}]`;
    return [
      {
        rule: 'events',
        element,
        detail: `${total.value} in all, fewer than in ${EVENT_ELEMENTS[table]}[${i + 1}]`,
      },
    ];
  });
}

/** Rule 6: an other event is listed only where it is above the threshold in some group; the threshold is 0 to 5. */
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

const sumByTerm = (
  terms: readonly EventTerm[],
  term: string,
  pick: (one: EventStats) => ResultCell,
): number =>
  terms
    .filter((one) => one.term.toLowerCase() === term.toLowerCase())
    .flatMap(({ stats }) => stats)
    .reduce((sum, one) => sum + Number(pick(one).value), 0);

/** Rule 6: every serious event of the report is listed with its subjects, and every other one above the threshold. */
function checkCompleteness(events: ReportedEvents, report: StudyReport): readonly Inconsistency[] {
  const affected = ({ affected }: EventStats): ResultCell => affected;
  return report.adverseEvents.flatMap(({ term, serious, subjects }, i): readonly Inconsistency[] => {
    const listed = sumByTerm(events.serious, term, affected);
    const others = sumByTerm(events.other, term, affected);
    const mustList = isAboveThreshold(subjects - serious, report.subjects, events.threshold);
    const missing = (table: EventTable, found: number, of: number): Inconsistency => ({
      rule: 'events',
      element: `reportedEvents/${table}`,
      detail: `${found} of ${of} subjects with the report's event ${i + 1}`,
    });
    return [
      ...(listed < serious ? [missing('seriousAdverseEvents', listed, serious)] : []),
      ...(mustList && listed + others < subjects
        ? [missing('frequentAdverseEvents', listed + others, subjects)]
        : []),
    ];
  });
}

/** Rule 8: deaths of all groups against participant flow's, unless a comment says why they differ. */
function checkDeathsAgainstFlow(events: ReportedEvents, flow: ParticipantFlow): readonly Inconsistency[] {
  const reasons = flow.periods.flatMap((period) => period.reasons.filter(({ type }) => type === 'Death'));
  const inFlow = flow.groups.reduce(
    (sum, { id }) =>
      sum +
      sumCellsOfGroup(
        id,
        reasons.flatMap(({ affected }) => affected),
      ),
    0,
  );
  const deaths = events.groups.reduce((sum, group) => sum + Number(group.deaths.value), 0);
  if (deaths === inFlow || events.mortalityComment !== null) return [];
  const element = 'reportedEvents/interventionGroups/interventionGroup/numDeaths';
  return [{ rule: 'deaths', element, detail: `${deaths} deaths, ${inFlow} in participant flow` }];
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
