import type { Model } from 'fhirpath';
import { Failure } from '../../errors.ts';
import { isWireNumber } from '../../fhir/lossless-json.ts';
import {
  type CompiledSelection,
  compileColumns,
  type RowParts,
  type ViewColumnInfo,
} from './compile-column.ts';
import {
  type CompiledExpression,
  compileExpression,
  type EvaluationScope,
  type ExpressionNames,
  locateFocus,
} from './compile-expression.ts';
import { toWireValue } from './engine-tree.ts';
import { type FhirPathItem, isElementNode } from './fhirpath-items.ts';
import { createViewFailure, type SelectDefinition } from './view-definition.ts';

/** Limits the rows of one resource: a crafted one could multiply them until memory is exhausted. */
const MAX_ROWS = 100_000;

/**
 * Compiles a selection (SQL on FHIR, ViewDefinition, processing algorithm). `at` is its place in the view, followed by a
 * dot, and empty for the view itself. `base` is the path of expressions that lead to it, followed by a dot, for the trace.
 */
export function compileSelect(
  select: SelectDefinition,
  at: string,
  names: ExpressionNames,
  base = '',
): CompiledSelection {
  const inner = `${base}${formatIterationPath(select)}`;
  const parts = (select.select ?? []).map((s, i) => compileSelect(s, `${at}select[${i}].`, names, inner));
  if (select.column) parts.unshift(compileColumns(select.column, at, names, inner));
  if (select.unionAll) parts.push(compileUnion(select.unionAll, `${at}unionAll`, names, inner));
  const columns = parts.flatMap((part) => part.columns);
  const iteration = compileIteration(select, at, names);
  const emptyRow = (scope: EvaluationScope) => parts.flatMap((part) => part.emptyRow(scope));
  const buildRows = (focus: FhirPathItem, scope: EvaluationScope) =>
    buildCrossProduct(parts, focus, scope, names);
  if (!iteration) return { columns, emptyRow, rows: buildRows };
  return {
    columns,
    emptyRow,
    rows(focus, scope) {
      const items = iteration(focus, scope);
      if (items.length === 0 && select.forEachOrNull !== undefined)
        return [emptyRow({ ...scope, rowIndex: 0 })];
      return collectRows(items, scope, names, (item, rowIndex) => buildRows(item, { ...scope, rowIndex }));
    },
  };
}

/** Formats the iteration as a step of a path. */
function formatIterationPath({ repeat, forEach, forEachOrNull }: SelectDefinition): string {
  if (repeat) return `repeat(${repeat.join(' | ')}).`;
  const path = forEach ?? forEachOrNull;
  return path === undefined ? '' : `${path}.`;
}

/** Combines every row of one part with every row of the next. */
function buildCrossProduct(
  parts: readonly CompiledSelection[],
  focus: FhirPathItem,
  scope: EvaluationScope,
  names: ExpressionNames,
): RowParts[] {
  const [firstPart, ...otherParts] = parts;
  let rows = firstPart ? firstPart.rows(focus, scope) : [[]];
  for (const part of otherParts) rows = combineRows(rows, part.rows(focus, scope), scope, names);
  return rows;
}

function combineRows(
  rows: RowParts[],
  partRows: readonly RowParts[],
  scope: EvaluationScope,
  names: ExpressionNames,
): RowParts[] {
  const onlyRow = rows[0];
  if (onlyRow !== undefined && rows.length === 1) return partRows.map((rowParts) => onlyRow.concat(rowParts));
  return collectRows(rows, scope, names, (row) => partRows.map((rowParts) => row.concat(rowParts)));
}

/** Collects the rows of all items in order. Throws `fhir/invalid` above the limit. */
function collectRows<T>(
  items: readonly T[],
  scope: EvaluationScope,
  { model }: ExpressionNames,
  buildRows: (item: T, index: number) => readonly RowParts[],
): RowParts[] {
  const rows: RowParts[] = [];
  if (items.length === 0) return rows;
  let index = 0;
  for (const item of items) {
    for (const row of buildRows(item, index)) rows.push(row);
    if (rows.length > MAX_ROWS) failTooManyRows(scope, model);
    index += 1;
  }
  return rows;
}

function failTooManyRows(scope: EvaluationScope, model: Model): never {
  throw new Failure('fhir/invalid', `The resource yields more than ${MAX_ROWS} rows.`, {
    at: locateFocus(null, scope, model),
    fix: 'Split the resource into smaller ones.',
  });
}

function compileUnion(
  branches: readonly SelectDefinition[],
  at: string,
  names: ExpressionNames,
  base: string,
): CompiledSelection {
  const parts = branches.map((branch, i) => compileSelect(branch, `${at}[${i}].`, names, base));
  const [first, ...others] = parts;
  if (!first) throw createViewFailure('unionAll has no selection.', at, 'Add at least one.');
  for (const [i, other] of others.entries()) {
    if (formatSignature(other.columns) === formatSignature(first.columns)) continue;
    const fix = `Define the columns ${formatSignature(first.columns)} in every branch, in this order.`;
    throw createViewFailure('The branches of unionAll have different columns.', `${at}[${i + 1}]`, fix);
  }
  return {
    columns: first.columns,
    rows: (focus, scope) => collectRows(parts, scope, names, (part) => part.rows(focus, scope)),
    emptyRow: (scope) => first.emptyRow(scope),
  };
}

function formatSignature(columns: readonly ViewColumnInfo[]): string {
  return columns.map((c) => `${c.name}${c.collection ? '[]' : ''}`).join(', ');
}

/** Compiles the iteration to a function that returns its elements; null if the selection has none. */
function compileIteration(select: SelectDefinition, at: string, names: ExpressionNames) {
  if (select.repeat) {
    const paths = select.repeat.map((path, i) => compileExpression(path, `${at}repeat[${i}]`, names));
    return (focus: FhirPathItem, scope: EvaluationScope) => {
      const items: FhirPathItem[] = [];
      descend(paths, focus, scope, [], items, names.model);
      return items;
    };
  }
  const [key, path] =
    select.forEach === undefined ? ['forEachOrNull', select.forEachOrNull] : ['forEach', select.forEach];
  if (path === undefined) return null;
  const expression = compileExpression(path, `${at}${key}`, names);
  return (focus: FhirPathItem, scope: EvaluationScope) => expression.evaluate(focus, scope);
}

/** Adds all descendants to `items`, depth first, parents before children. `ancestors` are the values of the elements above. */
function descend(
  paths: readonly CompiledExpression[],
  focus: FhirPathItem,
  scope: EvaluationScope,
  ancestors: readonly unknown[],
  items: FhirPathItem[],
  model: Model,
): void {
  // As in the JSON: the engine may have a copy.
  const lineage = [...ancestors, toWireValue(focus)];
  for (const path of paths) {
    for (const child of path.evaluate(focus, scope)) {
      items.push(child);
      if (items.length > MAX_ROWS) failTooManyRows(scope, model);
      if (canHaveChildren(child, lineage, path)) descend(paths, child, scope, lineage, items, model);
    }
  }
}

/** Whether a result can have children: only elements that are no primitives can. A path that returns to an ancestor would never end. */
function canHaveChildren(
  child: FhirPathItem,
  lineage: readonly unknown[],
  path: CompiledExpression,
): boolean {
  const value = toWireValue(child);
  if (typeof value !== 'object' || value === null || isWireNumber(value) || !isElementNode(child))
    return false;
  if (!lineage.includes(value)) return true;
  const fix = 'Use paths that lead to child elements.';
  throw createViewFailure(`The repeat path "${path.text}" leads back to where it started.`, path.at, fix);
}
