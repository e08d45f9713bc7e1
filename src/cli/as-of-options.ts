import { type Command, Option } from 'commander';
import { Failure } from '../errors.ts';
import { parseMoment } from '../fhir/datetime.ts';
import type { DataCutoff } from '../service/study-queries.ts';

export interface AsOfOptions {
  readonly asOf?: string;
  readonly knownBy: DataCutoff['knownBy'];
}

/** The options by which a question is asked about an earlier day. */
export function addAsOfOptions(made: Command): Command {
  const help =
    'received: what had been received by the end of that day; collected: what is known now of the days up to it, ' +
    'corrections included (for histories that were loaded at once)';
  return made
    .option('--as-of <day>', 'as it was at the end of that calendar day at each site (default: now)')
    .addOption(new Option('--known-by <how>', help).choices(['received', 'collected']).default('received'));
}

/** The day asked about, or null for now. */
export function parseAsOf({ asOf, knownBy }: AsOfOptions): DataCutoff | null {
  if (asOf === undefined) return null;
  if (/^\d{4}-\d\d-\d\d$/.test(asOf) && parseMoment(asOf, 'UTC')) return { day: asOf, knownBy };
  throw new Failure('cli/usage', `${asOf} is no day.`, { at: '--as-of', fix: 'Write it as 2026-03-31.' });
}
