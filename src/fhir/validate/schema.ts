import { z } from 'zod';
import { DATATYPE_SHAPES } from './datatype-shapes.ts';
import { codeOf, PRIMITIVES } from './primitives.ts';
import { R5_SHAPES } from './r5-shapes.ts';
import { RESOURCE_SHAPES } from './resource-shapes.ts';

interface Element {
  readonly name: string;
  readonly many: boolean;
  readonly required: boolean;
  readonly types: readonly string[];
}

/** A choice element such as `value[x]`: at most one of its names may be sent, one must where it is required. */
export interface Choice {
  readonly name: string;
  /** As it is sent (`valueQuantity`), and the name under which only an extension is (`_valueQuantity`). */
  readonly keys: readonly { readonly key: string; readonly beside: string }[];
  readonly required: boolean;
}

type Shape = Record<string, z.ZodType>;

const SHAPES = new Map(
  [RESOURCE_SHAPES, R5_SHAPES, DATATYPE_SHAPES].flatMap((shapes) => Object.entries(shapes)),
);
const SCHEMAS = new Map<string, z.ZodType>();
const ANYTHING = z.unknown();

/** The resource types whose every element is checked; they are the ones that can become facts. */
export const CHECKED_TYPES: readonly string[] = Object.keys(RESOURCE_SHAPES).filter(
  (name) => !name.includes('.'),
);

/** The name of a type's shape in R5; `Observation@R5`. */
export const inR5 = (type: string): string => `${type}@R5`;

const RESOURCES: ReadonlySet<string> = new Set([...CHECKED_TYPES, ...CHECKED_TYPES.map(inR5)]);

/** Servers add elements of their own to `meta`, and senders strip narratives; neither holds a fact: they may differ. */
const OPEN = new Set(['Meta', 'Narrative']);

function elementsOf(type: string): Element[] {
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

function capital(type: string): string {
  return type.charAt(0).toUpperCase() + type.slice(1);
}

/** What the rules of rules.ts need to know of a type: its choices, and which complex type stands under which name. */
export interface TypeMap {
  readonly choices: readonly Choice[];
  readonly children: ReadonlyMap<string, string>;
}

const TYPE_MAPS = new Map<string, TypeMap>();

/** The choices of a type in the order of the specification, and its complex children. */
export function typeMap(type: string): TypeMap {
  const known = TYPE_MAPS.get(type);
  if (known) return known;
  const choices: Choice[] = [];
  const children = new Map([['extension', 'Extension']]);
  for (const element of elementsOf(type)) {
    if (element.types[0] === '*') continue;
    const keys = element.types.map((each) => sentAs(element, each));
    if (element.name.endsWith('[x]')) {
      const pairs = keys.map((key) => ({ key, beside: `_${key}` }));
      choices.push({ name: element.name, keys: pairs, required: element.required });
    }
    element.types.forEach((each, index) => {
      const key = keys[index];
      if (key !== undefined && SHAPES.has(each)) children.set(key, each);
    });
  }
  const built = { choices, children };
  TYPE_MAPS.set(type, built);
  return built;
}

function schemaOfType(type: string): z.ZodType {
  if (type.startsWith('code(')) return codeOf(type.slice(5, -1).split('|'));
  return PRIMITIVES.get(type) ?? (SHAPES.has(type) ? z.lazy(() => schemaOf(type)) : ANYTHING);
}

function isPrimitive(type: string): boolean {
  return type.startsWith('code(') || PRIMITIVES.has(type);
}

/** What may stand beside a primitive under `_name`: an id or extensions. */
const beside: z.ZodType = z.lazy(() => schemaOf('Element'));

function addElement(shape: Shape, name: string, type: string, element: Element): void {
  const inner = schemaOfType(type);
  const primitive = isPrimitive(type);
  // In a list of primitives, null holds the place of one that has only extensions (tree.ts checks that it has).
  const item = primitive && element.many ? inner.nullable() : inner;
  const value = element.many ? z.array(item, { error: 'expected a list: [ … ]' }) : inner;
  shape[name] = element.required && !element.name.endsWith('[x]') ? value : value.optional();
  if (!primitive) return;
  shape[`_${name}`] = element.many ? z.array(beside.nullable()).optional() : beside.optional();
}

/** The name under which each type of an element is sent: `value[x]` as `valueQuantity`, any other as it is. */
function sentAs(element: Element, type: string): string {
  return element.name.endsWith('[x]') ? element.name.slice(0, -3) + capital(type) : element.name;
}

function shapeOf(type: string): Shape {
  const shape: Shape = {};
  const elements = type === 'Element' ? [] : elementsOf(type);
  for (const element of elements) {
    if (element.types[0] === '*') continue;
    for (const each of element.types) addElement(shape, sentAs(element, each), each, element);
  }
  shape.id = schemaOfType('string').optional();
  shape.extension = z.array(z.lazy(() => schemaOf('Extension'))).optional();
  if (type.includes('.')) shape.modifierExtension = shape.extension;
  return shape;
}

function addResourceElements(shape: Shape, type: string): void {
  const extensions = z.array(z.lazy(() => schemaOf('Extension'))).optional();
  shape.resourceType = z.literal(type);
  shape.id = schemaOfType('id').optional();
  shape._id = beside.optional();
  shape.meta = schemaOfType('Meta').optional();
  for (const name of ['implicitRules', 'language']) {
    shape[name] = schemaOfType(name === 'language' ? 'code' : 'uri').optional();
    shape[`_${name}`] = beside.optional();
  }
  shape.text = schemaOfType('Narrative').optional();
  shape.contained = z.array(ANYTHING, { error: 'expected a list of resources' }).optional();
  shape.extension = extensions;
  shape.modifierExtension = extensions;
}

/** Extension.value[x] allows every data type; those that are checked elsewhere are checked here too. */
function addExtensionValues(shape: Shape): void {
  for (const type of [...PRIMITIVES.keys(), ...Object.keys(DATATYPE_SHAPES)]) {
    if (type.includes('.') || type === 'Extension' || type === 'Narrative' || type === 'xhtml') continue;
    addElement(shape, `value${capital(type)}`, type, {
      name: 'value[x]',
      many: false,
      required: false,
      types: [],
    });
  }
  for (const rare of RARE_VALUES) shape[`value${rare}`] = ANYTHING.optional();
}

const RARE_VALUES = [
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

function build(type: string): z.ZodType {
  const shape = shapeOf(type);
  if (RESOURCES.has(type)) addResourceElements(shape, type.replace('@R5', ''));
  if (type === 'Extension') addExtensionValues(shape);
  const expected = {
    error: (issue: { code?: string }) =>
      issue.code === 'unrecognized_keys' ? undefined : `expected an object of type ${type}`,
  };
  return OPEN.has(type) ? z.looseObject(shape, expected) : z.strictObject(shape, expected);
}

/** The schema of a resource or data type, built when it is first needed. */
export function schemaOf(type: string): z.ZodType {
  const known = SCHEMAS.get(type);
  if (known) return known;
  const built = build(type);
  SCHEMAS.set(type, built);
  return built;
}

/** What is checked of a resource of any other type: what every resource has (FHIR R4 Resource, DomainResource). */
export function schemaOfAnyResource(): z.ZodType {
  const known = SCHEMAS.get('*');
  if (known) return known;
  const shape: Shape = {};
  addResourceElements(shape, '*');
  shape.resourceType = ANYTHING;
  // Bundle, Binary and Parameters have no narrative or extensions of their own; what is there is not read.
  const built = z.looseObject(shape);
  SCHEMAS.set('*', built);
  return built;
}
