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

/** What a column is called and what it holds. */
export interface ViewColumnInfo {
  readonly name: string;
  readonly type: string | null;
  readonly collection: boolean;
}

/** One value of a row, and the element that it came from. */
export interface ViewCell {
  readonly value: unknown;
  readonly element: string;
  /** The expression that gave it, from the resource down: `component.code.text`. */
  readonly path: string;
}

/** A part of a view that gives cells for its columns, in their order. */
export interface CompiledSelection {
  readonly columns: readonly ViewColumnInfo[];
  /** The rows at the focus. */
  rows(focus: FhirPathItem, scope: EvaluationScope): CellRows;
  /** The one row that stands for nothing (`forEachOrNull`). */
  emptyRow(scope: EvaluationScope): readonly ViewCell[];
}

/** Each row the cells of the columns, in their order. */
export type CellRows = readonly (readonly ViewCell[])[];

/** Compiles one column; `at` is its place in the view. It gives one row of one cell at any focus. */
export function compileColumn(
  column: ColumnDefinition,
  at: string,
  terms: ExpressionNames,
  base: string,
): CompiledSelection {
  const path = `${base}${column.path}`;
  const expression = compileExpression(column.path, `${at}.path`, terms);
  const collection = column.collection === true;
  const take = collection ? createCollectionReader(path) : createSingleReader(column.name, at, path);
  return {
    columns: [{ name: column.name, type: column.type ?? null, collection }],
    rows: (focus, scope) => [[take(expression.evaluate([focus], scope), [focus], scope)]],
    emptyRow(scope) {
      // Only %rowIndex has a value where there is nothing: 0, says the specification.
      if (expression.usesRowIndex) return [take(expression.evaluate([], scope), [], scope)];
      return [{ value: collection ? [] : null, element: locateFocus([], scope), path }];
    },
  };
}

type CellReader = (
  found: readonly FhirPathItem[],
  focus: readonly FhirPathItem[],
  scope: EvaluationScope,
) => ViewCell;

const createCollectionReader =
  (path: string): CellReader =>
  (found, focus, scope) => ({
    value: found.filter(hasValue).map(toWireValue),
    element: locateOrigin(found, focus, scope),
    path,
  });

function createSingleReader(name: string, at: string, path: string): CellReader {
  return (found, focus, scope) => {
    const values = found.length > 1 ? found.filter(hasValue) : found;
    if (values.length > 1) {
      throw new Failure(
        'fhir/invalid',
        `The column "${name}" takes one value, and ${values.length} were found.`,
        {
          at: locateOrigin(values, focus, scope),
          spec: `${at}: column.collection`,
          fix: 'Send one value here, or set collection in the view.',
        },
      );
    }
    const [only] = values;
    const value = only !== undefined && hasValue(only) ? toWireValue(only) : null;
    return { value, element: locateOrigin(values, focus, scope), path };
  };
}

function locateOrigin(
  found: readonly FhirPathItem[],
  focus: readonly FhirPathItem[],
  scope: EvaluationScope,
): string {
  const element = found.find(isElementNode);
  return element ? formatElementPath(element) : locateFocus(focus, scope);
}
