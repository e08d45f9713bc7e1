import { Failure } from '../../errors.ts';
import {
  compileExpression,
  type EvaluationScope,
  type ExpressionNames,
  locateFocus,
} from './compile-expression.ts';
import { toWireValue } from './engine-tree.ts';
import { type FhirPathItem, formatElementPath, hasValue, isElementNode } from './fhirpath-items.ts';
import type { ColumnDefinition } from './view-definition.ts';

/** The name and type of a column. */
export interface ViewColumnInfo {
  readonly name: string;
  readonly type: string | null;
  readonly collection: boolean;
}

/** One value of a row, with its origin. */
export interface ViewCell {
  readonly value: unknown;
  /** FHIRPath of the element from which the value was read. */
  readonly element: string;
  /** The expression that selected it, from the resource down: `component.code.text`. */
  readonly path: string;
}

/** A cell while its row is being built. */
export interface SelectedCell extends ViewCell {
  /** For a collection column, the parent element of each value; undefined for a computed value. */
  readonly parents: readonly unknown[];
  /** For a collection column, the FHIRPath of each value; empty for a computed value. */
  readonly origins: readonly string[];
}

/** A part of a view that produces the cells of its columns, in their order. */
export interface CompiledSelection {
  readonly columns: readonly ViewColumnInfo[];
  /** Returns the rows at the focus. */
  rows(focus: FhirPathItem, scope: EvaluationScope): CellRows;
  /** Returns the single row of an iteration without elements (`forEachOrNull`). */
  emptyRow(scope: EvaluationScope): readonly SelectedCell[];
}

/** Rows of cells, in the order of the columns. */
export type CellRows = readonly (readonly SelectedCell[])[];

/** Compiles one column: one row of one cell at any focus. `at` is its place in the view. */
export function compileColumn(
  column: ColumnDefinition,
  at: string,
  names: ExpressionNames,
  base: string,
): CompiledSelection {
  const path = `${base}${column.path}`;
  const expression = compileExpression(column.path, `${at}.path`, names);
  const collection = column.collection === true;
  const readCell = collection ? createCollectionReader(path) : createSingleReader(column.name, at, path);
  return {
    columns: [{ name: column.name, type: column.type ?? null, collection }],
    rows: (focus, scope) => [[readCell(expression.evaluate([focus], scope), [focus], scope)]],
    emptyRow(scope) {
      // Only %rowIndex has a value without an element: 0, by the specification.
      if (expression.usesRowIndex) return [readCell(expression.evaluate([], scope), [], scope)];
      return [
        { value: collection ? [] : null, element: locateFocus([], scope), path, parents: [], origins: [] },
      ];
    },
  };
}

type CellReader = (
  items: readonly FhirPathItem[],
  focus: readonly FhirPathItem[],
  scope: EvaluationScope,
) => SelectedCell;

const readParent = (item: FhirPathItem): unknown =>
  isElementNode(item) && item.parentResNode ? toWireValue(item.parentResNode) : undefined;

const createCollectionReader =
  (path: string): CellReader =>
  (items, focus, scope) => {
    const values = items.filter(hasValue);
    return {
      value: values.map(toWireValue),
      element: locateOrigin(items, focus, scope),
      path,
      parents: values.map(readParent),
      origins: values.map((item) => (isElementNode(item) ? formatElementPath(item) : '')),
    };
  };

function createSingleReader(name: string, at: string, path: string): CellReader {
  return (items, focus, scope) => {
    const values = items.length > 1 ? items.filter(hasValue) : items;
    if (values.length > 1) {
      throw new Failure(
        'fhir/invalid',
        `The column "${name}" takes one value, but the resource has ${values.length}.`,
        {
          at: locateOrigin(values, focus, scope),
          spec: `${at}: column.collection`,
          fix: 'Send one value, or set collection in the view.',
        },
      );
    }
    const [item] = values;
    const value = item !== undefined && hasValue(item) ? toWireValue(item) : null;
    return { value, element: locateOrigin(values, focus, scope), path, parents: [], origins: [] };
  };
}

/** Returns the FHIRPath of the first element among the items; if they were computed, of the element in focus. */
function locateOrigin(
  items: readonly FhirPathItem[],
  focus: readonly FhirPathItem[],
  scope: EvaluationScope,
): string {
  const element = items.find(isElementNode);
  return element ? formatElementPath(element) : locateFocus(focus, scope);
}
