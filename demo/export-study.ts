import { join, relative } from 'node:path';
import type { AdapterCli } from './adapter-cli.ts';

interface ListedFormat {
  readonly id: string;
  readonly says: string;
}

interface ExportSummary {
  readonly files: readonly { readonly file: string; readonly bytes: number }[];
}

/** Each export is a process that spends most of its time starting, so some run at the same time. */
const CONCURRENT_EXPORTS = 3;

/**
 * Exports the study in every format of the adapter, each into a folder of its own, and prints the purpose of each. The
 * study's registry record is not confirmed, so the registry formats are written as drafts.
 */
export async function exportAllFormats(adapter: AdapterCli, study: string, folder: string): Promise<void> {
  const formats = JSON.parse(await adapter.runCommand('export', '--json')) as ListedFormat[];
  console.log(`\nThe study exported in every format, in ${relative('.', folder) || folder}`);
  const width = Math.max(...formats.map(({ id }) => id.length));
  for (let first = 0; first < formats.length; first += CONCURRENT_EXPORTS) {
    const batch = formats.slice(first, first + CONCURRENT_EXPORTS);
    const lines = batch.map(async ({ id, says }) => {
      const { files } = await exportFormat(adapter, id, study, join(folder, id));
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      return `      ${id.padEnd(width)}  ${formatSize(files.length, bytes)}  ${says}`;
    });
    for (const line of await Promise.all(lines)) console.log(line);
  }
}

interface ChangeList {
  readonly changes: readonly {
    readonly at: string;
    readonly what: string;
    readonly was: unknown;
    readonly now: unknown;
  }[];
}

/** The formats that show the effect of a correction: on the rows, and on the figures. */
const COMPARED_FORMATS = ['csv', 'statistics'] as const;

/** Exports again after the correction and prints how many cells changed, with the command that explains each change. */
export async function printChangedCells(
  adapter: AdapterCli,
  study: string,
  before: string,
  after: string,
): Promise<void> {
  console.log('\nChanges in the exports after the correction');
  const lines = COMPARED_FORMATS.map(async (format) => {
    const [oldFolder, newFolder] = [join(before, format), join(after, format)];
    await exportFormat(adapter, format, study, newFolder);
    const { changes } = JSON.parse(
      await adapter.runCommand('changes', oldFolder, newFolder, '--json'),
    ) as ChangeList;
    const responders = changes.find(({ at }) => at === 'response/overall/count');
    const figure = responders ? `, ${responders.at} ${responders.was} → ${responders.now}` : '';
    const command = `npx trial-adapter changes ${relative('.', oldFolder)} ${relative('.', newFolder)}`;
    return `      ${changes.length} cells in ${format}${figure}: ${command}`;
  });
  for (const line of await Promise.all(lines)) console.log(line);
}

async function exportFormat(
  adapter: AdapterCli,
  format: string,
  study: string,
  out: string,
): Promise<ExportSummary> {
  const output = await adapter.runCommand(
    'export',
    format,
    '--study',
    study,
    '--draft',
    '--out',
    out,
    '--json',
  );
  return JSON.parse(output) as ExportSummary;
}

function formatSize(files: number, bytes: number): string {
  const fileCount = `${files} ${files === 1 ? 'file' : 'files'}`;
  return `${fileCount.padStart(8)}  ${`${Math.ceil(bytes / 1000)} kB`.padStart(8)}`;
}
