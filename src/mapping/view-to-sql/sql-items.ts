import { getSqlType, isPrimitive } from './model-elements.ts';
import { addComplex, addPrimitive, createShape, quoteIdentifier, type SqlShape } from './sql-shape.ts';

/**
 * What an expression yields, as SQL. FHIRPath's collections are told apart by the model: what cannot repeat is a single
 * value or NULL, what can is a list.
 */
export interface SqlItems {
  /** The value, or NULL; of a list: the values that are there. */
  readonly values: string;
  readonly isList: boolean;
  /** The FHIR type, or the path of an element that is defined in place, such as `Observation.component`. */
  readonly type: string;
  /** The elements that are read of a complex value; null for a primitive. */
  readonly shape: SqlShape | null;
  /**
   * Formats the elements that are there: of a single value the condition that it is there, of a list the list of its
   * elements, with NULL for one without a value. A primitive may be there without a value, with extensions only.
   */
  readonly elements: () => string;
  /** Builds what FHIR writes next to a primitive as `_name`: its id and extensions. Null for a list, and for what has none. */
  readonly companion: (() => SqlItems) | null;
}

/** A choice element (`value[x]`) whose type no expression has named yet. */
export interface SqlChoice {
  readonly owner: SqlItems;
  readonly name: string;
  /** The types as element names end in them: `DateTime` of `valueDateTime`. */
  readonly suffixes: readonly string[];
}

/** A number for each lambda variable of a view, so that inner ones do not hide outer ones. */
export type NameVariable = () => string;

export const isChoice = (items: SqlItems | SqlChoice): items is SqlChoice => 'suffixes' in items;

