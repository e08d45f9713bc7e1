import type { Model } from 'fhirpath';

/** An element as the FHIR model defines it: of one type, or a choice of several (`value[x]`). */
export type ModelElement =
  | { readonly kind: 'element'; readonly type: string; readonly repeats: boolean }
  | { readonly kind: 'choice'; readonly types: readonly string[] };

/** How DuckDB holds each FHIR primitive; every other primitive is text, dates and times too, in the precision sent. */
const SQL_TYPES: Readonly<Record<string, string>> = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  positiveInt: 'BIGINT',
  unsignedInt: 'BIGINT',
  integer64: 'BIGINT',
  decimal: 'DOUBLE',
};

const MOMENT_TYPES: ReadonlySet<string> = new Set(['date', 'dateTime', 'instant', 'time']);

/** What FHIRPath can compare with what: values of two different kinds are never equal. */
export type ValueKind = 'boolean' | 'number' | 'text' | 'moment' | 'complex';

/** Types whose elements are defined at the path itself, as `Observation.component`, and not at a type of their own. */
const INLINE_TYPES: ReadonlySet<string> = new Set(['BackboneElement', 'Element']);

/** Whether values of the type are primitive: FHIR writes those types in lower case, and `Resource.id` is a System.String. */
export const isPrimitive = (type: string): boolean => /^[a-z]/.test(type) || type.startsWith('System.');

/** Returns DuckDB's type for a FHIR primitive. */
export const getSqlType = (type: string): string => SQL_TYPES[type] ?? 'VARCHAR';

/** Classifies a FHIR type by what its values can be compared with. */
export function classifyType(type: string): ValueKind {
  if (!isPrimitive(type)) return 'complex';
  if (type === 'boolean') return 'boolean';
  if (type in SQL_TYPES) return 'number';
  return MOMENT_TYPES.has(type) ? 'moment' : 'text';
}

/** Finds an element of a type, such as `coding` of `CodeableConcept`; undefined if the model defines none. */
export function findModelElement(model: Model, owner: string, name: string): ModelElement | undefined {
  for (let type: string | undefined = owner; type !== undefined; type = model.type2Parent[type]) {
    const path = model.pathsDefinedElsewhere[`${type}.${name}`] ?? `${type}.${name}`;
    const choices = model.choiceTypePaths[path];
    if (choices) return { kind: 'choice', types: choices };
    const typeName = model.path2Type[path];
    if (typeName === undefined) continue;
    return {
      kind: 'element',
      type: INLINE_TYPES.has(typeName) ? path : typeName,
      repeats: model.path2Repeating[path] === true,
    };
  }
  return undefined;
}

/** Returns the FHIR type of a choice as its element names it: `DateTime` of `valueDateTime` is `dateTime`. */
export function readChoiceType(model: Model, suffix: string): string {
  if (suffix in model.type2Parent && !isPrimitive(suffix)) return suffix;
  return `${suffix.slice(0, 1).toLowerCase()}${suffix.slice(1)}`;
}

/** Whether values of the type are of the other type too, as a `code` is a `string`. */
export function isSubtype(model: Model, type: string, other: string): boolean {
  for (let each: string | undefined = type; each !== undefined; each = model.type2Parent[each])
    if (each === other) return true;
  return false;
}
