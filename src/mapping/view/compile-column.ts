import type { Model } from 'fhirpath';
import { Failure } from '../../errors.ts';
import {
  type CompiledExpression,
  compileExpression,
  type EvaluationScope,
  type ExpressionNames,
  locateFocus,
} from './compile-expression.ts';
import type { Items } from './compiled/program.ts';
import { EMPTY } from './compiled/tree-node.ts';
import { toWireValue } from './engine-tree.ts';
import {
  type FhirPathItem,
  findParent,
  formatElementPath,
  hasValue,
  isElementNode,
} from './fhirpath-items.ts';
import type { ColumnDefinition } from './view-definition.ts';

/** The name and type of a column. */
export interface ViewColumnInfo {
  readonly name: string;
  readonly type: string | null;
  readonly collection: boolean;
}

/** A column that has been parsed and checked. */
export interface CompiledColumn extends ViewColumnInfo {
  /** The expression that selects its values, from the resource down: `component.code.text`. */
  readonly path: string;
  readonly model: Model;
  readonly expression: CompiledExpression;
  /** Place of the column in the view. */
  readonly at: string;
}

/** The columns of one selection, evaluated at one element: a part of a row. */
export interface RowPart {
  readonly columns: readonly CompiledColumn[];
  /** The indexes of the columns by name. */
  readonly columnIndexes: ReadonlyMap<string, number>;
  /** The results of each column. At most one has a value, unless the column is a collection. */
  readonly items: readonly Items[];
  readonly focus: FhirPathItem | null;
  readonly scope: EvaluationScope;
}

/** The parts of one row, in the order of their columns. */
export type RowParts = readonly RowPart[];

/** A part of a view that produces the values of its columns, in their order. */
export interface CompiledSelection {
  readonly columns: readonly ViewColumnInfo[];
  /** Returns the rows at the focus. */
  rows(focus: FhirPathItem, scope: EvaluationScope): RowParts[];
  /** Returns the single row of an iteration without elements (`forEachOrNull`). */
  emptyRow(scope: EvaluationScope): RowParts;
}

/** Compiles the columns of a selection: one row at any focus. `at` is the place of the selection in the view, with a dot. */
export function compileColumns(
  definitions: readonly ColumnDefinition[],
  at: string,
  names: ExpressionNames,
  base: string,
): CompiledSelection {
  const columns = definitions.map((definition, i) =>
    compileColumn(definition, `${at}column[${i}]`, names, base),
  );
  const columnIndexes = new Map(columns.map(({ name }, i) => [name, i]));
  return {
    columns,
    rows(focus, scope) {
      const items: Items[] = [];
      for (const column of columns) {
        const values = column.expression.evaluate(focus, scope);
        if (values.length > 1 && !column.collection) checkSingle(column, values, focus, scope);
        items.push(values);
      }
      return [[{ columns, columnIndexes, items, focus, scope }]];
    },
    emptyRow(scope) {
      // Only %rowIndex has a value without an element: 0, by the specification.
      const items = columns.map(({ expression }) =>
        expression.usesRowIndex ? expression.evaluate(null, scope) : EMPTY,
      );
      return [{ columns, columnIndexes, items, focus: null, scope }];
    },
  };
}

function compileColumn(
  { name, path, type, collection = false }: ColumnDefinition,
  at: string,
  names: ExpressionNames,
  base: string,
): CompiledColumn {
  const expression = compileExpression(path, `${at}.path`, names);
  return { name, type: type ?? null, collection, path: `${base}${path}`, model: names.model, expression, at };
}

/** Refuses several values for a column that takes one. */
function checkSingle(
  { name, at, model }: CompiledColumn,
  items: Items,
  focus: FhirPathItem | null,
  scope: EvaluationScope,
): void {
  const values = items.filter(hasValue);
  if (values.length <= 1) return;
  throw new Failure(
    'fhir/invalid',
    `The column "${name}" takes one value, but the resource has ${values.length}.`,
    {
      at: locateOrigin(values, focus, scope, model),
      spec: `${at}: column.collection`,
      fix: 'Send one value, or set collection in the view.',
    },
  );
}

/** Returns the items that have a value; for a column of one value, the item that was sent, though it may have none. */
function selectValues({ collection }: CompiledColumn, items: Items): Items {
  return collection || items.length > 1 ? items.filter(hasValue) : items;
}

/** Returns the value of a column: null if missing; an array for a collection. */
export function readColumnValue(column: CompiledColumn, items: Items): unknown {
  const values = selectValues(column, items);
  if (column.collection) return values.map(toWireValue);
  const [item] = values;
  return item !== undefined && hasValue(item) ? toWireValue(item) : null;
}

/** Returns the FHIRPath of the element of a column's (first) value; if it is missing or was computed, of the element in focus. */
export function locateColumn(column: CompiledColumn, items: Items, { focus, scope }: RowPart): string {
  return locateOrigin(column.collection ? items : selectValues(column, items), focus, scope, column.model);
}

/** Returns the parent element of each value of a collection; undefined for a computed value. */
export function listParents(column: CompiledColumn, items: Items): readonly unknown[] {
  return column.collection ? selectValues(column, items).map(readParent) : [];
}

function readParent(item: FhirPathItem): unknown {
  const parent = findParent(item);
  return parent ? toWireValue(parent) : undefined;
}

/** Returns the FHIRPath of each value of a collection; empty for a computed value. */
export function listOrigins(column: CompiledColumn, items: Items): readonly string[] {
  if (!column.collection) return [];
  return selectValues(column, items).map((item) =>
    isElementNode(item) ? formatElementPath(item, column.model) : '',
  );
}

/** Returns the FHIRPath of the first element among the items; if they were computed, of the element in focus. */
function locateOrigin(
  items: Items,
  focus: FhirPathItem | null,
  scope: EvaluationScope,
  model: Model,
): string {
  const element = items.find(isElementNode);
  return element ? formatElementPath(element, model) : locateFocus(focus, scope, model);
}
