import {
  type CompiledColumn,
  listOrigins,
  listParents,
  locateColumn,
  type RowPart,
  type RowParts,
  readColumnValue,
} from './compile-column.ts';
import type { Items } from './compiled/program.ts';

/** One value of a row, with its origin. */
export interface ViewCell {
  readonly column: string;
  readonly value: unknown;
  /** FHIRPath of the element from which the value was read. */
  readonly element: string;
  /** The expression that selected it, from the resource down: `component.code.text`. */
  readonly path: string;
}

/** What a row has for one column. */
interface RowCell {
  readonly column: CompiledColumn;
  readonly items: Items;
  readonly part: RowPart;
}

/**
 * One row of a view: its values by column name, in column order, with their origins. The expressions have been evaluated;
 * where their results are in the resource is written down when it is asked.
 */
export class ViewRow {
  readonly #parts: RowParts;
  /** The FHIRPath that replaces that of the resource; null: none. */
  readonly #place: { readonly root: RegExp; readonly at: string } | null;

  constructor(parts: RowParts, place: { readonly root: RegExp; readonly at: string } | null = null) {
    this.#parts = parts;
    this.#place = place;
  }

  /** Returns the same row, with `at` instead of the resource type at the beginning of the paths of its elements. */
  relocate(resourceType: string, at: string): ViewRow {
    return new ViewRow(this.#parts, { root: new RegExp(`^${resourceType}(?=[.[]|$)`), at });
  }

  /** Returns the value of a column: null if missing; an array for a collection; undefined if there is no such column. */
  getValue(name: string): unknown {
    const cell = this.#find(name);
    return cell && readColumnValue(cell.column, cell.items);
  }

  /** Returns the FHIRPath of a value, with indices. If it is missing or was computed: of the element of the row. */
  findElement(name: string): string | undefined {
    const cell = this.#find(name);
    return cell && this.#locate(cell);
  }

  /** Returns the parent element of each value of a collection, such as the Coding of `code.coding.code`. */
  listParents(name: string): readonly unknown[] | undefined {
    const cell = this.#find(name);
    return cell && listParents(cell.column, cell.items);
  }

  /** Returns the FHIRPath of each value of a collection, with indices; empty for a computed value. */
  listOrigins(name: string): readonly string[] | undefined {
    const cell = this.#find(name);
    return cell && listOrigins(cell.column, cell.items);
  }

  /** All values; numbers are WireNumbers (`1.50` stays `1.50`). */
  get values(): Readonly<Record<string, unknown>> {
    return this.#collect(({ column, items }) => readColumnValue(column, items));
  }

  /** The FHIRPath of all values. */
  get elements(): Readonly<Record<string, string>> {
    return this.#collect((cell) => this.#locate(cell));
  }

  /** All values with their origins, in column order. */
  get cells(): readonly ViewCell[] {
    return this.#listCells().map((cell) => ({
      column: cell.column.name,
      value: readColumnValue(cell.column, cell.items),
      element: locateColumn(cell.column, cell.items, cell.part),
      path: cell.column.path,
    }));
  }

  #locate({ column, items, part }: RowCell): string {
    const element = locateColumn(column, items, part);
    return this.#place ? element.replace(this.#place.root, this.#place.at) : element;
  }

  #find(name: string): RowCell | undefined {
    for (const part of this.#parts) {
      const index = part.columnIndexes.get(name);
      const column = index === undefined ? undefined : part.columns[index];
      if (index !== undefined && column) return { column, items: part.items[index] ?? [], part };
    }
    return undefined;
  }

  #listCells(): readonly RowCell[] {
    return this.#parts.flatMap((part) =>
      part.columns.map((column, i) => ({ column, items: part.items[i] ?? [], part })),
    );
  }

  #collect<T>(read: (cell: RowCell) => T): Record<string, T> {
    return Object.fromEntries(this.#listCells().map((cell) => [cell.column.name, read(cell)]));
  }
}
