import { LosslessNumber } from 'lossless-json';
import type { Resource } from '../../../src/fhir/resource.ts';
import type { Draw } from './draw.ts';
import { CHOICES, DRAWN_NUMBERS, ELEMENTS, EXTENSION_URLS, TEXTS } from './element-names.ts';

const drawNumber = (draw: Draw): unknown => {
  const text = draw.pick(DRAWN_NUMBERS);
  return String(Number(text)) === text ? Number(text) : new LosslessNumber(text);
};

function drawPrimitive(draw: Draw, type: string): unknown {
  if (type === 'boolean') return draw.happens(50);
  if (type === 'decimal' || type === 'integer') return drawNumber(draw);
  return draw.pick(TEXTS[type] ?? TEXTS.string ?? []);
}

/** Something that is not what the element should be. */
function drawWrongValue(draw: Draw, depth: number): unknown {
  const drawType = () => draw.pick(Object.keys(ELEMENTS));
  return draw.pick([
    () => null,
    () => [],
    () => drawPrimitive(draw, draw.pick(['string', 'boolean', 'decimal', 'dateTime'])),
    () => drawValue(draw, drawType(), depth + 1),
    () => [drawValue(draw, drawType(), depth + 1), null],
    () => [[drawPrimitive(draw, 'string')]],
    () => ({ resourceType: draw.pick(['Patient', 'Observation', 'status', 'Unknown']), id: 'x' }),
  ])();
}

/** What is sent of a primitive under its name with an underscore. */
const drawExtra = (draw: Draw, depth: number): unknown =>
  draw.happens(90)
    ? { extension: [drawValue(draw, 'Extension', depth + 1)], ...(draw.happens(30) ? { id: 'e' } : {}) }
    : drawWrongValue(draw, depth);

/** Whether elements are still added at a depth. */
const isSent = (draw: Draw, depth: number): boolean => draw.happens([55, 50, 45, 30, 15][depth] ?? 0);

function addElement(
  object: Record<string, unknown>,
  draw: Draw,
  name: string,
  type: string,
  depth: number,
): void {
  const isList = type.endsWith('[]');
  const itemType = type.replace('[]', '');
  const drawItem = () =>
    draw.happens(3) ? drawWrongValue(draw, depth) : drawValue(draw, itemType, depth + 1);
  const drawSent = () => (isList ? Array.from({ length: draw.count(1, 3) }, drawItem) : drawItem());
  if (draw.happens(3)) object[name] = drawWrongValue(draw, depth);
  else if (!(itemType in ELEMENTS) && itemType !== 'Resource' && draw.happens(12)) {
    const extra = drawExtra(draw, depth);
    object[`_${name}`] = isList ? [null, extra] : extra;
    if (draw.happens(50)) object[name] = drawSent();
  } else object[name] = drawSent();
  if (draw.happens(2)) object[`_${name}`] = drawExtra(draw, depth);
}

function addChoice(object: Record<string, unknown>, draw: Draw, name: string, depth: number): void {
  const suffix = draw.pick(Object.keys(CHOICES));
  addElement(object, draw, `${name}${suffix}`, CHOICES[suffix] ?? 'string', depth);
}

function drawObject(draw: Draw, type: string, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [name, elementType] of Object.entries(ELEMENTS[type] ?? {})) {
    if (!isSent(draw, depth)) continue;
    if (elementType === 'choice') addChoice(object, draw, name, depth);
    else addElement(object, draw, name, elementType, depth);
  }
  if (type === 'Extension' && draw.happens(95)) object.url = draw.pick(EXTENSION_URLS);
  if (type === 'Quantity' && draw.happens(60)) object.system = 'http://unitsofmeasure.org';
  return object;
}

function drawValue(draw: Draw, type: string, depth: number): unknown {
  if (type === 'Resource') return drawContained(draw, depth);
  return type in ELEMENTS ? drawObject(draw, type, depth) : drawPrimitive(draw, type);
}

function drawContained(draw: Draw, depth: number): unknown {
  const resourceType = draw.pick(['Patient', 'Observation']);
  return { resourceType, ...drawObject(draw, resourceType, depth + 1) };
}

/** The resource types that are drawn. */
export const DRAWN_RESOURCE_TYPES = ['Observation', 'Patient', 'Questionnaire'];

/** Draws a resource: most of it as FHIR defines it, some of it not, with numbers as they are after parsing. */
export const drawResource = (draw: Draw, resourceType: string): Resource => ({
  resourceType,
  ...drawObject(draw, resourceType, 0),
});
