import { Failure } from '../../errors.ts';
import type { ExportRequest } from '../../service/study-exports.ts';
import type { Service, TraceMatch } from '../../service.ts';
import { formatTable, type Io, pluralise, printJson } from '../terminal.ts';

const COUNTED_TEXTS = {
  row: 'a row, derived from these resources',
  participants: 'a number of subjects',
  events: 'a number of events in these subjects',
  figure: 'computed from these subjects',
} as const;

function printTraceMatch(io: Io, { files, at, values, counts, from }: TraceMatch): void {
  io.out(`${files.join(', ')}\n${at}\n\n`);
  const cells = Object.entries(values).filter(([, value]) => value !== null);
  io.out(formatTable(['column', 'value'], cells));
  io.out(`\n${COUNTED_TEXTS[counts]}: ${pluralise(from.length, 'subject')}\n\n`);
  const rows = from.flatMap(({ subject, resources }) => {
    if (resources.length === 0) return [[subject, '(by enrolment)']];
    return resources.map((resource, index) => [index === 0 ? subject : '', resource]);
  });
  io.out(formatTable(['subject', 'resource'], rows));
}

/** Prints the sources of one row or figure. Throws `cli/failed`, with the closest addresses, unless exactly one matches. */
export async function printProvenanceTrace(
  io: Io,
  service: Service,
  request: ExportRequest,
  { cell, json }: { readonly cell: string; readonly json: boolean },
): Promise<void> {
  const { match, alternatives, matchCount } = await service.findExportTraces(request, cell);
  if (match !== null) {
    if (json) printJson(io, match);
    else printTraceMatch(io, match);
    return;
  }
  const list = alternatives.map((address) => `\n  ${address}`).join('');
  const notListed = matchCount - alternatives.length;
  const more = notListed > 0 ? `\n  and ${notListed} more` : '';
  if (matchCount > 0)
    throw new Failure('cli/failed', `${matchCount} addresses contain ${cell}:${list}${more}`, {
      at: '--trace',
      fix: 'Name one of them, or a part of it that no other contains.',
    });
  const closest = alternatives.length > 0 ? ` The closest are:${list}` : '';
  throw new Failure('cli/failed', `No address of ${request.format} contains ${cell}.${closest}`, {
    at: '--trace',
    fix: `List all addresses with: export ${request.format} --trace`,
  });
}

/** Prints every address of an export, one per line or as a JSON array. */
export async function printExportAddresses(
  io: Io,
  service: Service,
  request: ExportRequest,
  json: boolean,
): Promise<void> {
  let isFirst = true;
  for await (const address of await service.listExportAddresses(request)) {
    if (json) io.out(`${isFirst ? '[' : ','}\n  ${JSON.stringify(address)}`);
    else io.out(`${address}\n`);
    isFirst = false;
  }
  if (json) io.out(isFirst ? '[]\n' : '\n]\n');
}
