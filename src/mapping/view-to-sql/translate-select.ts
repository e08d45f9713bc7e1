import type { ColumnDefinition, SelectDefinition } from '../view/view-definition.ts';
import { getSqlType, isPrimitive } from './model-elements.ts';
import { formatExists, type SqlItems } from './sql-items.ts';
import { translateExpression } from './translate-expression.ts';
import { createUntranslatableFailure, type TranslationScope } from './translation-scope.ts';

/** A column of a view in SQL. */
export interface SqlColumn {
  readonly name: string;
  /** DuckDB's type. */
  readonly type: string;
  readonly sql: string;
}

/**
 * One `SELECT` of a view: every row comes from exactly one. A `unionAll` makes one of each branch, a `forEachOrNull` one
 * more for the row without an element, so that no branch needs a correlated subquery.
 */
export interface SqlBranch {
  readonly columns: readonly SqlColumn[];
  /** Table expressions of the iterations, each of which may read those before it. */
  readonly joins: readonly string[];
  readonly conditions: readonly string[];
}

/** More branches than this take a query longer than the rows are worth. */
const MAX_BRANCHES = 64;

const EMPTY_BRANCH: SqlBranch = { columns: [], joins: [], conditions: [] };

/** Combines every branch of one part with every branch of the next. */
function combineBranches(
  parts: readonly (readonly SqlBranch[])[],
  scope: TranslationScope,
): readonly SqlBranch[] {
  let combined: readonly SqlBranch[] = [EMPTY_BRANCH];
  for (const part of parts) {
    combined = combined.flatMap((left) =>
      part.map((right) => ({
        columns: [...left.columns, ...right.columns],
        joins: [...left.joins, ...right.joins],
        conditions: [...left.conditions, ...right.conditions],
      })),
    );
    if (combined.length > MAX_BRANCHES)
      throw createUntranslatableFailure(
        scope,
        `Its unionAll and forEachOrNull make more than ${MAX_BRANCHES} queries.`,
        'Split the view.',
      );
  }
  return combined;
}

/** Formats the one value of a column. The query fails where a resource has several, as the view does. */
function formatSingleValue({ isList, values }: SqlItems, name: string): string {
  if (!isList) return values;
  const message = `The column ${name} takes one value, but a resource has several: set collection in the view.`;
  return `case when len(${values}) > 1 then error($$${message}$$) else (${values})[1] end`;
}

function formatCollection({ isList, values }: SqlItems, type: string): string {
  const empty = `cast([] as ${type})`;
  return isList
    ? `coalesce(${values}, ${empty})`
    : `case when ${values} is null then ${empty} else [${values}] end`;
}

function translateColumn(column: ColumnDefinition, focus: SqlItems, scope: TranslationScope): SqlColumn {
  const { name, path, collection } = column;
  const items = translateExpression(path, focus, scope);
  if (!isPrimitive(items.type))
    throw createUntranslatableFailure(
      scope,
      `The column "${name}" is a whole ${items.type}.`,
      'Select its primitive elements.',
    );
  const type = getSqlType(items.type);
  if (collection !== true) return { name, type, sql: formatSingleValue(items, name) };
  return { name, type: `${type}[]`, sql: formatCollection(items, `${type}[]`) };
}

/** The row of an iteration without elements: NULL, and of a collection the empty list. */
const toEmptyColumn = ({ name, type }: SqlColumn): SqlColumn => ({
  name,
  type,
  sql: type.endsWith('[]') ? `cast([] as ${type})` : `cast(null as ${type})`,
});

interface Iteration {
  readonly focus: SqlItems;
  readonly join: string;
  /** Whether the iteration has elements. */
  readonly exists: string;
}

function translateIteration(path: string, focus: SqlItems, scope: TranslationScope): Iteration {
  const items = translateExpression(path, focus, scope);
  const table = scope.nameVariable();
  const list = items.isList ? items.elements() : `case when ${items.elements()} then [${items.values}] end`;
  return {
    focus: {
      ...items,
      values: `${table}."item"`,
      isList: false,
      elements: () => 'true',
      companion: null,
    },
    join: `unnest(${list}) as ${table}("item")`,
    exists: formatExists(items),
  };
}

function readIteration(
  select: SelectDefinition,
  focus: SqlItems,
  scope: TranslationScope,
  at: string,
): Iteration | null {
  if (select.repeat)
    throw createUntranslatableFailure(
      { at: `${at}repeat` },
      'repeat reads elements of any depth.',
      'Write one forEach for each level that is needed.',
    );
  const key = select.forEach === undefined ? 'forEachOrNull' : 'forEach';
  const path = select[key];
  return path === undefined ? null : translateIteration(path, focus, { ...scope, at: `${at}${key}` });
}

function requireEqualTypes(branches: readonly SqlBranch[], scope: TranslationScope): void {
  const [first, ...others] = branches;
  for (const { columns } of others) {
    const differing = columns.find(({ type }, i) => type !== first?.columns[i]?.type);
    if (differing)
      throw createUntranslatableFailure(
        scope,
        `The column "${differing.name}" has several types in unionAll.`,
        'Give it one type in every branch.',
      );
  }
}

/** Translates a selection to the queries that together yield its rows. `at` is its place in the view, with a dot at its end. */
export function translateSelect(
  select: SelectDefinition,
  focus: SqlItems,
  scope: TranslationScope,
  at: string,
): readonly SqlBranch[] {
  const iteration = readIteration(select, focus, scope, at);
  const inner = iteration?.focus ?? focus;
  const columns = (select.column ?? []).map((column, i) =>
    translateColumn(column, inner, { ...scope, at: `${at}column[${i}].path` }),
  );
  const nested = (select.select ?? []).map((each, i) =>
    translateSelect(each, inner, scope, `${at}select[${i}].`),
  );
  const united = select.unionAll?.flatMap((each, i) =>
    translateSelect(each, inner, scope, `${at}unionAll[${i}].`),
  );
  if (united) requireEqualTypes(united, { ...scope, at: `${at}unionAll` });
  const branches = combineBranches([[{ ...EMPTY_BRANCH, columns }], ...nested, ...(united ? [united] : [])], {
    ...scope,
    at,
  });
  if (!iteration) return branches;
  const iterated = branches.map((branch) => ({ ...branch, joins: [iteration.join, ...branch.joins] }));
  const [first] = branches;
  if (select.forEachOrNull === undefined || !first) return iterated;
  const emptyBranch = {
    columns: first.columns.map(toEmptyColumn),
    joins: [],
    conditions: [`not ${iteration.exists}`],
  };
  return [...iterated, emptyBranch];
}
