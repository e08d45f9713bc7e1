import type { SqlView, TranslatedView } from '../../service/sql-views.ts';
import type { AnalysisDatabase } from './open-duckdb.ts';
import { type FilesByType, nameParquetViews, sortFilesByType } from './sql-inputs.ts';

/** The view of all resources, as JSON, with their keys: for elements that no view selects. */
const RESOURCES_VIEW = 'resources';

const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const quoteList = (texts: readonly string[]): string => `[${texts.map(quoteText).join(', ')}]`;

/** Formats the statement that defines a view over the files of its type. */
export function formatViewStatement(view: SqlView, files: FilesByType): string {
  return `create view ${quoteIdentifier(view.name)} as\n${view.formatQuery(files.get(view.resource) ?? [])};\n`;
}

function formatResourcesStatement(files: FilesByType): string {
  const all = [...files.values()].flat();
  const source =
    all.length === 0
      ? '(select null::JSON as json where false)'
      : `read_ndjson_objects(${quoteList(all)}, maximum_object_size = ${64 * 1_048_576})`;
  const [type, id] = [`(json->>'$.resourceType')`, `(json->>'$.id')`];
  return (
    `create view ${RESOURCES_VIEW} as\n` +
    `select ${type} || '/' || ${id} as key, ${type} as type, json as resource from ${source};\n`
  );
}

/** Reads which resource types each file holds. */
async function readTypes(
  database: AnalysisDatabase,
  files: readonly string[],
): Promise<ReadonlyMap<string, readonly (string | null)[]>> {
  const types = new Map<string, (string | null)[]>();
  for (const file of files) {
    const { rows } = await database.query(
      `select distinct "resourceType" from read_json(${quoteText(file)}, format = 'newline_delimited', ` +
        `maximum_object_size = ${64 * 1_048_576}, columns = {"resourceType": 'VARCHAR'})`,
    );
    // An export has a file for a type without resources.
    if (rows.length > 0)
      types.set(
        file,
        rows.map(([type]) => (typeof type === 'string' ? type : null)),
      );
  }
  return types;
}

/** What a query may read. */
export interface SqlSources {
  readonly ndjson: readonly string[];
  readonly parquet: readonly string[];
  readonly views: readonly TranslatedView[];
  readonly temporaryFolder: string;
}

/**
 * Defines the views over the files, and closes the database to everything else: a query that somebody else wrote must not
 * read or write other files, or load extensions. Returns the statements that define the views.
 */
export async function prepareDatabase(database: AnalysisDatabase, sources: SqlSources): Promise<string> {
  const { ndjson, parquet, views, temporaryFolder } = sources;
  const files = await sortFilesByType(await readTypes(database, ndjson), temporaryFolder);
  const statements = views.flatMap(({ translated }) =>
    'formatQuery' in translated ? [formatViewStatement(translated, files)] : [],
  );
  const parquetStatements = [...nameParquetViews(parquet)].map(
    ([name, file]) => `create view ${quoteIdentifier(name)} as\nfrom read_parquet(${quoteText(file)});\n`,
  );
  const all = [...statements, formatResourcesStatement(files), ...parquetStatements];
  for (const statement of all) await database.run(statement);
  const readable = [...files.values(), parquet].flat();
  await database.run(`set allowed_paths = ${quoteList(readable)}`);
  await database.run('set enable_external_access = false');
  await database.run('set lock_configuration = true');
  return all.join('\n');
}
