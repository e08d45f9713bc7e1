import { isWireNumber } from '../lossless-json.ts';

/** Whether a value is surely valid. False also where only the schemas and rules of this folder can tell. */
export type SureTest = (value: unknown) => boolean;

/** What is known of one property of a type. */
export interface PropertyTest {
  readonly isSure: SureTest;
  /** The bit of the element in the set of those that were seen; OTHER_ELEMENTS where no rule asks for it. */
  readonly bit: number;
  /** Whether the element is a choice, of which only one property may be sent. */
  readonly isChoice: boolean;
}

/** What is known of the objects of one type. */
export interface ObjectTest {
  readonly properties: ReadonlyMap<string, PropertyTest>;
  /** Whether the type may have other properties, of which only the JSON form is checked. */
  readonly isOpen: boolean;
  /** The bit of `id`, and those of the elements that must be sent. */
  readonly idBit: number;
  readonly requiredBits: number;
  /** Whether the rules between elements are met, by the bits of those that were sent. */
  readonly meetsRules: (seen: number) => boolean;
}

/** A property, and the one that followed it when it was last seen: senders keep an order, so that one is tried first. */
interface Guess {
  readonly property: PropertyTest;
  nextName: string;
  next: Guess | null;
}

const createGuess = (property: PropertyTest): Guess => ({ property, nextName: '', next: null });

/** Whether the value is an object of JSON, not a list or a LosslessNumber. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isWireNumber(value);
}

/** Whether a value of a type that is not checked further surely has the JSON form of FHIR (checkJsonForm). */
export function hasJsonForm(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (typeof value === 'boolean' || isWireNumber(value)) return true;
  return hasSureItems(value, hasItemForm) || hasObjectForm(value);
}

const hasItemForm = (value: unknown): boolean => !Array.isArray(value) && hasJsonForm(value);

function hasObjectForm(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const keys = Object.keys(value);
  return keys.some((key) => key !== 'id') && keys.every((key) => hasJsonForm(value[key]));
}

/** Whether the value is a list with items, which all pass the test. */
export function hasSureItems(value: unknown, isSure: SureTest): boolean {
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) if (!isSure(value[i])) return false;
  return value.length > 0;
}

/** Not a set of elements: the object is not surely valid. */
const UNSURE = -1;

/** Adds the element of a property to those that were seen; UNSURE where its value, or a second one of a choice, is. */
function addElement({ isSure, bit, isChoice }: PropertyTest, value: unknown, seen: number): number {
  if (isChoice && (seen & bit) !== 0) return UNSURE;
  return isSure(value) ? seen | bit : UNSURE;
}

/** Creates the test of the objects of a type. */
export function createObjectTest(type: ObjectTest): SureTest {
  const { requiredBits, idBit, meetsRules } = type;
  const collectElements = createElementCollector(type);
  return (value) => {
    if (!isPlainObject(value)) return false;
    const seen = collectElements(value);
    // An element has a value or children, not an id alone (ele-1).
    const isContentMissing = seen === UNSURE || seen === 0 || seen === idBit;
    return !isContentMissing && (seen & requiredBits) === requiredBits && meetsRules(seen);
  };
}

/** Creates the function that passes over the properties of an object and returns the bits of its elements, or UNSURE. */
function createElementCollector(type: ObjectTest): (object: Record<string, unknown>) => number {
  const readNext = createPropertyReader(type);
  const start = createGuess(FORM_ONLY);
  return (object) => {
    let seen = 0;
    let last = start;
    for (const key in object) {
      const guess = last.nextName === key ? last.next : readNext(last, key);
      if (!guess) return UNSURE;
      seen = addElement(guess.property, object[key], seen);
      if (seen === UNSURE) return UNSURE;
      last = guess;
    }
    return seen;
  };
}

/** The bit of all elements that no rule asks for. */
export const OTHER_ELEMENTS = 1;

const FORM_ONLY: PropertyTest = { isSure: hasJsonForm, bit: OTHER_ELEMENTS, isChoice: false };

/** Creates the look-up of a property that was not expected; null for one that the type does not have. */
function createPropertyReader({
  properties,
  isOpen,
}: ObjectTest): (last: Guess, name: string) => Guess | null {
  const guesses = new Map([...properties].map(([name, property]) => [name, createGuess(property)]));
  const other = isOpen ? createGuess(FORM_ONLY) : null;
  return (last, name) => {
    // `_name` is of a primitive that the type may define.
    const found = guesses.get(name) ?? (name.startsWith('_') ? null : other);
    last.nextName = name;
    last.next = found;
    return found;
  };
}
