import { z } from 'zod';
import { describeCode, PRIMITIVE_TYPES } from './primitive-types.ts';
import {
  type ElementShape,
  findElementTypeShape,
  getDataTypeShape,
  type SentType,
  type TypeShape,
} from './type-shapes.ts';

type ZodShape = Record<string, z.ZodType>;

const ANY_SCHEMA = z.unknown();

/**
 * Data types that may have other elements and lack required ones: servers add elements to `meta`, and senders strip
 * narratives. Neither states a fact.
 */
export const OPEN_TYPES: ReadonlySet<string> = new Set(['Meta', 'Narrative']);

/** The schemas of types, built on first use, since types refer to each other. */
const TYPE_SCHEMAS = new Map<TypeShape, z.ZodType>();

const LIST_EXPECTED = { error: 'expected a list: [ … ]' };

const deferSchema = (type: string): z.ZodType => z.lazy(() => getTypeSchema(getDataTypeShape(type)));

/** The schema of a property `_name`: an id or extensions of the primitive value in `name`. */
const siblingSchema: z.ZodType = z.lazy(() => z.strictObject(buildElementBase(), expectObject('Element')));

const extensionsSchema: z.ZodType = z.array(deferSchema('Extension'), LIST_EXPECTED).optional();

function buildElementBase(): ZodShape {
  return { id: selectPrimitiveSchema('string').optional(), extension: extensionsSchema };
}

/** Creates the error of an object schema. For unknown elements zod's own issue stays, which lists their keys. */
function expectObject(type: string) {
  return {
    error: (issue: { code?: string }) =>
      issue.code === 'unrecognized_keys' ? undefined : `expected an object of type ${type}`,
  };
}

/** Creates the schema of a primitive type. Its message never shows the sent value. */
function createPrimitiveSchema({ isValid, expected }: ReturnType<typeof describeCode>): z.ZodType {
  return z.custom<unknown>(isValid, { error: `expected ${expected}` });
}

/** The schemas of the FHIR primitive types, by name. */
const PRIMITIVE_SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map(
  [...PRIMITIVE_TYPES].map(([name, type]) => [name, createPrimitiveSchema(type)]),
);

function selectPrimitiveSchema(type: string): z.ZodType {
  return PRIMITIVE_SCHEMAS.get(type) ?? ANY_SCHEMA;
}

function selectValueSchema(owner: TypeShape, element: ElementShape, type: string): z.ZodType {
  if (element.codes) return createPrimitiveSchema(describeCode(element.codes));
  const shape = findElementTypeShape(owner, type);
  return shape ? z.lazy(() => getTypeSchema(shape)) : selectPrimitiveSchema(type);
}

/** Adds the properties under which one type of an element is sent. A choice is optional here: rules check it. */
function addSentType(shape: ZodShape, owner: TypeShape, element: ElementShape, sent: SentType): void {
  const value = selectValueSchema(owner, element, sent.type);
  const isPrimitive = PRIMITIVE_SCHEMAS.has(sent.type);
  // In a list of primitives, null replaces a value that has only extensions (checkJsonForm checks that).
  const item = isPrimitive && element.isList ? value.nullable() : value;
  const property = element.isList ? z.array(item, LIST_EXPECTED) : value;
  const isRequired = element.isRequired && !element.isChoice && !OPEN_TYPES.has(owner.name);
  shape[sent.key] = isRequired ? property : property.optional();
  if (!isPrimitive) return;
  shape[sent.siblingKey] = element.isList
    ? z.array(siblingSchema.nullable(), LIST_EXPECTED).optional()
    : siblingSchema.optional();
}

function buildZodShape(type: TypeShape): ZodShape {
  const shape: ZodShape = {};
  for (const element of type.elements) {
    for (const sent of element.types) addSentType(shape, type, element, sent);
  }
  if (type.kind === 'resource') return { ...shape, ...buildResourceBase(z.literal(type.name)) };
  return {
    ...shape,
    ...buildElementBase(),
    ...(type.kind === 'backbone' ? { modifierExtension: extensionsSchema } : {}),
  };
}

/** The elements that every resource has (FHIR R4 Resource, DomainResource). */
function buildResourceBase(resourceType: z.ZodType): ZodShape {
  return {
    resourceType,
    id: selectPrimitiveSchema('id').optional(),
    _id: siblingSchema.optional(),
    meta: deferSchema('Meta').optional(),
    implicitRules: selectPrimitiveSchema('uri').optional(),
    _implicitRules: siblingSchema.optional(),
    language: selectPrimitiveSchema('code').optional(),
    _language: siblingSchema.optional(),
    text: deferSchema('Narrative').optional(),
    contained: z.array(ANY_SCHEMA, { error: 'expected a list of resources' }).optional(),
    extension: extensionsSchema,
    modifierExtension: extensionsSchema,
  };
}

/** Returns the schema of a resource, data type or backbone element. */
export function getTypeSchema(type: TypeShape): z.ZodType {
  const known = TYPE_SCHEMAS.get(type);
  if (known) return known;
  const shape = buildZodShape(type);
  const schema = OPEN_TYPES.has(type.name)
    ? z.looseObject(shape, expectObject(type.name))
    : z.strictObject(shape, expectObject(type.name));
  TYPE_SCHEMAS.set(type, schema);
  return schema;
}

/**
 * The schema of resource types of which only the elements common to all resources are checked. Bundle, Binary and
 * Parameters have no narrative and no extensions, but the adapter does not read such elements in them either.
 */
export const ANY_RESOURCE_SCHEMA: z.ZodType = z.looseObject(buildResourceBase(ANY_SCHEMA));
