import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../errors.ts';
import type { Service } from '../../service.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreOptions,
  withExistingStore,
} from '../command-context.ts';
import { addJsonOption, addStoreOptions, addStudyOption, createCommand } from '../command-options.ts';
import { type ExportWriteResult, writeExportFiles } from '../files/write-export-files.ts';
import { formatTable, type Io, pluralize, printJson } from '../terminal.ts';
import { printExportAddresses, printProvenanceTrace } from '../text/print-provenance-trace.ts';

interface ExportOptions extends StoreOptions {
  readonly study?: string;
  readonly out?: string;
  readonly draft: boolean;
  /** A cell to trace; true: list all addresses; false (`--no-trace`): write no sidecars. */
  readonly trace?: string | boolean;
  readonly json: boolean;
}

function printFormats(io: Io, service: Service, json: boolean): void {
  const formats = service.listFormats();
  if (json) printJson(io, formats);
  else
    io.out(
      formatTable(
        ['format', 'what for'],
        formats.map(({ id, says }) => [id, says]),
      ),
    );
}

function printWrittenFiles(
  io: Io,
  folder: string,
  { sizes, removed, unrecognised: strange }: ExportWriteResult,
): void {
  io.out(formatTable(['file', 'bytes'], [...sizes]));
  io.out(`\n${pluralize(sizes.size, 'file')} in ${folder}\n`);
  if (removed.length > 0) io.out(`Removed, as this export has no such file: ${removed.join(', ')}\n`);
  if (strange.length > 0) {
    const named = strange.slice(0, 5).join(', ');
    io.err(`Also there and not of this export: ${named}${strange.length > 5 ? ', …' : ''}\n`);
  }
}

async function writeExport(
  io: Io,
  service: Service,
  wanted: Parameters<Service['exportStudy']>[0],
  options: ExportOptions,
) {
  const { study, format } = wanted;
  const folder = resolve(options.out ?? join('export', study, format));
  const written = await writeExportFiles(await service.exportStudy(wanted), folder, wanted);
  const files = [...written.sizes].map(([file, bytes]) => ({ file, bytes }));
  if (options.json) printJson(io, { study, format, folder, files, removed: written.removed });
  else printWrittenFiles(io, folder, written);
}

async function runExport(
  session: CommandContext,
  format: string | undefined,
  options: ExportOptions,
): Promise<void> {
  const { io } = session;
  const { trace, draft, json } = options;
  if (format === undefined && trace !== undefined)
    throw new Failure('cli/usage', 'It is not clear which files are meant.', {
      at: '--trace',
      fix: 'Name the format first: export FORMAT --trace CELL.',
    });
  await withExistingStore(session, options, async (service) => {
    if (format === undefined) return printFormats(io, service, json);
    const wanted = { study: resolveStudy(service, options.study), format, draft };
    if (typeof trace === 'string') return printProvenanceTrace(io, service, wanted, { cell: trace, json });
    if (trace === true) return printExportAddresses(io, service, wanted, json);
    return writeExport(io, service, { ...wanted, trace: trace !== false }, options);
  });
}

const EXPORT_HELP = `
Beside the files, under trace/, lies what stands behind each row and figure: subjects by number, and the resources (site,
type, id, version) that say so. It is for those who may see them: never hand it over, never upload it.
`;

/** `export FORMAT`: the study in one of the formats, or what stands behind one cell of it; without a format, what there is. */
export function createExportCommand(session: CommandContext): Command {
  const made = createCommand(
    'export',
    'write the study as files for statisticians, registries and research tools',
    [
      'export',
      'export csv --study msc-aa --out export/csv',
      'export statistics --trace response/overall/count',
      'export csv --trace subjects.csv#MSC-001',
      'export ctgov-xml --draft --trace            # every address',
    ],
  )
    .argument('[format]', 'one of the formats that `export` alone lists')
    .option('--out <dir>', 'folder to write to (default: export/STUDY/FORMAT)')
    .option('--draft', 'write a registry export under DRAFT-NOT-FOR-UPLOAD', false)
    .option(
      '--trace [cell]',
      'write nothing: print the subjects and resources behind one row or figure, by its address or the part of it that is in no other; without CELL, list all addresses',
    )
    .option('--no-trace', 'leave the folder trace/ out')
    .addHelpText('after', EXPORT_HELP);
  return addJsonOption(addStudyOption(addStoreOptions(made))).action(
    (format: string | undefined, options: ExportOptions) => runExport(session, format, options),
  );
}
