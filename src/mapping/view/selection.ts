import { Failure } from '../../errors.ts';
import { type Cell, type ColumnInfo, compileColumn, type Rows, type Selection } from './column.ts';
import { invalidView, type Select } from './definition.ts';
import { type Found, isElement, valueIn } from './elements.ts';
import { compileExpression, type Expression, elementPathOf, type Scope, type Terms } from './expression.ts';

/** A crafted resource must not make rows by multiplication until memory ends. */
const MAX_ROWS = 100_000;

/**
 * Compiles a selection (SQL on FHIR, ViewDefinition, processing algorithm). `at` is its place in the view with a dot
 * behind, empty for the view itself; `base` the expressions that lead to it, with a dot behind, for the trace.
 */
export function compileSelect(select: Select, at: string, terms: Terms, base = ''): Selection {
  const inner = `${base}${steps(select)}`;
  const parts = [
    ...(select.column ?? []).map((c, i) => compileColumn(c, `${at}column[${i}]`, terms, inner)),
    ...(select.select ?? []).map((s, i) => compileSelect(s, `${at}select[${i}].`, terms, inner)),
  ];
  if (select.unionAll) parts.push(compileUnion(select.unionAll, `${at}unionAll`, terms, inner));
  const columns = parts.flatMap((part) => part.columns);
  const iteration = compileIteration(select, at, terms);
  const nothing = (scope: Scope) => parts.flatMap((part) => part.nothing(scope));
  const product = (focus: Found, scope: Scope) => crossProduct(parts, focus, scope);
  if (!iteration) return { columns, nothing, rows: product };
  return {
    columns,
    nothing,
    rows(focus, scope) {
      const found = iteration(focus, scope);
      if (found.length === 0 && select.forEachOrNull !== undefined)
        return [nothing({ ...scope, rowIndex: 0 })];
      return gather(found, scope, (item, rowIndex) => product(item, { root: scope.root, rowIndex }));
    },
  };
}

/** The iteration as a step of a path. */
function steps({ repeat, forEach, forEachOrNull }: Select): string {
  if (repeat) return `repeat(${repeat.join(' | ')}).`;
  const path = forEach ?? forEachOrNull;
  return path === undefined ? '' : `${path}.`;
}

/** Every row of one part with every row of the next. */
function crossProduct(parts: readonly Selection[], focus: Found, scope: Scope): Rows {
  let rows: Rows = [[]];
  for (const part of parts) {
    const more = part.rows(focus, scope);
    const [only] = more;
    rows =
      only && more.length === 1
        ? rows.map((row) => row.concat(only))
        : gather(rows, scope, (row) => more.map((cells) => row.concat(cells)));
  }
  return rows;
}

/** The rows that all items give, one after the other, up to the limit. */
function gather<T>(items: readonly T[], scope: Scope, rowsOf: (item: T, index: number) => Rows): Rows {
  const all: (readonly Cell[])[] = [];
  for (const [i, item] of items.entries()) {
    for (const row of rowsOf(item, i)) all.push(row);
    if (all.length > MAX_ROWS) tooMany(scope);
  }
  return all;
}

function tooMany(scope: Scope): never {
  throw new Failure('fhir/invalid', `The resource gives more than ${MAX_ROWS} rows.`, {
    at: elementPathOf([], scope),
    fix: 'Send smaller resources.',
  });
}

function compileUnion(branches: readonly Select[], at: string, terms: Terms, base: string): Selection {
  const parts = branches.map((branch, i) => compileSelect(branch, `${at}[${i}].`, terms, base));
  const [first, ...others] = parts;
  if (!first) throw invalidView('unionAll has no selection.', at, 'Give it at least one.');
  for (const [i, other] of others.entries()) {
    if (signature(other.columns) === signature(first.columns)) continue;
    const fix = `Give every branch the columns ${signature(first.columns)}, in this order.`;
    throw invalidView('The branches of unionAll have different columns.', `${at}[${i + 1}]`, fix);
  }
  return {
    columns: first.columns,
    rows: (focus, scope) => gather(parts, scope, (part) => part.rows(focus, scope)),
    nothing: (scope) => first.nothing(scope),
  };
}

function signature(columns: readonly ColumnInfo[]): string {
  return columns.map((c) => `${c.name}${c.collection ? '[]' : ''}`).join(', ');
}

/** The elements to stand on in turn; null where the selection stands where its parent does. */
function compileIteration(select: Select, at: string, terms: Terms) {
  if (select.repeat) {
    const paths = select.repeat.map((path, i) => compileExpression(path, `${at}repeat[${i}]`, terms));
    return (focus: Found, scope: Scope) => {
      const found: Found[] = [];
      descend(paths, focus, scope, [], found);
      return found;
    };
  }
  const [key, path] =
    select.forEach === undefined ? ['forEachOrNull', select.forEachOrNull] : ['forEach', select.forEach];
  if (path === undefined) return null;
  const expression = compileExpression(path, `${at}${key}`, terms);
  return (focus: Found, scope: Scope) => expression.evaluate([focus], scope);
}

/** Depth first, parents before children; `above` are the values of the elements that led here. */
function descend(
  paths: readonly Expression[],
  focus: Found,
  scope: Scope,
  above: readonly unknown[],
  found: Found[],
): void {
  const line = [...above, valueIn(focus)];
  for (const path of paths) {
    for (const child of path.evaluate([focus], scope)) {
      found.push(child);
      if (found.length > MAX_ROWS) tooMany(scope);
      if (mayHaveChildren(child, line, path)) descend(paths, child, scope, line, found);
    }
  }
}

/** Only elements have children. A path that comes back to where it started would never end. */
function mayHaveChildren(child: Found, line: readonly unknown[], path: Expression): boolean {
  const value = valueIn(child);
  if (typeof value !== 'object' || value === null || !isElement(child)) return false;
  if (!line.includes(value)) return true;
  const fix = 'Repeat over paths that lead to children.';
  throw invalidView(`The repeat path "${path.text}" leads back to where it started.`, path.at, fix);
}
