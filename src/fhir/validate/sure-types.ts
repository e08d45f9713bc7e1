import type { FhirVersion } from '../fhir-version.ts';
import { isObject, type Resource } from '../resource.ts';
import { RESOURCE_TYPES } from '../resource-types.ts';
import { QUANTITY_TYPES } from './element-rules.ts';
import {
  createObjectTest,
  hasJsonForm,
  hasSureItems,
  OTHER_ELEMENTS,
  type PropertyTest,
  type SureTest,
} from './object-test.ts';
import { describeCode, PRIMITIVE_TYPES } from './primitive-types.ts';
import { OPEN_TYPES } from './type-schemas.ts';
import {
  type ElementShape,
  findElementTypeShape,
  findResourceShape,
  getDataTypeShape,
  type TypeShape,
} from './type-shapes.ts';

/*
 * Tests of what most resources are: valid and without rarities. Each type is compiled to one function, which passes over
 * an object once and stops at the first thing that it does not know. What a test accepts, the schemas and rules of this
 * folder accept too. What a test does not accept, only they can tell, and they state what is wrong. A primitive with
 * extensions (`_status`) is such a rarity.
 */

/** The elements that rules between elements ask for (checkElementRules), besides choices and required ones. */
const RULED_ELEMENTS = new Set(['id', 'extension', 'code', 'system', 'dataAbsentReason']);

/** The properties of a type while it is compiled, and the bits of the elements that rules ask for. */
class TypeDraft {
  readonly properties = new Map<string, PropertyTest>();
  readonly #bits = new Map<string, number>();

  /** Returns the bit of an element that a rule asks for; 0 where the type does not have it. */
  getBit(element: string): number {
    return this.#bits.get(element) ?? 0;
  }

  add(key: string, isSure: SureTest, element = key, isChoice = false, isRequired = false): void {
    if (isChoice || isRequired || RULED_ELEMENTS.has(element)) this.#giveBit(element);
    this.properties.set(key, { isSure, bit: this.getBit(element) || OTHER_ELEMENTS, isChoice });
  }

