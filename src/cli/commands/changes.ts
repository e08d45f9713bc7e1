import { closeSync, openSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import { type CsvCell, disarmFormula, formatCsvRow } from '../../csv-row.ts';
import { Failure } from '../../errors.ts';
import {
  type CellChange,
  type ChangeCause,
  compareExports,
  type ExportChanges,
} from '../../service/compare-exports.ts';
import type { Service } from '../../service.ts';
import { type CommandContext, type StoreOptions, withExistingStore } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { formatTable, type Io, pluralize } from '../terminal.ts';
import {
  formatCause,
  formatCellChange,
  getUnversionedName,
  type ResourceStatuses,
} from '../text/format-changes.ts';

interface ChangesOptions extends StoreOptions {
  readonly out?: string;
  readonly json: boolean;
}

/** So many places are printed; a file takes them all. */
const MAX_PLACES_PRINTED = 100;

/** Asks the store, once for each resource. Without a store it knows nothing. */
class ResourceStatusLookup {
  readonly statuses = new Map<string, NonNullable<Awaited<ReturnType<Service['readResourceStatus']>>>>();
  readonly #service: Service | null;
  readonly #asked = new Set<string>();

  constructor(service: Service | null) {
    this.#service = service;
  }

  async lookUp(causes: readonly ChangeCause[]): Promise<ResourceStatuses> {
    const changes = causes.flatMap((cause) => ('resources' in cause ? cause.resources : []));
    for (const name of changes.map(getUnversionedName)) {
      if (!this.#service || this.#asked.has(name)) continue;
      this.#asked.add(name);
      const standing = await this.#service.readResourceStatus(name);
      if (standing) this.statuses.set(name, standing);
    }
    return this.statuses;
  }
}

/** Something that takes every change, in order. */
interface ChangeWriter {
  write(change: CellChange, standings: ResourceStatuses): void;
  finish(standings: ResourceStatuses): void;
}

/** Guards text against spreadsheets; a number as text, such as `-1.50`, keeps its sign. */
function guardCell(cell: CsvCell): CsvCell {
  return typeof cell === 'string' && Number.isNaN(Number(cell)) ? disarmFormula(cell) : cell;
}

function createCsvWriter(path: string): ChangeWriter {
  const file = openOutputFile(path);
  const write = (cells: readonly CsvCell[]): void => {
    writeSync(file, formatCsvRow(cells.map(guardCell)));
  };
  write(['file', 'address', 'column', 'what', 'was', 'now', 'why']);
  return {
    write({ file: of, at, column, what, was, now, why }, standings) {
      write([of, at, column, what, was, now, why.map((cause) => formatCause(cause, standings)).join('; ')]);
    },
    finish: () => closeSync(file),
  };
}

function openOutputFile(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    const fix = 'Name a file in a folder that is there and can be written.';
    throw new Failure('cli/failed', `${path} cannot be written.`, { at: '--out', fix }, { cause });
  }
}

function createTextWriter(io: Io): ChangeWriter {
  let places = 0;
  let before = '';
  let because = '';
  const byFile = new Map<string, number>();
  return {
    write(change, standings) {
      const { file, at, why } = change;
      byFile.set(file, (byFile.get(file) ?? 0) + 1);
      const place = `${file}#${at}`;
      if (place !== before) places += 1;
      if (places > MAX_PLACES_PRINTED) return;
      const says = why.map((cause) => `    ${formatCause(cause, standings)}\n`).join('');
      if (place !== before) io.out(`\n${place}\n`);
      io.out(`  ${formatCellChange(change)}\n`);
      if (place !== before || says !== because) io.out(says);
      before = place;
      because = says;
    },
    finish() {
      if (places > MAX_PLACES_PRINTED)
        io.out(`\nand ${places - MAX_PLACES_PRINTED} more places; --out FILE writes all of them\n`);
      if (byFile.size > 0) io.out(`\n${formatTable(['file', 'changes'], [...byFile])}`);
      else io.out('\nNo cell changed.\n');
    },
  };
}

function createJsonWriter(io: Io, { study, format, basis, files }: ExportChanges): ChangeWriter {
  const head = JSON.stringify({ study, format, basis, files }, null, 2).slice(0, -2);
  io.out(`${head},\n  "changes": [`);
  let first = true;
  return {
    write(change) {
      io.out(`${first ? '' : ','}\n    ${JSON.stringify(change)}`);
      first = false;
    },
    finish(standings) {
      const resources = JSON.stringify(Object.fromEntries(standings), null, 2).replaceAll('\n', '\n  ');
      io.out(`${first ? '' : '\n  '}],\n  "resources": ${resources}\n}\n`);
    },
  };
}

function printExportChanges(io: Io, { study, format, basis, files }: ExportChanges): void {
  io.out(`${format} of ${study}\n`);
  for (const { of, was, now } of basis) io.out(`  ${of} ${was ?? '(none)'} → ${now ?? '(none)'}\n`);
  const words = { appeared: 'new', left: 'not there any more', 'other-bytes': 'other', same: 'the same' };
  io.out(
    `\n${formatTable(
      ['file', ''],
      files.map(({ file, what }) => [file, words[what]]),
    )}`,
  );
}

async function writeChanges(
  io: Io,
  service: Service | null,
  found: ExportChanges,
  options: ChangesOptions,
): Promise<void> {
  if (!options.json) printExportChanges(io, found);
  const readers = [options.json ? createJsonWriter(io, found) : createTextWriter(io)];
  if (options.out !== undefined) readers.push(createCsvWriter(options.out));
  const asked = new ResourceStatusLookup(service);
  let count = 0;
  for await (const change of found.readChanges()) {
    count += 1;
    const standings = await asked.lookUp(change.why);
    for (const reader of readers) reader.write(change, standings);
  }
  for (const reader of readers) reader.finish(asked.statuses);
  if (options.out !== undefined) io.err(`${pluralize(count, 'change')} in ${options.out}\n`);
}

const CHANGES_HELP = `
Reads the traces (trace/) of both folders. Where a store is named with --data, says of each resource that changed what its
version in force is and when it was received. What is printed names the hospitals' resources: for those who may see them.
`;

/** `changes OLD NEW`: which cells two exports show otherwise, and why. */
export function createChangesCommand(session: CommandContext): Command {
  const made = createCommand('changes', 'say which cells changed between two exports, and why', [
    'changes export/2026-05 export/2026-06',
    'changes old/csv new/csv --data data --out changes.csv',
  ])
    .argument('<old>', 'folder that `export` wrote')
    .argument('<new>', 'folder that `export` wrote later: same study, same format')
    .option('--out <file>', 'write every change to a CSV file')
    .addHelpText('after', CHANGES_HELP);
  return addJsonOption(addStoreOptions(made)).action(
    async (old: string, now: string, options: ChangesOptions) => {
      const found = await compareExports(old, now);
      if (options.data === undefined && options.config === undefined)
        return writeChanges(session.io, null, found, options);
      return withExistingStore(session, options, (service) =>
        writeChanges(session.io, service, found, options),
      );
    },
  );
}
