import { type Command, Option } from 'commander';
import { Failure } from '../errors.ts';
import { parseMoment } from '../fhir/datetime.ts';
import type { DataCutoff } from '../service/study-queries.ts';

/** The options of a query as of an earlier day. */
export interface AsOfOptions {
  readonly asOf?: string;
  readonly knownBy: DataCutoff['knownBy'];
}

/** Adds the options of a query as of an earlier day. */
export function addAsOfOptions(command: Command): Command {
  const knownByHelp =
    'received: data that had been received by the end of that day; collected: data known now about the days up to it, ' +
    'corrections included (for histories that were loaded all at once)';
  return command
    .option('--as-of <day>', 'answer as of the end of that calendar day at each site (default: now)')
    .addOption(
      new Option('--known-by <how>', knownByHelp).choices(['received', 'collected']).default('received'),
    );
}

/** Parses the day of the query; null for now. Throws `cli/usage` for a day that does not exist. */
export function parseAsOf({ asOf, knownBy }: AsOfOptions): DataCutoff | null {
  if (asOf === undefined) return null;
  if (/^\d{4}-\d\d-\d\d$/.test(asOf) && parseMoment(asOf, 'UTC')) return { day: asOf, knownBy };
  throw new Failure('cli/usage', `${asOf} is not a day.`, {
    at: '--as-of',
    fix: 'Write a day that exists, such as 2026-03-31.',
  });
}
