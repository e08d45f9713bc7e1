import { closeSync, openSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import { type CsvCell, formatCsvRow } from '../../csv-row.ts';
import { Failure } from '../../errors.ts';
import {
  type CellChange,
  type ChangeCause,
  compareExports,
  type ExportChanges,
} from '../../service/compare-exports.ts';
import type { ResourceStatus } from '../../service/resource-status.ts';
import type { Service } from '../../service.ts';
import { type CommandContext, type StoreCommandOptions, withExistingStore } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { formatTable, type Io, pluralise } from '../terminal.ts';
import {
  formatCause,
  formatCellChange,
  getUnversionedName,
  type ResourceStatuses,
} from '../text/format-changes.ts';

interface ChangesOptions extends StoreCommandOptions {
  readonly out?: string;
  readonly json: boolean;
}

/** The most places that are printed; --out writes all of them. */
const MAX_PLACES_PRINTED = 100;

/** Looks up each resource once in the store; finds nothing without a store. */
class ResourceStatusLookup {
  readonly statuses = new Map<string, ResourceStatus>();
  readonly #service: Service | null;
  readonly #lookedUp = new Set<string>();

  constructor(service: Service | null) {
    this.#service = service;
  }

  async lookUp(causes: readonly ChangeCause[]): Promise<ResourceStatuses> {
    const changes = causes.flatMap((cause) => ('resources' in cause ? cause.resources : []));
    for (const name of changes.map(getUnversionedName)) {
      if (!this.#service || this.#lookedUp.has(name)) continue;
      this.#lookedUp.add(name);
      const status = await this.#service.readResourceStatus(name);
      if (status) this.statuses.set(name, status);
    }
    return this.statuses;
  }
}

/** An output of the changes, which are written one by one in order. */
interface ChangeWriter {
  write(change: CellChange, statuses: ResourceStatuses): void;
  finish(statuses: ResourceStatuses): void;
}

function createCsvWriter(path: string): ChangeWriter {
  const file = openOutputFile(path);
  const write = (cells: readonly CsvCell[]): void => {
    writeSync(file, formatCsvRow(cells));
  };
  write(['file', 'address', 'column', 'what', 'was', 'now', 'why']);
  return {
    write({ file: changedFile, at, column, what, was, now, why }, statuses) {
      write([
        changedFile,
        at,
        column,
        what,
        was,
        now,
        why.map((cause) => formatCause(cause, statuses)).join('; '),
      ]);
    },
    finish: () => closeSync(file),
  };
}

function openOutputFile(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    const fix = 'Name a file in a folder that exists and can be written to.';
    throw new Failure('cli/failed', `${path} cannot be written.`, { at: '--out', fix }, { cause });
  }
}

/** Prints changes grouped by place. Causes that equal those printed before are not repeated. */
function createTextWriter(io: Io): ChangeWriter {
  let places = 0;
  let lastPlace = '';
  let lastCauses = '';
  const countsByFile = new Map<string, number>();
  return {
    write(change, statuses) {
      const { file, at, why } = change;
      countsByFile.set(file, (countsByFile.get(file) ?? 0) + 1);
      const place = `${file}#${at}`;
      const isNewPlace = place !== lastPlace;
      if (isNewPlace) places += 1;
      if (places > MAX_PLACES_PRINTED) return;
      const causes = why.map((cause) => `    ${formatCause(cause, statuses)}\n`).join('');
      if (isNewPlace) io.out(`\n${place}\n`);
      io.out(`  ${formatCellChange(change)}\n`);
      if (isNewPlace || causes !== lastCauses) io.out(causes);
      lastPlace = place;
      lastCauses = causes;
    },
    finish() {
      if (places > MAX_PLACES_PRINTED)
        io.out(`\n${places - MAX_PLACES_PRINTED} more places changed: --out FILE writes all of them\n`);
      if (countsByFile.size > 0) io.out(`\n${formatTable(['file', 'changes'], [...countsByFile])}`);
      else io.out('\nNo cell changed.\n');
    },
  };
}

/** Prints one JSON object, change by change, so that the list of changes is not kept in memory. */
function createJsonWriter(io: Io, { study, format, basis, files }: ExportChanges): ChangeWriter {
  const head = JSON.stringify({ study, format, basis, files }, null, 2).slice(0, -2);
  io.out(`${head},\n  "changes": [`);
  let isFirst = true;
  return {
    write(change) {
      io.out(`${isFirst ? '' : ','}\n    ${JSON.stringify(change)}`);
      isFirst = false;
    },
    finish(statuses) {
      const resources = JSON.stringify(Object.fromEntries(statuses), null, 2).replaceAll('\n', '\n  ');
      io.out(`${isFirst ? '' : '\n  '}],\n  "resources": ${resources}\n}\n`);
    },
  };
}

const FILE_CHANGE_TEXTS = {
  appeared: 'new',
  left: 'no longer there',
  'other-bytes': 'changed',
  same: 'the same',
} as const;

function printExportChanges(io: Io, { study, format, basis, files }: ExportChanges): void {
  io.out(`${format} of ${study}\n`);
  for (const { of, was, now } of basis) io.out(`  ${of} ${was ?? '(none)'} → ${now ?? '(none)'}\n`);
  io.out(
    `\n${formatTable(
      ['file', ''],
      files.map(({ file, what }) => [file, FILE_CHANGE_TEXTS[what]]),
    )}`,
  );
}

async function writeChanges(
  io: Io,
  service: Service | null,
  changes: ExportChanges,
  options: ChangesOptions,
): Promise<void> {
  if (!options.json) printExportChanges(io, changes);
  const writers = [options.json ? createJsonWriter(io, changes) : createTextWriter(io)];
  if (options.out !== undefined) writers.push(createCsvWriter(options.out));
  const lookup = new ResourceStatusLookup(service);
  let count = 0;
  for await (const change of changes.readChanges()) {
    count += 1;
    const statuses = await lookup.lookUp(change.why);
    for (const writer of writers) writer.write(change, statuses);
  }
  for (const writer of writers) writer.finish(lookup.statuses);
  if (options.out !== undefined) io.err(`${pluralise(count, 'change')} in ${options.out}\n`);
}

const CHANGES_HELP = `
Reads the traces (trace/) of both folders. With a store (--data or --config), it also prints the status of each changed
resource and the time when its current version was received. The output names resources of hospitals: only persons who
may see these may read it.
`;

/** Creates `changes OLD NEW`: the cells that differ between two exports, and why. */
export function createChangesCommand(context: CommandContext): Command {
  const command = createCommand('changes', 'list the cells that changed between two exports, and why', [
    'changes export/2026-05 export/2026-06',
    'changes old/csv new/csv --data data --out changes.csv',
  ])
    .argument('<old>', 'folder that `export` wrote')
    .argument('<new>', 'folder that `export` wrote later, of the same study in the same format')
    .option('--out <file>', 'write every change to a CSV file')
    .addHelpText('after', CHANGES_HELP);
  return addJsonOption(addStoreOptions(command)).action(
    async (oldFolder: string, newFolder: string, options: ChangesOptions) => {
      const changes = await compareExports(oldFolder, newFolder);
      if (options.data === undefined && options.config === undefined)
        return writeChanges(context.io, null, changes, options);
      return withExistingStore(context, options, (service) =>
        writeChanges(context.io, service, changes, options),
      );
    },
  );
}
