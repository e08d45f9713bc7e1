import { z } from 'zod';
import { DATATYPE_SHAPES } from './datatype-shapes.ts';
import { createCodeSchema, PRIMITIVE_SCHEMAS } from './primitive-types.ts';
import { R5_SHAPES } from './r5-shapes.ts';
import { RESOURCE_SHAPES } from './resource-shapes.ts';

interface ElementShape {
  readonly name: string;
  readonly many: boolean;
  readonly required: boolean;
  readonly types: readonly string[];
}

/** A choice element such as `value[x]`: at most one of its names may be sent, one must where it is required. */
export interface ChoiceElement {
  readonly name: string;
  /** As it is sent (`valueQuantity`), and the name under which only an extension is (`_valueQuantity`). */
  readonly keys: readonly { readonly key: string; readonly siblingKey: string }[];
  readonly required: boolean;
}

type ZodShape = Record<string, z.ZodType>;

const SHAPES = new Map(
  [RESOURCE_SHAPES, R5_SHAPES, DATATYPE_SHAPES].flatMap((shapes) => Object.entries(shapes)),
);
const SCHEMAS = new Map<string, z.ZodType>();
const ANY_SCHEMA = z.unknown();

/** The resource types whose every element is checked; they are the ones that can become facts. */
export const FULLY_CHECKED_TYPES: readonly string[] = Object.keys(RESOURCE_SHAPES).filter(
  (name) => !name.includes('.'),
);

/** The name of a type's shape in R5; `Observation@R5`. */
export const toR5ShapeName = (type: string): string => `${type}@R5`;

const RESOURCE_SHAPE_NAMES: ReadonlySet<string> = new Set([
  ...FULLY_CHECKED_TYPES,
  ...FULLY_CHECKED_TYPES.map(toR5ShapeName),
]);

/** Servers add elements of their own to `meta`, and senders strip narratives; neither holds a fact: they may differ. */
const OPEN_TYPES = new Set(['Meta', 'Narrative']);

function parseElementShapes(type: string): ElementShape[] {
  const words = (SHAPES.get(type) ?? '').trim().split(/\s+/);
  return words.map((word) => {
    const colon = word.indexOf(':');
    const mark = word[colon - 1] ?? '';
    const marked = '!+*'.includes(mark);
    return {
      name: word.slice(0, marked ? colon - 1 : colon),
      many: mark === '*' || mark === '+',
      required: mark === '!' || mark === '+',
      types: word.slice(colon + 1).split(','),
    };
  });
}

function capitalise(type: string): string {
  return type.charAt(0).toUpperCase() + type.slice(1);
}

/** What the rules of rules.ts need to know of a type: its choices, and which complex type stands under which name. */
export interface TypeStructure {
  readonly choices: readonly ChoiceElement[];
  readonly children: ReadonlyMap<string, string>;
}

const TYPE_STRUCTURES = new Map<string, TypeStructure>();

/** The choices of a type in the order of the specification, and its complex children. */
export function getTypeStructure(type: string): TypeStructure {
  const known = TYPE_STRUCTURES.get(type);
  if (known) return known;
  const choices: ChoiceElement[] = [];
  const children = new Map([['extension', 'Extension']]);
  for (const element of parseElementShapes(type)) {
    if (element.types[0] === '*') continue;
    const keys = element.types.map((each) => formatSentName(element, each));
    if (element.name.endsWith('[x]')) {
      const pairs = keys.map((key) => ({ key, siblingKey: `_${key}` }));
      choices.push({ name: element.name, keys: pairs, required: element.required });
    }
    element.types.forEach((each, index) => {
      const key = keys[index];
      if (key !== undefined && SHAPES.has(each)) children.set(key, each);
    });
  }
  const built = { choices, children };
  TYPE_STRUCTURES.set(type, built);
  return built;
}

function selectElementSchema(type: string): z.ZodType {
  if (type.startsWith('code(')) return createCodeSchema(type.slice(5, -1).split('|'));
  return PRIMITIVE_SCHEMAS.get(type) ?? (SHAPES.has(type) ? z.lazy(() => getTypeSchema(type)) : ANY_SCHEMA);
}

function isPrimitive(type: string): boolean {
  return type.startsWith('code(') || PRIMITIVE_SCHEMAS.has(type);
}

/** What may stand beside a primitive under `_name`: an id or extensions. */
const siblingSchema: z.ZodType = z.lazy(() => getTypeSchema('Element'));

