import type { StudyReportWithOpenWork } from '../../service/study-queries.ts';
import type { OpenWork } from '../../service.ts';
import { formatTable, type Io, pluralise } from '../terminal.ts';

/** Prints how many subjects may be dead whom the figures count as alive, if there are any. */
function printPossibleDeaths(io: Io, { alive, openWork }: StudyReportWithOpenWork): void {
  const { deathsWithoutDay, contradictions } = openWork;
  const undated = deathsWithoutDay.length;
  if (undated > 0)
    io.out(
      `${pluralise(undated, 'subject')} reported dead without a day. These deaths are not counted: as few as ` +
        `${alive.count - undated}/${alive.of} may be alive (${deathsWithoutDay.join(', ')}).\n`,
    );
  const fatal =
    contradictions.byKind.find(({ kind }) => kind === 'fatal-event-without-death')?.subjects ?? [];
  if (fatal.length === 0) return;
  const possible = new Set([...deathsWithoutDay, ...fatal]);
  io.out(
    `${pluralise(fatal.length, 'subject')} with a fatal event and no death: as few as ` +
      `${alive.count - possible.size}/${alive.of} may be alive (${[...possible].sort().join(', ')}).\n`,
  );
}

const formatFigureName = (figure: string): string =>
  figure.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Prints the contradictions between facts that are in the figures as they are, if there are any. */
function printContradictions(io: Io, { contradictions }: OpenWork): void {
  if (contradictions.items === 0) return;
  const rows = contradictions.byKind.map(({ says, items, subjects, figures }) => [
    says,
    items,
    subjects.join(', '),
    figures.map(formatFigureName).join(', '),
  ]);
  const size = `${pluralise(contradictions.items, 'open contradiction')} between facts of ${pluralise(contradictions.subjects.length, 'subject')}`;
  io.out(`\n${size}. The facts are counted as they are. Run work list.\n`);
  io.out(formatTable(['contradiction', 'open', 'subjects', 'can change'], rows));
}

/** Prints the held resources that the figures do not count yet, if there are any. */
function printHeldWork(io: Io, { byReason, contradictions }: OpenWork): void {
  const asked = new Map(contradictions.byReason.map((entry) => [entry.reason, entry]));
  const held = byReason
    .map(({ reason, items, resources }) => ({
      reason,
      items: items - (asked.get(reason)?.items ?? 0),
      resources: resources - (asked.get(reason)?.resources ?? 0),
    }))
    .filter(({ items }) => items > 0);
  if (held.length === 0) return;
  const resources = held.reduce((sum, entry) => sum + entry.resources, 0);
  const items = held.reduce((sum, entry) => sum + entry.items, 0);
  const reasons = held.map((entry) => `${entry.reason} ${entry.resources}`).join(', ');
  io.out(
    `\nNot counted: ${pluralise(resources, 'resource')} held by ${pluralise(items, 'open work item')} at these sites ` +
      `(${reasons}). Run work list.\n`,
  );
}

/** Prints the open work: what the figures do not count yet, and what they count though it is contradicted. */
export function printOpenWork(io: Io, report: StudyReportWithOpenWork): void {
  printHeldWork(io, report.openWork);
  printContradictions(io, report.openWork);
  printPossibleDeaths(io, report);
}
