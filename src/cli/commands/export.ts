import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../errors.ts';
import type { ExportRequest } from '../../service/study-exports.ts';
import type { Service } from '../../service.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreCommandOptions,
  withExistingStore,
} from '../command-context.ts';
import {
  addJsonOption,
  addReplicaOption,
  addStoreOptions,
  addStudyOption,
  createCommand,
} from '../command-options.ts';
import { type ExportWriteResult, writeExportFiles } from '../files/write-export-files.ts';
import { formatTable, type Io, pluralise, printJson } from '../terminal.ts';
import { printExportAddresses, printProvenanceTrace } from '../text/print-provenance-trace.ts';

interface ExportOptions extends StoreCommandOptions {
  readonly study?: string;
  readonly out?: string;
  readonly draft: boolean;
  /** Who receives the files. */
  readonly for?: string;
  /** The cell to trace; true: list all addresses; false (`--no-trace`): write no sidecars. */
  readonly trace?: string | boolean;
  readonly json: boolean;
}

const MAX_UNRECOGNISED_SHOWN = 5;

async function printFormats(io: Io, service: Service, json: boolean): Promise<void> {
  const formats = await service.listFormats();
  if (json) printJson(io, formats);
  else
    io.out(
      formatTable(
        ['format', 'purpose'],
        formats.map(({ id, says }) => [id, says]),
      ),
    );
}

function printWrittenFiles(
  io: Io,
  folder: string,
  { sizes, removed, unrecognised }: ExportWriteResult,
): void {
  io.out(formatTable(['file', 'bytes'], [...sizes]));
  io.out(`\n${pluralise(sizes.size, 'file')} in ${folder}\n`);
  if (removed.length > 0) io.out(`Removed files of an earlier export: ${removed.join(', ')}\n`);
  if (unrecognised.length > 0) {
    const shown = unrecognised.slice(0, MAX_UNRECOGNISED_SHOWN).join(', ');
    const more = unrecognised.length > MAX_UNRECOGNISED_SHOWN ? ', …' : '';
    io.err(`The folder also contains files that do not belong to this export: ${shown}${more}\n`);
  }
}

async function writeExport(
  io: Io,
  service: Service,
  request: ExportRequest & { readonly trace: boolean },
  options: ExportOptions,
) {
  const { study, format } = request;
  const folder = resolve(options.out ?? join('export', study, format));
  const written = await writeExportFiles(await service.exportStudy(request), folder, request);
  const files = [...written.sizes].map(([file, bytes]) => ({ file, bytes }));
  if (options.json) printJson(io, { study, format, folder, files, removed: written.removed });
  else printWrittenFiles(io, folder, written);
}

async function runExport(
  context: CommandContext,
  format: string | undefined,
  options: ExportOptions,
): Promise<void> {
  const { io } = context;
  const { trace, draft, json } = options;
  if (format === undefined && trace !== undefined)
    throw new Failure('cli/usage', '--trace needs a format.', {
      at: '--trace',
      fix: 'Name the format first: export FORMAT --trace CELL.',
    });
  await withExistingStore(context, options, async (service, { database }) => {
    if (format === undefined) return printFormats(io, service, json);
    const study = await resolveStudy(service, options.study);
    const request = { study, format, draft, recipient: options.for };
    if (typeof trace === 'string') return printProvenanceTrace(io, service, request, { cell: trace, json });
    if (trace === true) return printExportAddresses(io, service, request, json);
    if (database !== null && database.url === database.replicaUrl) io.err(NOT_RECORDED);
    return writeExport(io, service, { ...request, trace: trace !== false }, options);
  });
}

/** Why an export has no entry in the audit trail. */
const NOT_RECORDED =
  'This export is not in the audit trail: a replica cannot be written. Name the primary with --database as well.\n';

const EXPORT_HELP = `
The folder trace/ contains the sources of each row and figure: subjects by number, and the resources (site, type, id,
version) that state it. Only persons who may see these resources may read it. Never share or upload it.
`;

/** Creates `export [FORMAT]`: writes the study in a format, or prints the sources of one cell; alone, lists the formats. */
export function createExportCommand(context: CommandContext): Command {
  const command = createCommand(
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
    .argument('[format]', 'one of the formats that `export` without arguments lists')
    .option('--out <dir>', 'folder to write to (default: export/STUDY/FORMAT)')
    .option('--for <recipient>', 'who receives the files; recorded in the audit trail (see disclosures)')
    .option('--draft', 'write a registry export as a draft, under the study id DRAFT-NOT-FOR-UPLOAD', false)
    .option(
      '--trace [cell]',
      'write no files; print the subjects and resources of one row or figure, given by its address or by a part that no other address contains; without CELL, list all addresses',
    )
    .option('--no-trace', 'do not write the folder trace/')
    .addHelpText('after', EXPORT_HELP);
  return addJsonOption(addStudyOption(addReplicaOption(addStoreOptions(command)))).action(
    (format: string | undefined, options: ExportOptions) => runExport(context, format, options),
  );
}
