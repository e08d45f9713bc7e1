/**
 * The elements of a resource that a view reads, as a tree. DuckDB parses only these: a resource's other elements cost
 * little more than skipping them.
 */
export interface SqlShape {
  readonly members: Map<string, ShapeMember>;
}

interface ShapeMember {
  readonly repeats: boolean;
  /** DuckDB's type of a primitive, or the elements of a complex value. */
  readonly of: string | SqlShape;
}

/** Creates the shape of a value of which nothing is read yet, or of which only its presence counts. */
export const createShape = (): SqlShape => ({ members: new Map() });

/** Adds a primitive element to a shape. */
export function addPrimitive(shape: SqlShape, name: string, sqlType: string, repeats: boolean): void {
  shape.members.set(name, { repeats, of: sqlType });
}

/** Adds a complex element to a shape, and returns its own shape; `known` is used for an element that is new. */
export function addComplex(
  shape: SqlShape,
  name: string,
  repeats: boolean,
  known: SqlShape = createShape(),
): SqlShape {
  const present = shape.members.get(name);
  if (present && typeof present.of !== 'string') return present.of;
  shape.members.set(name, { repeats, of: known });
  return known;
}

/** Formats a name as a quoted SQL identifier. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Formats a text as a SQL literal. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function formatMemberType({ repeats, of }: ShapeMember): string {
  const type = typeof of === 'string' ? of : formatStructType(of);
  return repeats ? `${type}[]` : type;
}

function formatStructType(shape: SqlShape): string {
  // Of a value without members only its presence is asked, and its form does not matter.
  if (shape.members.size === 0) return 'JSON';
  const members = [...shape.members].map(
    ([name, member]) => `${quoteIdentifier(name)} ${formatMemberType(member)}`,
  );
  return `STRUCT(${members.join(', ')})`;
}

/** Formats the shape of a resource as the `columns` of DuckDB's `read_ndjson`. */
export function formatColumnTypes(shape: SqlShape): string {
  const columns = [...shape.members].map(
    ([name, member]) => `${quoteIdentifier(name)}: ${quoteText(formatMemberType(member))}`,
  );
  return `{${columns.join(', ')}}`;
}
