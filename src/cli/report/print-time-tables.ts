import type { ReportTables } from '../../trial/endpoints/report-tables.ts';
import type { DurationTables } from '../../trial/endpoints/time-to-event/durations.ts';
import type { LandmarkTables } from '../../trial/endpoints/time-to-event/landmarks.ts';
import type {
  IncidenceGroup,
  ResponseIncidence,
} from '../../trial/endpoints/time-to-event/response-incidence.ts';
import type { SurvivalTable } from '../../trial/endpoints/time-to-event/survival-table.ts';
import type { Io } from '../terminal.ts';
import { formatLimits, formatNumber, formatPercent, formatPValue } from './format-figures.ts';
import { printTitledTable } from './print-table.ts';

function toCurveCells({ of, counts, months, medianMonths }: SurvivalTable): readonly string[] {
  const read = Object.entries(months).map(
    ([month, { survival, limits }]) =>
      `month ${formatNumber(Number(month))}: ${formatPercent(survival)} (${formatLimits(limits, formatPercent)})`,
  );
  const median = medianMonths.time === null ? 'not reached' : formatNumber(medianMonths.time, 1);
  const limits = formatLimits(medianMonths.limits, (value) => formatNumber(value, 1));
  return [String(of), String(counts.events), `${median} (${limits})`, read.join('; ')];
}

const CURVE_HEADINGS = ['subjects', 'events', 'median months (95 % CI)', 'percent without event (95 % CI)'];

function printDurations(io: Io, tables: DurationTables): void {
  const names = {
    responseDuration: 'duration of response',
    relapseFree: 'relapse-free survival',
    eventFree: 'event-free survival',
  } as const;
  const entries = Object.entries(names) as [keyof DurationTables, string][];
  const rows = entries.map(([key, name]) => [name, ...toCurveCells(tables[key])]);
  printTitledTable(io, { title: 'Durations', headings: ['', ...CURVE_HEADINGS] }, rows);
  for (const [key, name] of entries) io.out(`${name}: ${tables[key].definition}\n`);
  io.out('No response is not an event of any of them.\n');
}

function toIncidenceRow(name: string, { of, counts, months }: IncidenceGroup): readonly unknown[] {
  const read = Object.entries(months).map(
    ([month, { incidence, limits }]) =>
      `month ${month}: ${formatPercent(incidence)} (${formatLimits(limits, formatPercent)})`,
  );
  return [
    ...[name, of, counts.response, counts.death, counts.transplant, counts['new-treatment'], counts.censored],
    read.join('; '),
  ];
}

function printIncidence(io: Io, incidence: ResponseIncidence): void {
  const { byPreviousAgent, bySeverity, tests, definition } = incidence;
  const rows = [
    toIncidenceRow('all', incidence),
    toIncidenceRow('previous agent', byPreviousAgent.yes),
    toIncidenceRow('no previous agent', byPreviousAgent.no),
    ...Object.entries(bySeverity).map(([severity, group]) => toIncidenceRow(severity, group)),
  ];
  const first = ['response', 'death', 'transplant', 'new treatment', 'no event'];
  const headings = ['first event', 'subjects', ...first, 'percent with response (95 % CI)'];
  printTitledTable(io, { title: 'Cumulative incidence of response', method: definition, headings }, rows);
  const [agent, severity] = [formatPValue(tests.previousAgent?.p), formatPValue(tests.severity?.p)];
  io.out(`Gray's test: previous agent p ${agent}, severity p ${severity}\n`);
}

function printLandmarks(io: Io, { landmarks, definition }: LandmarkTables): void {
  const rows = Object.entries(landmarks).flatMap(([month, { counts, responders, others, logRank }]) => [
    [
      ...[`month ${month}`, 'responders', ...toCurveCells(responders), formatPValue(logRank?.p)],
      `${counts.diedBefore} died, ${counts.censoredBefore} censored`,
    ],
    ['', 'others', ...toCurveCells(others)],
  ]);
  const headings = ['landmark', 'group', ...CURVE_HEADINGS, 'p', 'left out, before it'];
  printTitledTable(io, { title: 'Survival after a landmark', method: definition, headings }, rows);
}

/** Prints durations, the cumulative incidence of response, and landmark analyses. */
export function printTimeTables(io: Io, tables: ReportTables): void {
  printDurations(io, tables.durations);
  printIncidence(io, tables.responseIncidence);
  printLandmarks(io, tables.landmarks);
}
