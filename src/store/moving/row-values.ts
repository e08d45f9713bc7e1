import type { ColumnType, MovedTable } from './moved-tables.ts';

/** A value in the form in which both databases are compared: bytes are hexadecimal digits, lists are JSON. */
export type RowValue = string | number | boolean | null;

const toListText = (list: readonly string[]): string => JSON.stringify(list);

/** Converts a value of SQLite. */
export function convertSqliteValue(value: unknown, type: ColumnType): RowValue {
  if (value === null) return null;
  if (type === 'boolean') return value === 1;
  if (type === 'bytes') return Buffer.from(value as Uint8Array).toString('hex');
  if (type === 'body' && typeof value !== 'string')
    return Buffer.from(value as Uint8Array).toString('base64');
  if (type === 'list') return toListText(JSON.parse(String(value)) as string[]);
  return value as RowValue;
}

/** Converts a value of PostgreSQL. */
export function convertPostgresValue(value: unknown, type: ColumnType): RowValue {
  if (value === null) return null;
  if (type === 'bigint') return Number(value);
  if (type === 'bytes') return (value as Buffer).toString('hex');
  if (type === 'list') return toListText(value as string[]);
  return value as RowValue;
}

/** How a list of values of a column is given to PostgreSQL, and how each is converted there. */
const PARAMETERS: Readonly<Record<ColumnType, readonly [array: string, convert: (name: string) => string]>> =
  {
    text: ['text[]', (name) => name],
    body: ['text[]', (name) => name],
    integer: ['integer[]', (name) => name],
    bigint: ['bigint[]', (name) => name],
    boolean: ['boolean[]', (name) => name],
    bytes: ['text[]', (name) => `decode(${name}, 'hex')`],
    list: ['text[]', (name) => `ARRAY(SELECT json_array_elements_text(${name}::json))`],
  };

/** Builds the statement that reads the rows of a table in SQLite, in order of its key. */
export function buildSqliteQuery({ columns, key, source, renamed = {} }: MovedTable): string {
  const selected = Object.keys(columns).map((name) => `${renamed[name] ?? `t.${name}`} AS ${name}`);
  return `SELECT ${selected.join(', ')} FROM ${source} ORDER BY ${key.map((name) => renamed[name] ?? `t.${name}`).join(', ')}`;
}

/** Builds the statement that reads the same rows in PostgreSQL. */
export const buildPostgresQuery = ({ name, columns, key }: MovedTable): string =>
  `SELECT ${Object.keys(columns).join(', ')} FROM ${name} ORDER BY ${key.join(', ')}`;

/** Builds the statement that inserts rows, given as one list for each column. */
export function buildInsertion({ name, columns }: MovedTable): string {
  const entries = Object.entries(columns);
  const converted = entries.map(([column, type]) => PARAMETERS[type][1](`given.${column}`));
  const parameters = entries.map(([, type], index) => `$${index + 1}::${PARAMETERS[type][0]}`);
  const names = entries.map(([column]) => column).join(', ');
  return `INSERT INTO ${name} (${names}) SELECT ${converted.join(', ')}
    FROM unnest(${parameters.join(', ')}) AS given (${names})`;
}
