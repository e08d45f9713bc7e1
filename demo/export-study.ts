import { join, relative } from 'node:path';
import type { AdapterCli } from './adapter-cli.ts';

interface ListedFormat {
  readonly id: string;
  readonly says: string;
}

interface ExportSummary {
  readonly files: readonly { readonly file: string; readonly bytes: number }[];
}

/** So many at once: each is a process of its own, and most of what it does is to start. */
const CONCURRENT_EXPORTS = 3;

/**
 * Exports the study in every format that the adapter knows, each into a folder of its own, and prints what each is for.
 * The study's registry record is not confirmed, so the registries' formats are written as drafts, as the gate asks.
 */
export async function exportAllFormats(adapter: AdapterCli, study: string, folder: string): Promise<void> {
  const formats = JSON.parse(await adapter.runCommand('export', '--json')) as ListedFormat[];
  console.log(`\nThe study in every format, in ${relative('.', folder) || folder}`);
  const width = Math.max(...formats.map(({ id }) => id.length));
  for (let first = 0; first < formats.length; first += CONCURRENT_EXPORTS) {
    const some = formats.slice(first, first + CONCURRENT_EXPORTS);
    const lines = some.map(async ({ id, says }) => {
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

/** The formats that show what a correction does: the rows, and the figures. */
const COMPARED_FORMATS = ['csv', 'statistics'] as const;

/** Exports again after the correction, and prints which cells are others now; `changes` says of each of them why. */
export async function printChangedCells(
  adapter: AdapterCli,
  study: string,
  before: string,
  after: string,
): Promise<void> {
  console.log('\nWhat the correction changed in the exports');
  const lines = COMPARED_FORMATS.map(async (format) => {
    const [old, now] = [join(before, format), join(after, format)];
    await exportFormat(adapter, format, study, now);
    const { changes } = JSON.parse(await adapter.runCommand('changes', old, now, '--json')) as ChangeList;
    const said = changes.find(({ at }) => at === 'response/overall/count');
    const figure = said ? `, ${said.at} ${said.was} → ${said.now}` : '';
    const command = `npx trial-adapter changes ${relative('.', old)} ${relative('.', now)}`;
    return `      ${changes.length} cells of ${format}${figure}: ${command}`;
  });
  for (const line of await Promise.all(lines)) console.log(line);
}

async function exportFormat(
  adapter: AdapterCli,
  format: string,
  study: string,
  out: string,
): Promise<ExportSummary> {
  const printed = await adapter.runCommand(
    'export',
    format,
    '--study',
    study,
    '--draft',
    '--out',
    out,
    '--json',
  );
  return JSON.parse(printed) as ExportSummary;
}

function formatSize(files: number, bytes: number): string {
  const number = `${files} ${files === 1 ? 'file' : 'files'}`;
  return `${number.padStart(8)}  ${`${Math.ceil(bytes / 1000)} kB`.padStart(8)}`;
}
