import type { ReportTables } from '../../trial/endpoints/report-tables.ts';
import type { EventCell, EventTable } from '../../trial/endpoints/safety/event-table.ts';
import type { Io } from '../terminal.ts';
import { printTitledTable } from './print-table.ts';

function toEventRow(term: string, period: string, { counts, byGrade, relatedByGrade, events }: EventCell) {
  const grades = (['1', '2', '3', '4', '5', 'unknown'] as const).map((grade) => {
    const [all, related] = [byGrade.counts[grade], relatedByGrade.counts[grade]];
    return related > 0 ? `${all} (${related})` : String(all);
  });
  return [
    ...[term, period, counts.subjects, events.all, counts.serious, counts.related, counts.relationUnknown],
    ...grades,
  ];
}

function printEvents(io: Io, { any, terms, of, method, deaths }: EventTable): void {
  const periods = Object.entries(any).filter(([, { counts }]) => counts.subjects > 0);
  const rows = [
    ...periods.map(([period, cell]) => toEventRow('any', period, cell)),
    ...terms.flatMap(({ term, periods: own }) =>
      Object.entries(own).map(([period, cell]) => toEventRow(term, period, cell)),
    ),
  ];
  const counted = ['subjects', 'events', 'serious', 'related', 'relation not sent'];
  const grades = ['1', '2', '3', '4', '5'].map((grade) => `grade ${grade}`);
  const headings = ['adverse event', 'period', ...counted, ...grades, 'no grade'];
  printTitledTable(io, { title: 'Adverse events (related in brackets)', method, headings }, rows);
  const { before, emergent, later } = deaths.counts;
  io.out('Serious and related: as the sites stated it; what was not sent is not counted.\n');
  io.out(`Enrolled ${of.enrolled.count}, treated ${of.treated.count}. `);
  io.out(`Deaths: ${before} before treatment, ${emergent} treatment-emergent, ${later} later\n`);
}

/** Prints adverse events by term, grade, relation and time, and deaths. */
export function printSafetyTables(io: Io, { adverseEvents }: ReportTables): void {
  printEvents(io, adverseEvents);
}
