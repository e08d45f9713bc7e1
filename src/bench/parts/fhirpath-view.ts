import type { Resource } from '../../fhir/resource.ts';

/** A row of a view: values by column, without the digits that a number was sent with. */
type PlainRow = Readonly<Record<string, unknown>>;

interface Column {
  readonly name: string;
  readonly path: string;
  readonly collection?: boolean;
}

interface Select {
  readonly column?: readonly Column[];
  readonly forEach?: string;
  readonly unionAll?: readonly Select[];
}

/** As much of a ViewDefinition as the reference reads. */
export interface ReferenceView {
  readonly select: readonly Select[];
}

type Evaluate = (focus: unknown) => readonly unknown[];
type ReadRows = (resource: Resource) => readonly PlainRow[];

const OPTIONS = {
  userInvocationTable: {
    getResourceKey: {
      fn: (nodes: readonly { readonly data?: { readonly resourceType: string; readonly id: string } }[]) =>
        nodes.flatMap(({ data }) => (data ? [`${data.resourceType}/${data.id}`] : [])),
      arity: { 0: [] },
      internalStructures: true,
    },
  },
};

/** Builds the readers of the columns of one select. `base` is the element that its expressions start from. */
function readColumns(
  columns: readonly Column[],
  compile: (path: string) => Evaluate,
): (focus: unknown) => PlainRow {
  const compiled = columns.map(({ name, path, collection = false }) => ({
    name,
    collection,
    evaluate: compile(path),
  }));
  return (focus) =>
    Object.fromEntries(
      compiled.map(({ name, collection, evaluate }) => {
        const values = evaluate(focus);
        return [name, collection ? values : (values[0] ?? null)];
      }),
    );
}

/**
 * Compiles a view of columns, `forEach` and `unionAll` to expressions of fhirpath.js and nothing else: the reference for
 * the rows and the speed of our own runner. Returns null where the package is not installed.
 */
export async function compileReferenceView({ select }: ReferenceView): Promise<ReadRows | null> {
  const [engine, model] = await Promise.all([import('fhirpath'), import('fhirpath/fhir-context/r4')]).catch(
    () => [null, null],
  );
  if (engine === null || model === null) return null;
  const compileAt = (base: string | null) => (path: string) =>
    engine.compile(base === null ? path : { base, expression: path }, model.default, OPTIONS) as Evaluate;
  const compileSelect = ({ column = [], forEach, unionAll = [] }: Select): ReadRows => {
    const readRow = readColumns(column, compileAt(forEach === undefined ? null : `Observation.${forEach}`));
    const parts = unionAll.map(compileSelect);
    const listElements = forEach === undefined ? null : compileAt(null)(forEach);
    return (resource) => {
      if (parts.length > 0) return parts.flatMap((readRows) => readRows(resource));
      return (listElements?.(resource) ?? [resource]).map(readRow);
    };
  };
  const selects = select.map(compileSelect);
  return (resource) =>
    selects.reduce<readonly PlainRow[]>(
      (rows, readRows) => {
        const more = readRows(resource);
        return rows.flatMap((row) => more.map((columns) => ({ ...row, ...columns })));
      },
      [{}],
    );
}
