import { Failure } from '../../errors.ts';
import {
  type CellRows,
  type CompiledSelection,
  compileColumn,
  type ViewCell,
  type ViewColumnInfo,
} from './compile-column.ts';
import {
  type CompiledExpression,
  compileExpression,
  type EvaluationScope,
  type ExpressionNames,
  locateFocus,
} from './compile-expression.ts';
import { type FhirPathItem, isElementNode, unwrapValue } from './fhirpath-items.ts';
import { createViewFailure, type SelectDefinition } from './view-definition.ts';

/** A crafted resource must not make rows by multiplication until memory ends. */
const MAX_ROWS = 100_000;

/**
 * Compiles a selection (SQL on FHIR, ViewDefinition, processing algorithm). `at` is its place in the view with a dot
 * behind, empty for the view itself; `base` the expressions that lead to it, with a dot behind, for the trace.
 */
export function compileSelect(
  select: SelectDefinition,
  at: string,
  terms: ExpressionNames,
  base = '',
): CompiledSelection {
  const inner = `${base}${formatIterationPath(select)}`;
  const parts = [
    ...(select.column ?? []).map((c, i) => compileColumn(c, `${at}column[${i}]`, terms, inner)),
    ...(select.select ?? []).map((s, i) => compileSelect(s, `${at}select[${i}].`, terms, inner)),
  ];
  if (select.unionAll) parts.push(compileUnion(select.unionAll, `${at}unionAll`, terms, inner));
  const columns = parts.flatMap((part) => part.columns);
  const iteration = compileIteration(select, at, terms);
  const nothing = (scope: EvaluationScope) => parts.flatMap((part) => part.emptyRow(scope));
  const product = (focus: FhirPathItem, scope: EvaluationScope) => buildCrossProduct(parts, focus, scope);
  if (!iteration) return { columns, emptyRow: nothing, rows: product };
  return {
    columns,
    emptyRow: nothing,
    rows(focus, scope) {
      const found = iteration(focus, scope);
      if (found.length === 0 && select.forEachOrNull !== undefined)
        return [nothing({ ...scope, rowIndex: 0 })];
      return collectRows(found, scope, (item, rowIndex) => product(item, { root: scope.root, rowIndex }));
    },
  };
}

/** The iteration as a step of a path. */
function formatIterationPath({ repeat, forEach, forEachOrNull }: SelectDefinition): string {
  if (repeat) return `repeat(${repeat.join(' | ')}).`;
  const path = forEach ?? forEachOrNull;
  return path === undefined ? '' : `${path}.`;
}

/** Every row of one part with every row of the next. */
function buildCrossProduct(
  parts: readonly CompiledSelection[],
  focus: FhirPathItem,
  scope: EvaluationScope,
): CellRows {
  let rows: CellRows = [[]];
  for (const part of parts) {
    const more = part.rows(focus, scope);
    const [only] = more;
    rows =
      only && more.length === 1
        ? rows.map((row) => row.concat(only))
        : collectRows(rows, scope, (row) => more.map((cells) => row.concat(cells)));
  }
  return rows;
}

/** The rows that all items give, one after the other, up to the limit. */
function collectRows<T>(
  items: readonly T[],
  scope: EvaluationScope,
  rowsOf: (item: T, index: number) => CellRows,
): CellRows {
  const all: (readonly ViewCell[])[] = [];
  for (const [i, item] of items.entries()) {
    for (const row of rowsOf(item, i)) all.push(row);
    if (all.length > MAX_ROWS) failTooManyRows(scope);
  }
  return all;
}

function failTooManyRows(scope: EvaluationScope): never {
  throw new Failure('fhir/invalid', `The resource gives more than ${MAX_ROWS} rows.`, {
    at: locateFocus([], scope),
    fix: 'Send smaller resources.',
  });
}

function compileUnion(
  branches: readonly SelectDefinition[],
  at: string,
  terms: ExpressionNames,
  base: string,
): CompiledSelection {
  const parts = branches.map((branch, i) => compileSelect(branch, `${at}[${i}].`, terms, base));
  const [first, ...others] = parts;
  if (!first) throw createViewFailure('unionAll has no selection.', at, 'Give it at least one.');
  for (const [i, other] of others.entries()) {
    if (formatSignature(other.columns) === formatSignature(first.columns)) continue;
    const fix = `Give every branch the columns ${formatSignature(first.columns)}, in this order.`;
    throw createViewFailure('The branches of unionAll have different columns.', `${at}[${i + 1}]`, fix);
  }
  return {
    columns: first.columns,
    rows: (focus, scope) => collectRows(parts, scope, (part) => part.rows(focus, scope)),
    emptyRow: (scope) => first.emptyRow(scope),
  };
}

function formatSignature(columns: readonly ViewColumnInfo[]): string {
  return columns.map((c) => `${c.name}${c.collection ? '[]' : ''}`).join(', ');
}

/** The elements to stand on in turn; null where the selection stands where its parent does. */
function compileIteration(select: SelectDefinition, at: string, terms: ExpressionNames) {
  if (select.repeat) {
    const paths = select.repeat.map((path, i) => compileExpression(path, `${at}repeat[${i}]`, terms));
    return (focus: FhirPathItem, scope: EvaluationScope) => {
      const found: FhirPathItem[] = [];
      descend(paths, focus, scope, [], found);
      return found;
    };
  }
  const [key, path] =
    select.forEach === undefined ? ['forEachOrNull', select.forEachOrNull] : ['forEach', select.forEach];
  if (path === undefined) return null;
  const expression = compileExpression(path, `${at}${key}`, terms);
  return (focus: FhirPathItem, scope: EvaluationScope) => expression.evaluate([focus], scope);
}

/** Depth first, parents before children; `above` are the values of the elements that led here. */
function descend(
  paths: readonly CompiledExpression[],
  focus: FhirPathItem,
  scope: EvaluationScope,
  above: readonly unknown[],
  found: FhirPathItem[],
): void {
  const line = [...above, unwrapValue(focus)];
  for (const path of paths) {
    for (const child of path.evaluate([focus], scope)) {
      found.push(child);
      if (found.length > MAX_ROWS) failTooManyRows(scope);
      if (mayHaveChildren(child, line, path)) descend(paths, child, scope, line, found);
    }
  }
}

/** Only elements have children. A path that comes back to where it started would never end. */
function mayHaveChildren(child: FhirPathItem, line: readonly unknown[], path: CompiledExpression): boolean {
  const value = unwrapValue(child);
  if (typeof value !== 'object' || value === null || !isElementNode(child)) return false;
  if (!line.includes(value)) return true;
  const fix = 'Repeat over paths that lead to children.';
  throw createViewFailure(`The repeat path "${path.text}" leads back to where it started.`, path.at, fix);
}
