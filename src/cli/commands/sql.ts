import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { type CsvCell, formatCsvRow } from '../../csv-row.ts';
import { Failure } from '../../errors.ts';
import { decodeUtf8 } from '../../fhir/decode-text.ts';
import { parseJson } from '../../fhir/lossless-json.ts';
import type { TranslatedView } from '../../service/sql-views.ts';
import type { CommandContext, StoreCommandOptions } from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { readInputFile } from '../files/input-files.ts';
import { refuseUnknownSite, refuseUnknownView } from '../refuse-unknown.ts';
import { openDuckDb, type QueryResult } from '../sql/open-duckdb.ts';
import { prepareDatabase } from '../sql/prepare-database.ts';
import { listInputs } from '../sql/sql-inputs.ts';
import { formatTable, type Io, printJson } from '../terminal.ts';

interface SqlOptions extends StoreCommandOptions {
  readonly study?: string;
  readonly site?: string;
  readonly ndjson: readonly string[];
  readonly parquet: readonly string[];
  readonly view: readonly string[];
  readonly viewFile: readonly string[];
  readonly printSql: boolean;
  readonly csv: boolean;
  readonly json: boolean;
}

const NDJSON_EXTENSIONS = ['.ndjson', '.jsonl'];

const toCellText = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : value;

function printResult(io: Io, { columns, rows }: QueryResult, { csv, json }: SqlOptions): void {
  if (json)
    printJson(
      io,
      rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null]))),
    );
  else if (csv)
    io.out(
      [columns, ...rows].map((row) => formatCsvRow(row.map((cell) => toCellText(cell) as CsvCell))).join(''),
    );
  else
    io.out(
      formatTable(
        columns,
        rows.map((row) => row.map(toCellText)),
      ),
    );
}

/** Selects the named views, or all. A view that has no SQL is refused where it is named, and said where it is not. */
function selectViews(
  io: Io,
  views: readonly TranslatedView[],
  names: readonly string[],
): readonly TranslatedView[] {
  for (const name of names) {
    refuseUnknownView(
      name,
      views.map((view) => view.name),
    );
  }
  const selected = names.length === 0 ? views : views.filter(({ name }) => names.includes(name));
  for (const { file, translated } of selected) {
    if (!(translated instanceof Failure)) continue;
    const at = `${file}: ${translated.at ?? ''}`;
    const fix = translated.fix ?? 'Correct the view.';
    const failure = new Failure('cli/failed', translated.message, { at, fix });
    if (names.length > 0) throw failure;
    io.err(`Left out: ${failure.line}\n`);
  }
  return selected;
}

/** Loads the views of the mappings and those of files; none for a query over Parquet alone, which needs none. */
async function loadViews(context: CommandContext, options: SqlOptions): Promise<readonly TranslatedView[]> {
  const { ndjson, view, viewFile, printSql } = options;
  if (ndjson.length + view.length + viewFile.length === 0 && !printSql) return [];
  const config = await context.loadConfig({ config: options.config, data: options.data });
  const { sites, translate, translateFile } = await context.readSqlViews(config);
  if (options.site !== undefined) refuseUnknownSite(options.site, sites);
  const own = viewFile.map((file) =>
    translateFile({ file, json: parseJson(decodeUtf8(readInputFile(file))) }),
  );
  const all = [...translate({ study: options.study, site: options.site }), ...own];
  return [...new Map(all.map((view) => [view.name, view])).values()];
}

async function runSql(
  context: CommandContext,
  query: string | undefined,
  options: SqlOptions,
): Promise<void> {
  const { io } = context;
  if (query === undefined && !options.printSql)
    throw new Failure('cli/usage', 'There is no query.', { at: '<query>', fix: 'See sql --help.' });
  const ndjson = listInputs(options.ndjson, NDJSON_EXTENSIONS);
  const parquet = listInputs(options.parquet, ['.parquet']);
  const views = selectViews(io, await loadViews(context, options), options.view);
  const temporaryFolder = mkdtempSync(join(tmpdir(), 'trial-adapter-sql-'));
  const database = await openDuckDb(temporaryFolder);
  try {
    const statements = await prepareDatabase(database, { ndjson, parquet, views, temporaryFolder });
    if (options.printSql) io.out(statements);
    if (query !== undefined) printResult(io, await database.query(query), options);
  } finally {
    database.close();
    rmSync(temporaryFolder, { recursive: true, force: true });
  }
}

const collect = (value: string, earlier: readonly string[]): readonly string[] => [...earlier, value];

const createListOption = (flags: string, description: string): Option =>
  new Option(flags, description).default([], 'none').argParser(collect);

const SQL_HELP = `
Each ViewDefinition of the mappings is a view of the query, each Parquet file a view of its name, and "resources" all
resources as JSON (key, type, resource). Dates are text as sent; decimals are DOUBLE: equal in value, without the digits as
sent. For analysis and for checks, never as the record. The resources must be valid FHIR.
`;

/** Creates `sql`: runs a query of DuckDB over exported files, with the views of the mappings. */
export function createSqlCommand(context: CommandContext): Command {
  const command = createCommand(
    'sql',
    'query NDJSON and Parquet files by SQL, with the views of the mappings',
    [
      `sql --parquet export/msc-aa/parquet "select arm, count(*) from subjects group by arm"`,
      `sql --ndjson bulk/ "select code_codes, median(value_value) from observation_measurement group by 1"`,
      'sql --ndjson bulk/ --view observation_measurement --print-sql',
    ],
  )
    .argument('[query]', 'one statement in the SQL of DuckDB')
    .addOption(createListOption('--ndjson <path>', 'NDJSON file or folder, one resource a line (repeatable)'))
    .addOption(createListOption('--parquet <path>', 'Parquet file, or folder of them (repeatable)'))
    .addOption(createListOption('--view <name>', 'define only this view (repeatable; default: all)'))
    .addOption(
      createListOption('--view-file <file>', 'also define the ViewDefinition of this file (repeatable)'),
    )
    .option('--study <id>', 'also the views of this study (default: the only one)')
    .option('--site <id>', 'also the views of this site')
    .option('--print-sql', 'print the SQL of the views; the query may be left out', false)
    .addOption(new Option('--csv', 'print the result as CSV').default(false).conflicts('json'))
    .addHelpText('after', SQL_HELP);
  return addJsonOption(addStoreOptions(command)).action((query: string | undefined, options: SqlOptions) =>
    runSql(context, query, options),
  );
}
