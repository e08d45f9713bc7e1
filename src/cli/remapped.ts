import type { Service } from '../service.ts';
import { factSays } from './fact-words.ts';
import { type Io, plural, progressOn, table } from './terminal.ts';

type Remapped = Awaited<ReturnType<Service['replay']>>;
type ResourceChange = Remapped['changes'][number];

/** The JSON has them all. */
const MOST_SHOWN = 50;

function rowsOf({ site, resource, before, after, facts }: ResourceChange): string[][] {
  const moved = before === after ? before : `${before} → ${after}`;
  if (facts.length === 0) return [[site, resource, moved]];
  return facts.map((each) => [
    site,
    resource,
    moved,
    each.subject,
    each.change,
    (each.before ?? each.after)?.kind ?? '',
    each.before ? factSays(each.before) : '',
    each.after ? factSays(each.after) : '',
  ]);
}

/** What mapping the inbox again changes, or would change. */
export function printRemapped(io: Io, done: Remapped, would: boolean): void {
  const { added, removed, changed } = done.facts;
  const verb = would ? 'would be' : 'were';
  io.out(
    `${plural(done.resources, 'resource')} mapped again; ${plural(done.changedResources, 'resource')} ${would ? 'would say' : 'say'} something else.\n` +
      `Facts: ${added} ${verb} added, ${removed} removed, ${changed} changed, of ${plural(done.subjects, 'subject')}.\n`,
  );
  for (const [moved, count] of Object.entries(done.dispositions)) io.out(`${moved}: ${count}\n`);
  const rows = done.changes.flatMap(rowsOf);
  if (rows.length === 0) return;
  const heads = ['site', 'resource', 'disposition', 'subject', 'fact', 'kind', 'before', 'after'];
  io.out(`\n${table(heads, rows.slice(0, MOST_SHOWN))}`);
  if (rows.length > MOST_SHOWN) io.out(`… and ${rows.length - MOST_SHOWN} more: see --json.\n`);
}

/** Progress of work over the inbox, said as the terminal allows. */
export function overInbox(io: Io): { step(done: number, of: number): void; done(): void } {
  const progress = progressOn(io);
  return {
    step: (done, of) => progress.step(`${done} of ${plural(of, 'resource')}`),
    done: () => progress.done(),
  };
}
