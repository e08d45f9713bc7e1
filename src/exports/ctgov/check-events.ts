import type { Report } from '../../trial/endpoints/report.ts';
import { exceeds } from './events.ts';
import { dangling, type Inconsistency, notWhole } from './inconsistency.ts';
import type { Cell, EventGroup, EventStats, EventTerm, ParticipantFlow, ReportedEvents } from './model.ts';
import { sumFor } from './model.ts';

type Table = 'seriousAdverseEvents' | 'frequentAdverseEvents';

/** A term may be a hospital's free text: messages name it by its place, never by its words. */
const EVENT = { seriousAdverseEvents: 'seriousEvent', frequentAdverseEvents: 'frequentEvent' } as const;

const above = (a: Cell, b: Cell): boolean => Number(a.value) > Number(b.value);

function statsProblems(element: string, { events, affected, atRisk }: EventStats): readonly Inconsistency[] {
  const problem = (says: string): Inconsistency => ({ rule: 'numbers', element, says });
  return [
    ...[events, affected, atRisk].flatMap((cell) => notWhole(element, cell)),
    ...(above(affected, atRisk) ? [problem(`${affected.value} affected of ${atRisk.value} at risk`)] : []),
    ...(above(affected, events) ? [problem(`${affected.value} affected by ${events.value} events`)] : []),
  ];
}

function termProblems(
  events: ReportedEvents,
  table: Table,
  terms: readonly EventTerm[],
): readonly Inconsistency[] {
  return terms.flatMap(({ stats }, i) => {
    const element = `reportedEvents/${table}/${EVENT[table]}[${i + 1}]`;
    const used = stats.map(({ group }) => group);
    return [
      ...dangling(element, events.groups, used),
      ...stats.flatMap((one) => statsProblems(element, one)),
    ];
  });
}

function groupProblems(group: EventGroup): readonly Inconsistency[] {
  const pairs = [
    ['numDeaths', group.deaths, group.deathsAtRisk],
    ['numSubjectsSeriousEvents', group.serious, group.seriousAtRisk],
    ['numSubjectsFrequentEvents', group.other, group.otherAtRisk],
  ] as const;
  return pairs.flatMap(([name, affected, atRisk]): readonly Inconsistency[] => {
    const element = `reportedEvents/interventionGroups/interventionGroup[${group.id}]/${name}`;
    const says = `${affected.value} of ${atRisk.value} at risk`;
    return [
      ...[affected, atRisk].flatMap((cell) => notWhole(element, cell)),
      ...(above(affected, atRisk) ? [{ rule: 'numbers' as const, element, says }] : []),
    ];
  });
}

/** Rule 6: a group's total is no less than its most frequent event. */
function smallTotals(group: EventGroup, table: Table, terms: readonly EventTerm[]): readonly Inconsistency[] {
  const total = table === 'seriousAdverseEvents' ? group.serious : group.other;
  return terms.flatMap(({ stats }, i): readonly Inconsistency[] => {
    if (!stats.some((one) => one.group === group.id && above(one.affected, total))) return [];
    const element = `reportedEvents/interventionGroups/interventionGroup[${group.id}]`;
    return [
      { rule: 'events', element, says: `${total.value} in all, fewer than in ${EVENT[table]}[${i + 1}]` },
    ];
  });
}

/** Rule 6: an other event is listed only where it is above the threshold in some group; the threshold is 0 to 5. */
function belowThreshold(events: ReportedEvents): readonly Inconsistency[] {
  const { threshold, other } = events;
  const element = 'reportedEvents/frequencyReportingThreshold';
  if (!(Number(threshold) >= 0 && Number(threshold) <= 5))
    return [{ rule: 'events', element, says: `${threshold} is not between 0 and 5` }];
  const isAbove = ({ affected, atRisk }: EventStats): boolean =>
    exceeds(Number(affected.value), Number(atRisk.value), threshold);
  return other.flatMap(({ stats }, i): readonly Inconsistency[] => {
    if (stats.some(isAbove)) return [];
    return [{ rule: 'events', element, says: `frequentEvent[${i + 1}] is not above ${threshold} %` }];
  });
}

const totalOf = (terms: readonly EventTerm[], term: string, pick: (one: EventStats) => Cell): number =>
  terms
    .filter((one) => one.term.toLowerCase() === term.toLowerCase())
    .flatMap(({ stats }) => stats)
    .reduce((sum, one) => sum + Number(pick(one).value), 0);

/** Rule 6: every serious event of the report is listed with its subjects, and every other one above the threshold. */
function incomplete(events: ReportedEvents, report: Report): readonly Inconsistency[] {
  const affected = ({ affected }: EventStats): Cell => affected;
  return report.adverseEvents.flatMap(({ term, serious, subjects }, i): readonly Inconsistency[] => {
    const listed = totalOf(events.serious, term, affected);
    const others = totalOf(events.other, term, affected);
    const mustList = exceeds(subjects - serious, report.subjects, events.threshold);
    const missing = (table: Table, found: number, of: number): Inconsistency => ({
      rule: 'events',
      element: `reportedEvents/${table}`,
      says: `${found} of ${of} subjects with the report's event ${i + 1}`,
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
function differingDeaths(events: ReportedEvents, flow: ParticipantFlow): readonly Inconsistency[] {
  const reasons = flow.periods.flatMap((period) => period.reasons.filter(({ type }) => type === 'Death'));
  const inFlow = flow.groups.reduce(
    (sum, { id }) =>
      sum +
      sumFor(
        id,
        reasons.flatMap(({ affected }) => affected),
      ),
    0,
  );
  const deaths = events.groups.reduce((sum, group) => sum + Number(group.deaths.value), 0);
  if (deaths === inFlow || events.mortalityComment !== null) return [];
  const element = 'reportedEvents/interventionGroups/interventionGroup/numDeaths';
  return [{ rule: 'deaths', element, says: `${deaths} deaths, ${inFlow} in participant flow` }];
}

/** Rules 1, 2, 6 and 8 for reported events, against participant flow and the study's report. */
export function checkEvents(
  events: ReportedEvents,
  flow: ParticipantFlow,
  report: Report,
): readonly Inconsistency[] {
  const tables = [
    ['seriousAdverseEvents', events.serious],
    ['frequentAdverseEvents', events.other],
  ] as const;
  return [
    ...tables.flatMap(([table, terms]) => termProblems(events, table, terms)),
    ...events.groups.flatMap(groupProblems),
    ...tables.flatMap(([table, terms]) => events.groups.flatMap((group) => smallTotals(group, table, terms))),
    ...belowThreshold(events),
    ...incomplete(events, report),
    ...differingDeaths(events, flow),
  ];
}
