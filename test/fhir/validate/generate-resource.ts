import { LosslessNumber } from 'lossless-json';
import type { Random } from '../../../demo/cohort/seeded-random.ts';
import type { FhirVersion } from '../../../src/fhir/fhir-version.ts';
import {
  type ElementShape,
  findElementTypeShape,
  findResourceShape,
  getDataTypeShape,
  type TypeShape,
} from '../../../src/fhir/validate/type-shapes.ts';

export type GeneratedObject = Record<string, unknown>;

/** Valid values of the primitive types, with the edges of what each allows. */
const PRIMITIVES: Readonly<Record<string, readonly [unknown, ...unknown[]]>> = {
  string: ['a', ' two  words ', 'Blut µ', '1.50'],
  markdown: ['*a*', '\n'],
  xhtml: ['<div xmlns="http://www.w3.org/1999/xhtml">a</div>', '  <div/>'],
  code: ['a', 'two words', 'µ', '10*9/L', 'ab\u0085'],
  id: ['a', 'A.b-3', 'a'.repeat(64)],
  uri: ['http://loinc.org', 'urn:oid:1.2.3', 'µ'],
  url: ['https://a.example'],
  canonical: ['http://a.example/profile|1.0'],
  base64Binary: ['YWJj', 'YQ==', 'YW Jj'],
  date: ['2026', '2024-02', '2024-02-29', '1999-12-31'],
  dateTime: [
    '2026',
    '2026-03-02',
    '2024-02-29T23:59:60Z',
    '2026-03-31T08:15:00.123456+08:00',
    '2026-03-02T08:15:00-14:00',
  ],
  instant: ['2026-03-02T08:15:00Z', '2026-01-31T00:00:00.5+14:00', '0999-01-01T00:00:00Z'],
  time: ['08:15:00', '23:59:60.25'],
  boolean: [true, false],
  decimal: [1.5, 0, -3, new LosslessNumber('1.50'), new LosslessNumber('1E400')],
  integer: [0, -2147483648, 2147483647],
  unsignedInt: [0, 7],
  positiveInt: [1, 2147483647],
};

const OTHER_VALUES = [true, 'x', { a: [{ b: 1 }] }] as const;

/** How deep a value is below its resource: deeper ones have fewer elements. */
interface Place {
  readonly random: Random;
  readonly depth: number;
}

function generateValue(
  { random, depth }: Place,
  owner: TypeShape,
  { codes }: ElementShape,
  type: string,
): unknown {
  if (codes) return random.pick(codes as [string, ...string[]]);
  const shape = findElementTypeShape(owner, type);
  if (shape) return generateElement({ random, depth: depth + 1 }, shape);
  return random.pick(PRIMITIVES[type] ?? OTHER_VALUES);
}

function addElement(place: Place, object: GeneratedObject, owner: TypeShape, element: ElementShape): void {
  const { random } = place;
  const sent = random.pick(element.types as [ElementShape['types'][0], ...ElementShape['types']]);
  const create = () => generateValue(place, owner, element, sent.type);
  object[sent.key] = element.isList ? Array.from({ length: random.integer(1, 2) }, create) : create();
  if (sent.type in PRIMITIVES && !element.isList && random.chance(0.02))
    object[sent.siblingKey] = { extension: [generateExtension(place)] };
}

function addElements(place: Place, object: GeneratedObject, type: TypeShape): void {
  const { random, depth } = place;
  for (const element of type.elements)
    if (element.isRequired || random.chance(0.35 / (depth + 1))) addElement(place, object, type, element);
  if (random.chance(0.05)) object.extension = [generateExtension(place)];
  if (type.kind !== 'element' && random.chance(0.03)) object.modifierExtension = [generateExtension(place)];
}

function generateElement(place: Place, type: TypeShape): GeneratedObject {
  if (type.name === 'Extension') return generateExtension(place);
  const object: GeneratedObject = place.random.chance(0.1) ? { id: 'e1' } : {};
  addElements(place, object, type);
  if (Object.keys(object).every((key) => key === 'id')) addAnyElement(place, object, type);
  if ('code' in object && !('system' in object) && /Quantity|Age|Count|Distance|Duration/.test(type.name))
    object.system = 'http://unitsofmeasure.org';
  return object;
}

function addAnyElement(place: Place, object: GeneratedObject, type: TypeShape): void {
  const [first, ...others] = type.elements;
  if (first) addElement(place, object, type, place.random.pick([first, ...others]));
}

function generateExtension(place: Place): GeneratedObject {
  const type = getDataTypeShape('Extension');
  const value = type.elements.find(({ name }) => name === 'value');
  const object: GeneratedObject = { url: 'http://a.example/extension' };
  if (place.depth > 3 || place.random.chance(0.3)) object.valueCode = 'x';
  else if (value) addElement({ ...place, depth: place.depth + 2 }, object, type, value);
  return object;
}

function addResourceBase({ random, depth }: Place, object: GeneratedObject): void {
  const meta = generateElement({ random, depth }, getDataTypeShape('Meta'));
  if (random.chance(0.5)) object.meta = { ...meta, versionId: '1' };
  if (random.chance(0.2)) object.text = { status: 'generated', div: '<div>a</div>' };
  if (random.chance(0.1)) object.language = 'zh-CN';
}

/** An Observation has a value or the reason why it has none (obs-6). */
function dropValueWithReason(object: GeneratedObject): void {
  if (object.resourceType !== 'Observation' || !('dataAbsentReason' in object)) return;
  for (const key of Object.keys(object)) if (/^_?value/.test(key)) delete object[key];
}

function generateContent(random: Random, name: string, version: FhirVersion): GeneratedObject {
  const object: GeneratedObject = { resourceType: name };
  addResourceBase({ random, depth: 0 }, object);
  const type = findResourceShape(name, version);
  if (type) addElements({ random, depth: 0 }, object, type);
  else Object.assign(object, { own: [{ value: 1 }], other: 'x' });
  dropValueWithReason(object);
  return object;
}

/** Generates a valid resource. A type of which not every element is checked gets elements of its own. */
export function generateResource(random: Random, name: string, version: FhirVersion): GeneratedObject {
  const object = generateContent(random, name, version);
  if (random.chance(0.7)) object.id = random.pick(['a', 'b', 'A.b-3']);
  if (!random.chance(0.2)) return object;
  const contained = generateContent(random, random.pick(['Medication', 'Patient', 'Organization']), version);
  return { ...object, contained: [{ ...contained, id: 'c1' }] };
}