/** Whether the text is a name followed by quoted members, which needs no brackets. */
function isSimplePath(sql: string): boolean {
  const [name = '', ...members] = sql.split('."');
  return /^\w+$/.test(name) && members.every((member) => /^\w+"$/.test(member));
}

/** Formats the access to a member of a struct. */
export function formatField(sql: string, name: string): string {
  return `${isSimplePath(sql) ? sql : `(${sql})`}.${quoteIdentifier(name)}`;
}

/** Formats the list of what `convert` makes of each element. */
export function formatTransform(
  list: string,
  nameVariable: NameVariable,
  convert: (x: string) => string,
): string {
  const variable = nameVariable();
  return `list_transform(${list}, lambda ${variable}: ${convert(variable)})`;
}

/** Formats the list of the elements that meet the condition. */
export function formatFilter(
  list: string,
  nameVariable: NameVariable,
  condition: (x: string) => string,
): string {
  const variable = nameVariable();
  return `list_filter(${list}, lambda ${variable}: ${condition(variable)})`;
}

/** Builds a computed value or a literal: it has no extensions, and is there if it has a value. */
export function buildComputed(sql: string, type: string): SqlItems {
  return {
    values: sql,
    isList: false,
    type,
    shape: null,
    elements: () => `(${sql} is not null)`,
    companion: null,
  };
}

/** Builds what no resource has: nothing of the type. */
export function buildNothing(type: string): SqlItems {
  if (isPrimitive(type)) return buildComputed(`cast(null as ${getSqlType(type)})`, type);
  return { ...buildComputed('null', type), elements: () => 'false', shape: createShape() };
}

/** Formats a list of primitive or complex elements; those of a primitive without a value are NULL, and left out. */
export function formatPresentValues(list: string, nameVariable: NameVariable): string {
  return formatFilter(list, nameVariable, (x) => `${x} is not null`);
}

/** Reads members of one type, of which a value has at most one (`valueString`, `valueCode`), from a single struct. */
function readMember(names: readonly string[], struct: string): string {
  const fields = names.map((name) => formatField(struct, name));
  return fields.length === 1 ? (fields[0] ?? 'null') : `coalesce(${fields.join(', ')})`;
}

/** The members to read: their names in the JSON (several for one type and its subtypes), their type and repetition. */
export interface MemberAccess {
  readonly names: readonly string[];
  readonly type: string;
  readonly repeats: boolean;
}

/** Adds the `_name` objects of a primitive to the shape of its owner, all with the same elements. */
function addCompanions(shape: SqlShape, { names, repeats }: MemberAccess): SqlShape {
  const known = createShape();
  return names.reduce((companion, name) => addComplex(shape, `_${name}`, repeats, companion), known);
}

function addCompanionNames(access: MemberAccess): readonly string[] {
  return access.names.map((name) => `_${name}`);
}

/** Formats a repeated primitive with a NULL for each element that has only extensions, wherever it stands. */
function formatRepeatedElements(access: MemberAccess, struct: string): string {
  const [values, companions] = [
    readMember(access.names, struct),
    readMember(addCompanionNames(access), struct),
  ];
  const empty = `cast([] as ${getSqlType(access.type)}[])`;
  const length = `greatest(coalesce(len(${values}), 0), coalesce(len(${companions}), 0))`;
  return `list_resize(coalesce(${values}, ${empty}), ${length})`;
}

/** Whether a member is there in a struct, with a value or only with extensions. */
function formatPresence(access: MemberAccess, struct: string): string {
  const value = `${readMember(access.names, struct)} is not null`;
  return isPrimitive(access.type)
    ? `(${value} or ${readMember(addCompanionNames(access), struct)} is not null)`
    : `(${value})`;
}

function buildSingleMember(owner: SqlItems, shape: SqlShape, access: MemberAccess): Partial<SqlItems> {
  const values = readMember(access.names, owner.values);
  if (!isPrimitive(access.type)) return { values, elements: () => `(${values} is not null)` };
  return {
    values,
    elements: () => {
      addCompanions(shape, access);
      return formatPresence(access, owner.values);
    },
    companion: () => ({
      ...buildComputed(readMember(addCompanionNames(access), owner.values), 'Element'),
      shape: addCompanions(shape, access),
    }),
  };
}

function buildRepeatedMember(
  owner: SqlItems,
  shape: SqlShape,
  access: MemberAccess,
  nameVariable: NameVariable,
): Partial<SqlItems> {
  const read = (format: (struct: string) => string) =>
    owner.isList ? `flatten(${formatTransform(owner.values, nameVariable, format)})` : format(owner.values);
  const raw = read((struct) => readMember(access.names, struct));
  if (!isPrimitive(access.type)) return { values: raw, elements: () => raw };
  return {
    values: formatPresentValues(raw, nameVariable),
    elements: () => {
      addCompanions(shape, access);
      return read((struct) => formatRepeatedElements(access, struct));
    },
  };
}

function buildMemberOfEach(
  owner: SqlItems,
  shape: SqlShape,
  access: MemberAccess,
  nameVariable: NameVariable,
): Partial<SqlItems> {
  const read = (list: string) =>
    formatTransform(list, nameVariable, (struct) => readMember(access.names, struct));
  const values = formatPresentValues(read(owner.values), nameVariable);
  if (!isPrimitive(access.type)) return { values, elements: () => values };
  return {
    values,
    elements: () => {
      addCompanions(shape, access);
      return read(formatFilter(owner.values, nameVariable, (struct) => formatPresence(access, struct)));
    },
  };
}

/** Builds the members of the items, and notes in the shape that they are read. The owner must have a shape. */
export function buildMember(owner: SqlItems, access: MemberAccess, nameVariable: NameVariable): SqlItems {
  const { shape } = owner;
  if (!shape) throw new Error('A member of a primitive was asked for.');
  const { names, type, repeats } = access;
  let memberShape: SqlShape | null = null;
  if (isPrimitive(type)) for (const name of names) addPrimitive(shape, name, getSqlType(type), repeats);
  else memberShape = names.reduce((known, name) => addComplex(shape, name, repeats, known), createShape());
  const parts = repeats
    ? buildRepeatedMember(owner, shape, access, nameVariable)
    : owner.isList
      ? buildMemberOfEach(owner, shape, access, nameVariable)
      : buildSingleMember(owner, shape, access);
  const isList = owner.isList || repeats;
  return { ...buildComputed('null', type), shape: memberShape, isList, ...parts };
}

/** Formats the condition that there is at least one element. */
export function formatExists(items: SqlItems): string {
  return items.isList ? `(coalesce(len(${items.elements()}), 0) > 0)` : items.elements();
}