function addElement(shape: ZodShape, name: string, type: string, element: ElementShape): void {
  const inner = selectElementSchema(type);
  const primitive = isPrimitive(type);
  // In a list of primitives, null holds the place of one that has only extensions (tree.ts checks that it has).
  const item = primitive && element.many ? inner.nullable() : inner;
  const value = element.many ? z.array(item, { error: 'expected a list: [ … ]' }) : inner;
  shape[name] = element.required && !element.name.endsWith('[x]') ? value : value.optional();
  if (!primitive) return;
  shape[`_${name}`] = element.many ? z.array(siblingSchema.nullable()).optional() : siblingSchema.optional();
}

/** The name under which each type of an element is sent: `value[x]` as `valueQuantity`, any other as it is. */
function formatSentName(element: ElementShape, type: string): string {
  return element.name.endsWith('[x]') ? element.name.slice(0, -3) + capitalise(type) : element.name;
}

function buildShape(type: string): ZodShape {
  const shape: ZodShape = {};
  const elements = type === 'Element' ? [] : parseElementShapes(type);
  for (const element of elements) {
    if (element.types[0] === '*') continue;
    for (const each of element.types) addElement(shape, formatSentName(element, each), each, element);
  }
  shape.id = selectElementSchema('string').optional();
  shape.extension = z.array(z.lazy(() => getTypeSchema('Extension'))).optional();
  if (type.includes('.')) shape.modifierExtension = shape.extension;
  return shape;
}

function addResourceElements(shape: ZodShape, type: string): void {
  const extensions = z.array(z.lazy(() => getTypeSchema('Extension'))).optional();
  shape.resourceType = z.literal(type);
  shape.id = selectElementSchema('id').optional();
  shape._id = siblingSchema.optional();
  shape.meta = selectElementSchema('Meta').optional();
  for (const name of ['implicitRules', 'language']) {
    shape[name] = selectElementSchema(name === 'language' ? 'code' : 'uri').optional();
    shape[`_${name}`] = siblingSchema.optional();
  }
  shape.text = selectElementSchema('Narrative').optional();
  shape.contained = z.array(ANY_SCHEMA, { error: 'expected a list of resources' }).optional();
  shape.extension = extensions;
  shape.modifierExtension = extensions;
}

/** Extension.value[x] allows every data type; those that are checked elsewhere are checked here too. */
function addExtensionValues(shape: ZodShape): void {
  for (const type of [...PRIMITIVE_SCHEMAS.keys(), ...Object.keys(DATATYPE_SHAPES)]) {
    if (type.includes('.') || type === 'Extension' || type === 'Narrative' || type === 'xhtml') continue;
    addElement(shape, `value${capitalise(type)}`, type, {
      name: 'value[x]',
      many: false,
      required: false,
      types: [],
    });
  }
  for (const rare of UNCHECKED_VALUE_TYPES) shape[`value${rare}`] = ANY_SCHEMA.optional();
}

const UNCHECKED_VALUE_TYPES = [
  'Oid',
  'Uuid',
  'ContactDetail',
  'Contributor',
  'DataRequirement',
  'Expression',
  'ParameterDefinition',
  'RelatedArtifact',
  'TriggerDefinition',
  'UsageContext',
];

function buildTypeSchema(type: string): z.ZodType {
  const shape = buildShape(type);
  if (RESOURCE_SHAPE_NAMES.has(type)) addResourceElements(shape, type.replace('@R5', ''));
  if (type === 'Extension') addExtensionValues(shape);
  const expected = {
    error: (issue: { code?: string }) =>
      issue.code === 'unrecognized_keys' ? undefined : `expected an object of type ${type}`,
  };
  return OPEN_TYPES.has(type) ? z.looseObject(shape, expected) : z.strictObject(shape, expected);
}

/** The schema of a resource or data type, built when it is first needed. */
export function getTypeSchema(type: string): z.ZodType {
  const known = SCHEMAS.get(type);
  if (known) return known;
  const built = buildTypeSchema(type);
  SCHEMAS.set(type, built);
  return built;
}

/** What is checked of a resource of any other type: what every resource has (FHIR R4 Resource, DomainResource). */
export function getAnyResourceSchema(): z.ZodType {
  const known = SCHEMAS.get('*');
  if (known) return known;
  const shape: ZodShape = {};
  addResourceElements(shape, '*');
  shape.resourceType = ANY_SCHEMA;
  // Bundle, Binary and Parameters have no narrative or extensions of their own; what is there is not read.
  const built = z.looseObject(shape);
  SCHEMAS.set('*', built);
  return built;
}
