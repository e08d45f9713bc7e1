import { Failure } from '../../errors.ts';
import type { Service } from '../../service.ts';
import { formatTable, type Io, pluralize, printJson } from '../terminal.ts';

type ExportRequest = Parameters<Service['findExportTraces']>[0];
type TracedPlace = NonNullable<Awaited<ReturnType<Service['findExportTraces']>>['match']>;

const COUNTED_TEXTS = {
  row: 'a row, made of these resources',
  participants: 'a number of subjects',
  events: 'a number of events in these subjects',
  figure: 'computed of these subjects',
} as const;

function printTracedPlace(io: Io, { files, at, values, counts, from }: TracedPlace): void {
  io.out(`${files.join(', ')}\n${at}\n\n`);
  const shown = Object.entries(values).filter(([, value]) => value !== null);
  io.out(formatTable(['column', 'value'], shown));
  io.out(`\n${COUNTED_TEXTS[counts]}: ${pluralize(from.length, 'subject')}\n\n`);
  const rows = from.flatMap(({ subject, resources }) => {
    if (resources.length === 0) return [[subject, '(by enrolment)']];
    return resources.map((resource, i) => [i === 0 ? subject : '', resource]);
  });
  io.out(formatTable(['subject', 'resource'], rows));
}

/** Prints what stands behind one row or figure, or which addresses could be meant. */
export async function printProvenanceTrace(
  io: Io,
  service: Service,
  wanted: ExportRequest,
  asked: { readonly cell: string; readonly json: boolean },
): Promise<void> {
  const {
    match: place,
    alternatives: others,
    matchCount: count,
  } = await service.findExportTraces(wanted, asked.cell);
  if (place !== null) {
    if (asked.json) printJson(io, place);
    else printTracedPlace(io, place);
    return;
  }
  const list = others.map((address) => `\n  ${address}`).join('');
  const more = count > others.length ? `\n  and ${count - others.length} more` : '';
  if (count > 0)
    throw new Failure('cli/failed', `${asked.cell} is in ${count} addresses:${list}${more}`, {
      at: '--trace',
      fix: 'Name one of them, or as much of it as is in no other.',
    });
  const near = others.length > 0 ? ` Close to it:${list}` : '';
  throw new Failure('cli/failed', `No address of ${wanted.format} holds ${asked.cell}.${near}`, {
    at: '--trace',
    fix: `List all addresses with: export ${wanted.format} --trace`,
  });
}

/** Prints every address of an export, a line each. */
export async function printExportAddresses(
  io: Io,
  service: Service,
  wanted: ExportRequest,
  json: boolean,
): Promise<void> {
  let before = '';
  for await (const address of await service.listExportAddresses(wanted)) {
    if (json) io.out(`${before === '' ? '[' : ','}\n  ${JSON.stringify(address)}`);
    else io.out(`${address}\n`);
    before = address;
  }
  if (json) io.out(before === '' ? '[]\n' : '\n]\n');
}
