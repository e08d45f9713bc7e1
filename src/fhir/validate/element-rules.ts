import type { OutcomeIssue } from '../operation-outcome.ts';
import { isObject } from '../resource.ts';
import { createInvalidIssue, MAX_ISSUES } from './invalid-issues.ts';
import { type ElementShape, findElementTypeShape, getDataTypeShape, type TypeShape } from './type-shapes.ts';

/** The types with the elements of Quantity (FHIR R4 datatypes). */
export const QUANTITY_TYPES: ReadonlySet<string> = new Set([
  'Quantity',
  'Age',
  'Count',
  'Distance',
  'Duration',
]);

/** The elements of a type that the rules use: its choices, and the type of each property with an object as its value. */
interface TypeStructure {
  readonly choices: readonly ElementShape[];
  readonly children: ReadonlyMap<string, TypeShape>;
}

const TYPE_STRUCTURES = new Map<TypeShape, TypeStructure>();

function getTypeStructure(type: TypeShape): TypeStructure {
  const known = TYPE_STRUCTURES.get(type);
  if (known) return known;
  const structure = deriveTypeStructure(type);
  TYPE_STRUCTURES.set(type, structure);
  return structure;
}

function deriveTypeStructure(type: TypeShape): TypeStructure {
  const extensions: [string, TypeShape][] = [['extension', getDataTypeShape('Extension')]];
  // ext-1 checks that an extension has a value; the value itself is not checked further.
  if (type.name === 'Extension') return { choices: [], children: new Map(extensions) };
  const children = type.elements.flatMap(({ types }) =>
    types.flatMap((sent): [string, TypeShape][] => {
      const shape = findElementTypeShape(type, sent.type);
      return shape ? [[sent.key, shape]] : [];
    }),
  );
  return {
    choices: type.elements.filter(({ isChoice }) => isChoice),
    children: new Map([...extensions, ...children]),
  };
}

/** Counts the properties of a choice that were sent, and how many of them have a value (not only `_name`). */
function countSentTypes(
  choice: ElementShape,
  object: Record<string, unknown>,
): { properties: number; values: number } {
  let properties = 0;
  let values = 0;
  for (const { key, siblingKey } of choice.types) {
    const hasValue = key in object;
    if (hasValue) values += 1;
    if (hasValue || siblingKey in object) properties += 1;
  }
  return { properties, values };
}

function checkChoice(choice: ElementShape, object: Record<string, unknown>, at: string): OutcomeIssue[] {
  const { properties, values } = countSentTypes(choice, object);
  const isMissing = choice.isRequired && values === 0;
  if (properties < 2 && !isMissing) return [];
  const path = `${at}.${choice.name}`;
  const keys = choice.types.map(({ key }) => key).join(', ');
  const issues: OutcomeIssue[] = [];
  if (properties > 1) {
    issues.push(createInvalidIssue('structure', path, `At most one of ${keys} may be sent. Keep one.`));
  }
  if (isMissing) {
    issues.push(createInvalidIssue('required', path, `${choice.name}[x] is missing. Send one of ${keys}.`));
  }
  return issues;
}

function checkQuantity(object: Record<string, unknown>, at: string): OutcomeIssue[] {
  if (!('code' in object) || 'system' in object) return [];
  return [
    createInvalidIssue(
      'invariant',
      `${at}.system`,
      'A unit code needs its system (qty-3). For UCUM send http://unitsofmeasure.org.',
    ),
  ];
}

function checkExtension(object: Record<string, unknown>, at: string): OutcomeIssue[] {
  const valueKeys = Object.keys(object).filter((key) => /^_?value[A-Z]/.test(key));
  const valueCount = new Set(valueKeys.map((key) => key.replace('_', ''))).size;
  if (valueCount + ('extension' in object ? 1 : 0) === 1) return [];
  return [
    createInvalidIssue('invariant', at, 'An extension must have either a value[x] or extensions (ext-1).'),
  ];
}

function checkObservation(object: Record<string, unknown>, at: string): OutcomeIssue[] {
  const hasValue = Object.keys(object).some((key) => /^value[A-Z]/.test(key));
  if (!hasValue || !('dataAbsentReason' in object)) return [];
  return [
    createInvalidIssue(
      'invariant',
      `${at}.dataAbsentReason`,
      'dataAbsentReason is only for an Observation without a value (obs-6). Remove it, or the value.',
    ),
  ];
}

function checkInvariants(type: TypeShape, object: Record<string, unknown>, at: string): OutcomeIssue[] {
  if (QUANTITY_TYPES.has(type.name)) return checkQuantity(object, at);
  if (type.name === 'Extension') return checkExtension(object, at);
  return type.name === 'Observation' ? checkObservation(object, at) : [];
}

/**
 * Checks the rules between elements, which the schemas of single elements cannot state: choices (one of value[x]), obs-6,
 * qty-3 and ext-1 (FHIR R4). `at` is the FHIRPath of the object.
 */
export function checkElementRules(
  type: TypeShape,
  object: Record<string, unknown>,
  at: string,
): OutcomeIssue[] {
  const { choices, children } = getTypeStructure(type);
  const issues = choices.flatMap((choice) => checkChoice(choice, object, at));
  issues.push(...checkInvariants(type, object, at));
  for (const key in object) {
    const child = children.get(key);
    if (child === undefined || issues.length >= MAX_ISSUES) continue;
    issues.push(...checkChild(child, object[key], `${at}.${key}`));
  }
  return issues;
}

function checkChild(type: TypeShape, value: unknown, at: string): OutcomeIssue[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) =>
      isObject(item) ? checkElementRules(type, item, `${at}[${index}]`) : [],
    );
  }
  return isObject(value) ? checkElementRules(type, value, at) : [];
}
