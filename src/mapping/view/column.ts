import { Failure } from '../../errors.ts';
import type { Column } from './definition.ts';
import { elementPath, type Found, hasValue, isElement } from './elements.ts';
import { compileExpression, elementPathOf, type Scope, type Terms } from './expression.ts';
import { wireValue } from './numbers.ts';

/** What a column is called and what it holds. */
export interface ColumnInfo {
  readonly name: string;
  readonly type: string | null;
  readonly collection: boolean;
}

/** One value of a row, and the element that it came from. */
export interface Cell {
  readonly value: unknown;
  readonly element: string;
  /** The expression that gave it, from the resource down: `component.code.text`. */
  readonly path: string;
}

/** A part of a view that gives cells for its columns, in their order. */
export interface Selection {
  readonly columns: readonly ColumnInfo[];
  /** The rows at the focus. */
  rows(focus: Found, scope: Scope): Rows;
  /** The one row that stands for nothing (`forEachOrNull`). */
  nothing(scope: Scope): readonly Cell[];
}

/** Each row the cells of the columns, in their order. */
export type Rows = readonly (readonly Cell[])[];

/** Compiles one column; `at` is its place in the view. It gives one row of one cell at any focus. */
export function compileColumn(column: Column, at: string, terms: Terms, base: string): Selection {
  const path = `${base}${column.path}`;
  const expression = compileExpression(column.path, `${at}.path`, terms);
  const collection = column.collection === true;
  const take = collection ? takeAll(path) : takeOne(column.name, at, path);
  return {
    columns: [{ name: column.name, type: column.type ?? null, collection }],
    rows: (focus, scope) => [[take(expression.evaluate([focus], scope), [focus], scope)]],
    nothing(scope) {
      // Only %rowIndex has a value where there is nothing: 0, says the specification.
      if (expression.usesRowIndex) return [take(expression.evaluate([], scope), [], scope)];
      return [{ value: collection ? [] : null, element: elementPathOf([], scope), path }];
    },
  };
}

type Take = (found: readonly Found[], focus: readonly Found[], scope: Scope) => Cell;

const takeAll =
  (path: string): Take =>
  (found, focus, scope) => ({
    value: found.filter(hasValue).map(wireValue),
    element: originOf(found, focus, scope),
    path,
  });

function takeOne(name: string, at: string, path: string): Take {
  return (found, focus, scope) => {
    const values = found.length > 1 ? found.filter(hasValue) : found;
    if (values.length > 1) {
      throw new Failure(
        'fhir/invalid',
        `The column "${name}" takes one value, and ${values.length} were found.`,
        {
          at: originOf(values, focus, scope),
          spec: `${at}: column.collection`,
          fix: 'Send one value here, or set collection in the view.',
        },
      );
    }
    const [only] = values;
    const value = only !== undefined && hasValue(only) ? wireValue(only) : null;
    return { value, element: originOf(values, focus, scope), path };
  };
}

function originOf(found: readonly Found[], focus: readonly Found[], scope: Scope): string {
  const element = found.find(isElement);
  return element ? elementPath(element) : elementPathOf(focus, scope);
}
