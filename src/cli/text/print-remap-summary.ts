import type { Service } from '../../service.ts';
import { createProgressReporter, formatTable, type Io, pluralize } from '../terminal.ts';
import { formatFact } from './format-fact.ts';

type RemapSummary = Awaited<ReturnType<Service['remapInbox']>>;
type RemapChange = RemapSummary['changes'][number];

/** The JSON has them all. */
const MAX_CHANGES_SHOWN = 50;

function toRemapRows({ site, resource, before, after, facts }: RemapChange): string[][] {
  const moved = before === after ? before : `${before} → ${after}`;
  if (facts.length === 0) return [[site, resource, moved]];
  return facts.map((each) => [
    site,
    resource,
    moved,
    each.subject,
    each.change,
    (each.before ?? each.after)?.kind ?? '',
    each.before ? formatFact(each.before) : '',
    each.after ? formatFact(each.after) : '',
  ]);
}

/** What mapping the inbox again changes, or would change. */
export function printRemapSummary(io: Io, done: RemapSummary, would: boolean): void {
  const { added, removed, changed } = done.facts;
  const verb = would ? 'would be' : 'were';
  io.out(
    `${pluralize(done.resources, 'resource')} mapped again; ${pluralize(done.changedResources, 'resource')} ${would ? 'would say' : 'say'} something else.\n` +
      `Facts: ${added} ${verb} added, ${removed} removed, ${changed} changed, of ${pluralize(done.subjects, 'subject')}.\n`,
  );
  for (const [moved, count] of Object.entries(done.dispositions)) io.out(`${moved}: ${count}\n`);
  const rows = done.changes.flatMap(toRemapRows);
  if (rows.length === 0) return;
  const heads = ['site', 'resource', 'disposition', 'subject', 'fact', 'kind', 'before', 'after'];
  io.out(`\n${formatTable(heads, rows.slice(0, MAX_CHANGES_SHOWN))}`);
  if (rows.length > MAX_CHANGES_SHOWN) io.out(`… and ${rows.length - MAX_CHANGES_SHOWN} more: see --json.\n`);
}

/** Progress of work over the inbox, said as the terminal allows. */
export function createInboxProgress(io: Io): { step(done: number, of: number): void; done(): void } {
  const progress = createProgressReporter(io);
  return {
    step: (done, of) => progress.update(`${done} of ${pluralize(of, 'resource')}`),
    done: () => progress.finish(),
  };
}