  #giveBit(element: string): void {
    if (this.#bits.has(element)) return;
    const bit = OTHER_ELEMENTS << (this.#bits.size + 1);
    if (bit < 0) throw new Error('A type has more elements that rules ask for than a number has bits.');
    this.#bits.set(element, bit);
  }
}

const TYPE_TESTS = new Map<TypeShape, SureTest>();

/** Defers compiling a type to the first value: types refer to each other, and a command uses few of them. */
function deferType(type: TypeShape): SureTest {
  let test: SureTest | null = null;
  return (value) => {
    test ??= getTypeTest(type);
    return test(value);
  };
}

function getTypeTest(type: TypeShape): SureTest {
  const known = TYPE_TESTS.get(type);
  if (known) return known;
  const draft = new TypeDraft();
  addElements(draft, type);
  draft.add('id', selectPrimitiveTest('string'));
  draft.add('extension', hasSureExtensions);
  if (type.kind === 'backbone') draft.add('modifierExtension', hasSureExtensions);
  const test = finishType(draft, type);
  TYPE_TESTS.set(type, test);
  return test;
}

const hasSureExtensions: SureTest = (value) =>
  hasSureItems(value, getTypeTest(getDataTypeShape('Extension')));

function addElements(draft: TypeDraft, type: TypeShape): void {
  for (const element of type.elements) {
    const { name, isChoice, isList, isRequired } = element;
    for (const sent of element.types) {
      const isSure = selectValueTest(type, element, sent.type);
      const test: SureTest = isList ? (value) => hasSureItems(value, isSure) : isSure;
      draft.add(sent.key, test, name, isChoice, isRequired);
    }
  }
}

function selectValueTest(owner: TypeShape, { codes }: ElementShape, type: string): SureTest {
  if (codes) return describeCode(codes).isValid;
  const shape = findElementTypeShape(owner, type);
  return shape ? deferType(shape) : selectPrimitiveTest(type);
}

function selectPrimitiveTest(type: string): SureTest {
  const isValid = PRIMITIVE_TYPES.get(type)?.isValid;
  return isValid ? (value) => value !== '' && isValid(value) : hasJsonForm;
}

function finishType(draft: TypeDraft, type: TypeShape): SureTest {
  const isOpen = OPEN_TYPES.has(type.name) || type.elements.length === 0;
  const required = isOpen ? [] : type.elements.filter(({ isRequired }) => isRequired);
  return createObjectTest({
    properties: draft.properties,
    isOpen,
    idBit: draft.getBit('id'),
    requiredBits: required.reduce((bits, { name }) => bits | draft.getBit(name), 0),
    meetsRules: selectRules(draft, type.name),
  });
}

/** Selects the rules between elements of a type; see checkElementRules, which states them for people. */
function selectRules(draft: TypeDraft, type: string): (seen: number) => boolean {
  const [value, extension] = [draft.getBit('value'), draft.getBit('extension')];
  const [code, system, reason] = [
    draft.getBit('code'),
    draft.getBit('system'),
    draft.getBit('dataAbsentReason'),
  ];
  if (QUANTITY_TYPES.has(type)) return (seen) => (seen & code) === 0 || (seen & system) !== 0;
  if (type === 'Extension') return (seen) => ((seen & value) === 0) !== ((seen & extension) === 0);
  return type === 'Observation' ? (seen) => (seen & value) === 0 || (seen & reason) === 0 : () => true;
}

/** The elements that every resource has (FHIR R4 Resource, DomainResource). */
function addResourceBase(draft: TypeDraft, type: string, isContainedSure: SureTest): void {
  draft.add('resourceType', (value) => value === type);
  draft.add('id', selectPrimitiveTest('id'));
  draft.add('meta', deferType(getDataTypeShape('Meta')));
  draft.add('implicitRules', selectPrimitiveTest('uri'));
  draft.add('language', selectPrimitiveTest('code'));
  draft.add('text', deferType(getDataTypeShape('Narrative')));
  draft.add('contained', (value) => hasSureItems(value, isContainedSure));
  draft.add('extension', hasSureExtensions);
  draft.add('modifierExtension', hasSureExtensions);
}

function compileResourceType(name: string, version: FhirVersion, isContainedSure: SureTest): SureTest {
  const type = findResourceShape(name, version);
  const draft = new TypeDraft();
  if (type) addElements(draft, type);
  addResourceBase(draft, name, isContainedSure);
  return finishType(draft, type ?? { name, version, kind: 'resource', elements: [] });
}

/** Creates the test of a resource of any type; each type is compiled when the first resource of it arrives. */
function createResourceTest(version: FhirVersion, isContainedSure: SureTest): SureTest {
  const tests = new Map<string, SureTest>();
  return (value) => {
    const name = isObject(value) ? value.resourceType : undefined;
    if (typeof name !== 'string') return false;
    const known = tests.get(name);
    if (known) return known(value);
    if (!RESOURCE_TYPES.has(name)) return false;
    const test = compileResourceType(name, version, isContainedSure);
    tests.set(name, test);
    return test(value);
  };
}

/** A contained resource may contain no other (dom-2). */
const createVersionTest = (version: FhirVersion): SureTest =>
  createResourceTest(
    version,
    createResourceTest(version, () => false),
  );

const RESOURCE_TESTS: Readonly<Record<FhirVersion, SureTest>> = {
  '4.0': createVersionTest('4.0'),
  '5.0': createVersionTest('5.0'),
};

/** Whether a tree is surely a valid resource of the version, so that validateResource has no issue with it. */
export function isSurelyValid(tree: unknown, version: FhirVersion): tree is Resource {
  return RESOURCE_TESTS[version](tree);
}
