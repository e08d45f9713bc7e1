import type { RemapChange, RemapSummary } from '../../service.ts';
import { createProgressReporter, formatTable, type Io, pluralise } from '../terminal.ts';
import { formatFact } from './format-fact.ts';

/** The most changes that are printed; --json prints all. */
const MAX_CHANGES_SHOWN = 50;

function toRemapRows({ site, resource, before, after, facts }: RemapChange): string[][] {
  const disposition = before === after ? before : `${before} → ${after}`;
  if (facts.length === 0) return [[site, resource, disposition]];
  return facts.map((fact) => [
    site,
    resource,
    disposition,
    fact.subject,
    fact.change,
    (fact.before ?? fact.after)?.kind ?? '',
    fact.before ? formatFact(fact.before) : '',
    fact.after ? formatFact(fact.after) : '',
  ]);
}

/** Prints the changes of mapping the inbox again; in a dry run, those that it would make. */
export function printRemapSummary(io: Io, summary: RemapSummary, isDryRun: boolean): void {
  const { added, removed, changed } = summary.facts;
  const verb = isDryRun ? 'would be' : 'were';
  io.out(
    `${pluralise(summary.resources, 'resource')} mapped again; ${pluralise(summary.changedResources, 'resource')} ${isDryRun ? 'would yield' : 'yielded'} different facts.\n` +
      `Facts: ${added} ${verb} added, ${removed} removed, ${changed} changed, of ${pluralise(summary.subjects, 'subject')}.\n`,
  );
  for (const [change, count] of Object.entries(summary.dispositions)) io.out(`${change}: ${count}\n`);
  const rows = summary.changes.flatMap(toRemapRows);
  if (rows.length === 0) return;
  const headings = ['site', 'resource', 'disposition', 'subject', 'fact', 'kind', 'before', 'after'];
  io.out(`\n${formatTable(headings, rows.slice(0, MAX_CHANGES_SHOWN))}`);
  if (rows.length > MAX_CHANGES_SHOWN) io.out(`… and ${rows.length - MAX_CHANGES_SHOWN} more: see --json.\n`);
}

/** Creates a progress reporter for work over the whole inbox. */
export function createInboxProgress(io: Io): { step(done: number, total: number): void; finish(): void } {
  const progress = createProgressReporter(io);
  return {
    step: (done, total) => progress.update(`${done} of ${pluralise(total, 'resource')}`),
    finish: () => progress.finish(),
  };
}
