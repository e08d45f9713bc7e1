import { classifyType, type ValueKind } from './model-elements.ts';
import { buildComputed, type SqlItems } from './sql-items.ts';
import { createUntranslatableFailure, type TranslationScope } from './translation-scope.ts';

const SEVERAL_VALUES = 'error($$An operator of a view takes one value, but a resource has several.$$)';

/** Formats the one value of the items; the query fails where a resource has several, as the view would. */
export function formatSingleton({ isList, values, elements }: SqlItems): string {
  return isList
    ? `(case when len(${elements()}) > 1 then ${SEVERAL_VALUES} else (${values})[1] end)`
    : values;
}

/** Formats one boolean. FHIRPath takes any single other value for true, which is hardly ever what was meant. */
export function formatBoolean(items: SqlItems, scope: TranslationScope): string {
  if (items.type === 'boolean') return formatSingleton(items);
  throw createUntranslatableFailure(
    scope,
    `A ${items.type} stands where true or false is needed.`,
    'Add .exists() or a comparison.',
  );
}

const COMPARABLE: ReadonlySet<ValueKind> = new Set(['boolean', 'number', 'text']);

function requireComparable(left: SqlItems, right: SqlItems, scope: TranslationScope): ValueKind {
  const [kind, other] = [classifyType(left.type), classifyType(right.type)];
  if (kind === 'moment' || other === 'moment') {
    const fix =
      'Select the date as a column and compare it in the query, where its precision can be handled.';
    throw createUntranslatableFailure(scope, 'Dates are compared in their precision.', fix);
  }
  if (kind === other && COMPARABLE.has(kind)) return kind;
  throw createUntranslatableFailure(scope, `A ${left.type} is compared with a ${right.type}.`);
}

/**
 * Translates `=`: empty if a side is empty, false for another number of values, and false for an element that has only
 * extensions. Source: FHIRPath, equality.
 */
function formatEquality(left: SqlItems, right: SqlItems, scope: TranslationScope): string {
  requireComparable(left, right, scope);
  if (left.isList && right.isList)
    throw createUntranslatableFailure(scope, 'Two lists are compared.', 'Compare single values.');
  const [list, single] = right.isList ? [right, left] : [left, right];
  const presence = single.elements();
  if (!list.isList)
    return `(case when ${list.elements()} and ${presence} then coalesce(${list.values} = ${single.values}, false) end)`;
  const elements = list.elements();
  const isEqual = `coalesce(len(${elements}) = 1 and (${elements})[1] = ${single.values}, false)`;
  return `(case when len(${elements}) > 0 and ${presence} then ${isEqual} end)`;
}

function formatInequality(
  operator: string,
  left: SqlItems,
  right: SqlItems,
  scope: TranslationScope,
): string {
  if (requireComparable(left, right, scope) === 'number')
    return `(${formatSingleton(left)} ${operator} ${formatSingleton(right)})`;
  throw createUntranslatableFailure(scope, `The order of texts (${operator}) depends on the database.`);
}

/** Translates an operator with two operands. Kleene's logic is the same in FHIRPath and SQL. */
export function translateOperator(
  operator: string,
  left: SqlItems,
  right: SqlItems,
  scope: TranslationScope,
): SqlItems {
  switch (operator) {
    case 'and':
    case 'or':
      return buildComputed(
        `(${formatBoolean(left, scope)} ${operator} ${formatBoolean(right, scope)})`,
        'boolean',
      );
    case '=':
      return buildComputed(formatEquality(left, right, scope), 'boolean');
    case '!=':
      return buildComputed(`(not ${formatEquality(left, right, scope)})`, 'boolean');
    case '<':
    case '>':
    case '<=':
    case '>=':
      return buildComputed(formatInequality(operator, left, right, scope), 'boolean');
    default: {
      const fix = 'Select its operands as columns and compute in the query.';
      throw createUntranslatableFailure(
        scope,
        `The operator ${operator} is exact in FHIRPath and not in DuckDB.`,
        fix,
      );
    }
  }
}
