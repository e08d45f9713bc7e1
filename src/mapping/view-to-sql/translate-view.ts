import r4 from 'fhirpath/fhir-context/r4';
import r5 from 'fhirpath/fhir-context/r5';
import { readDigits } from '../../fhir/lossless-json.ts';
import { compileView } from '../view/compile-view.ts';
import {
  type ConstantDefinition,
  parseViewDefinition,
  readConstantValue,
  type ViewDefinition,
} from '../view/view-definition.ts';
import { getSqlType } from './model-elements.ts';
import { buildComputed, type SqlItems } from './sql-items.ts';
import {
  addPrimitive,
  createShape,
  formatColumnTypes,
  quoteIdentifier,
  quoteText,
  type SqlShape,
} from './sql-shape.ts';
import { translateExpression } from './translate-expression.ts';
import { formatBoolean } from './translate-operators.ts';
import { type SqlBranch, type SqlColumn, translateSelect } from './translate-select.ts';
import type { TranslationScope } from './translation-scope.ts';

/** A view as a query of DuckDB over NDJSON files. */
export interface SqlView {
  readonly name: string;
  /** The resource type that it reads. */
  readonly resource: string;
  readonly columns: readonly Omit<SqlColumn, 'sql'>[];
  /**
   * Formats the query over NDJSON files; none: no rows. A file with resources of other types fails the query where an
   * element of the same name has another form there, as `name` of Organization and Patient.
   */
  readonly formatQuery: (files: readonly string[]) => string;
}

/** The largest resource in bytes, as for other input. */
const MAX_OBJECT_BYTES = 64 * 1_048_576;

/** The name of the table of resources in the query; a lambda variable never has it. */
const ROOT = 'resource';

function toSqlConstant(constant: ConstantDefinition): SqlItems {
  const { type: suffix, value } = readConstantValue(constant);
  const type = `${suffix.slice(0, 1).toLowerCase()}${suffix.slice(1)}`;
  const digits = readDigits(value);
  const literal = typeof value === 'boolean' ? String(value) : quoteText(digits ?? String(value));
  return buildComputed(`cast(${literal} as ${getSqlType(type)})`, type);
}

function createScope(view: ViewDefinition, isR4: boolean): TranslationScope {
  let variables = 0;
  return {
    model: isR4 ? r4 : r5,
    resource: view.resource,
    constants: new Map((view.constant ?? []).map((constant) => [constant.name, toSqlConstant(constant)])),
    nameVariable: () => `x${++variables}`,
    at: '',
  };
}

function formatBranch({ columns, joins, conditions }: SqlBranch): string {
  const selected = columns.map(({ name, sql }) => `  ${sql} as ${quoteIdentifier(name)}`).join(',\n');
  const where = conditions.length > 0 ? `\nwhere ${conditions.join(' and ')}` : '';
  return `select\n${selected}\nfrom ${[ROOT, ...joins].join(', ')}${where}`;
}

/** A query without rows, for a view of whose type there is no file. */
function formatEmptyQuery(columns: readonly Omit<SqlColumn, 'sql'>[]): string {
  const selected = columns.map(({ name, type }) => `  cast(null as ${type}) as ${quoteIdentifier(name)}`);
  return `select\n${selected.join(',\n')}\nwhere false`;
}

function formatSource(shape: SqlShape, resource: string, files: readonly string[]): string {
  const list = `[${files.map(quoteText).join(', ')}]`;
  const options = `format = 'newline_delimited', maximum_object_size = ${MAX_OBJECT_BYTES}`;
  const types = formatColumnTypes(shape);
  return (
    `  select * from read_json(${list}, ${options}, columns = ${types})\n` +
    `  where "resourceType" = ${quoteText(resource)}`
  );
}

/**
 * Translates a ViewDefinition of the Shareable subset to SQL for DuckDB. Its rows are those of the view, in any order, with
 * decimals as DOUBLE: equal in value, without the digits as sent. A value of another form than FHIR defines fails the query.
 * Throws `library/invalid` at the first expression that has no SQL with the same result, with its place and the fix.
 * Source: SQL on FHIR, ViewDefinition, processing algorithm.
 */
export function translateView(definition: unknown): SqlView {
  const compiled = compileView(definition);
  const view = parseViewDefinition(definition);
  const scope = createScope(view, compiled.fhirVersions.includes('4.0'));
  const shape = createShape();
  addPrimitive(shape, 'resourceType', 'VARCHAR', false);
  const root: SqlItems = { ...buildComputed(ROOT, view.resource), shape, elements: () => 'true' };
  const conditions = (view.where ?? []).map(({ path }, i) => {
    const whereScope = { ...scope, at: `where[${i}].path` };
    return formatBoolean(translateExpression(path, root, whereScope), whereScope);
  });
  const branches = translateSelect({ select: view.select }, root, scope, '').map((branch) => ({
    ...branch,
    conditions: [...conditions, ...branch.conditions],
  }));
  // Read once, however many branches there are.
  const materialized = branches.length > 1 ? 'materialized ' : '';
  const selects = branches.map(formatBranch).join('\nunion all\n');
  const columns = (branches[0]?.columns ?? []).map(({ name, type }) => ({ name, type }));
  return {
    name: compiled.name,
    resource: view.resource,
    columns,
    formatQuery: (files) =>
      files.length === 0
        ? formatEmptyQuery(columns)
        : `with ${ROOT} as ${materialized}(\n${formatSource(shape, view.resource, files)}\n)\n${selects}`,
  };
}
