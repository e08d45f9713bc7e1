import { z } from 'zod';
import type { FhirVersion } from '../fhir-version.ts';
import r4Shapes from './r4-shapes.json' with { type: 'json' };
import r5Shapes from './r5-shapes.json' with { type: 'json' };

/** One type of an element, and the JSON property under which a value of it is sent. */
export interface SentType {
  /** A FHIR type (`Quantity`), or the path of an element that has elements (`Observation.component`). */
  readonly type: string;
  /** `valueQuantity` for a choice, else the element's name. */
  readonly key: string;
  /** The property for the id and extensions of a primitive value: `_status` for `status`. */
  readonly siblingKey: string;
}

/** One element of a type, as its StructureDefinition defines it. */
export interface ElementShape {
  /** Without `[x]`. */
  readonly name: string;
  readonly types: readonly SentType[];
  /** The codes of a required binding; null where any value of the type may be sent. */
  readonly codes: readonly string[] | null;
  /** A choice of types (`value[x]`): at most one of its properties may be sent. */
  readonly isChoice: boolean;
  readonly isList: boolean;
  readonly isRequired: boolean;
}

/** A resource type, a data type, or an element that has elements. */
export interface TypeShape {
  /** `Observation`, `Quantity`, `Observation.component`. */
  readonly name: string;
  readonly version: FhirVersion;
  /** A backbone element (and a data type derived from it) may carry `modifierExtension`; an element may not. */
  readonly kind: 'resource' | 'backbone' | 'element';
  /** Its elements in the order of the specification, without those that every type has (`id`, `extension` …). */
  readonly elements: readonly ElementShape[];
}

const ElementSchema = z.strictObject({
  name: z.string(),
  types: z.array(z.string()),
  codes: z.array(z.string()).optional(),
  isChoice: z.boolean().default(false),
  isList: z.boolean().default(false),
  isRequired: z.boolean().default(false),
});

const ShapeFileSchema = z.strictObject({
  source: z.string(),
  types: z.record(
    z.string(),
    z.strictObject({ kind: z.enum(['resource', 'backbone', 'element']), elements: z.array(ElementSchema) }),
  ),
});

/** Capitalises the first letter, as in the property of a choice: `dateTime` in `valueDateTime`. */
function capitalise(type: string): string {
  return type.charAt(0).toUpperCase() + type.slice(1);
}

/** The types of value that an extension may have in R4B (4.3.0) and not in R4; their content is not checked. */
const EXTENSION_TYPES_OF_R4B = ['CodeableReference', 'RatioRange'];

function readElement(
  owner: string,
  { types, codes, ...element }: z.infer<typeof ElementSchema>,
): ElementShape {
  const isExtensionValue = owner === 'Extension' && element.name === 'value';
  const allTypes = isExtensionValue ? [...types, ...EXTENSION_TYPES_OF_R4B] : types;
  return {
    ...element,
    codes: codes ?? null,
    types: allTypes.map((type) => {
      const key = element.isChoice ? element.name + capitalise(type) : element.name;
      return { type, key, siblingKey: `_${key}` };
    }),
  };
}

function readShapes(file: unknown, version: FhirVersion): ReadonlyMap<string, TypeShape> {
  const shapes = Object.entries(ShapeFileSchema.parse(file).types).map(
    ([name, { kind, elements }]): [string, TypeShape] => [
      name,
      { name, version, kind, elements: elements.map((element) => readElement(name, element)) },
    ],
  );
  return new Map(shapes);
}

const R4_SHAPES = readShapes(r4Shapes, '4.0');
const R5_SHAPES = readShapes(r5Shapes, '5.0');

/** The resource types of which every element is checked: those that can become facts. */
export const FULLY_CHECKED_TYPES: readonly string[] = [...R4_SHAPES.values()]
  .filter(({ kind }) => kind === 'resource')
  .map(({ name }) => name);

/** Finds the shape of a resource type in a FHIR version; null where its elements are not checked in that version. */
export function findResourceShape(type: string, version: FhirVersion): TypeShape | null {
  const shape = (version === '5.0' ? R5_SHAPES : R4_SHAPES).get(type);
  return shape?.kind === 'resource' ? shape : null;
}

/**
 * Finds the shape of a type that an element of `owner` has; null for primitives and types that are not checked. A
 * resource in R5 uses the data types of R4, except for those that are new in R5 (`CodeableReference`).
 */
export function findElementTypeShape(owner: TypeShape, type: string): TypeShape | null {
  return (owner.version === '5.0' ? R5_SHAPES.get(type) : undefined) ?? R4_SHAPES.get(type) ?? null;
}

/** Returns the shape of a data type of R4. Throws for a type that is not checked. */
export function getDataTypeShape(type: string): TypeShape {
  const shape = R4_SHAPES.get(type);
  if (!shape) throw new Error(`There is no shape of ${type}.`);
  return shape;
}
