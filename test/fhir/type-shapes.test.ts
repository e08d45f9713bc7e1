import { expect, test } from '@jest/globals';
import r5Model from 'fhirpath/fhir-context/r5';
import { R5_TYPES } from '../../src/fhir/fhir-version.ts';
import r5Shapes from '../../src/fhir/validate/r5-shapes.json' with { type: 'json' };
import { FULLY_CHECKED_TYPES, findResourceShape } from '../../src/fhir/validate/type-shapes.ts';

/** What every data type, backbone element or resource has; shapes leave these out. */
const ELEMENT_BASE = ['id', 'extension', 'modifierExtension'];
const RESOURCE_BASE = [...ELEMENT_BASE, 'meta', 'implicitRules', 'language', 'text', 'contained'];

interface ModelType {
  readonly code: string;
}

/** fhirpath's model of R5, by path; it is derived from the StructureDefinitions, apart from our shapes. */
const modelTypes = r5Model.path2Type as unknown as Readonly<Record<string, string | ModelType>>;
const modelLists = r5Model.path2Repeating as unknown as Readonly<Record<string, true>>;
const modelReferences = r5Model.pathsDefinedElsewhere;

function listModelProperties(type: string): string[] {
  const parent = `${type}.`;
  const baseElements = R5_TYPES.includes(type) ? RESOURCE_BASE : ELEMENT_BASE;
  return [...Object.keys(modelTypes), ...Object.keys(modelReferences)]
    .filter((path) => path.startsWith(parent))
    .map((path) => path.slice(parent.length))
    .filter((name) => !name.includes('.') && !baseElements.includes(name));
}

function findModelType(path: string): string | undefined {
  const elsewhere = modelReferences[path];
  if (elsewhere) return elsewhere;
  const type = modelTypes[path];
  const code = typeof type === 'string' ? type : type?.code;
  return code === 'BackboneElement' ? path : code;
}

test.each(Object.entries(r5Shapes.types))('R5 %s has the elements of fhirpath’s R5 model', (name, shape) => {
  const sent = shape.elements.flatMap((element) =>
    element.types.map((type) => ({
      type,
      key: 'isChoice' in element ? element.name + type.charAt(0).toUpperCase() + type.slice(1) : element.name,
      isList: 'isList' in element,
    })),
  );
  expect(sent.map(({ key }) => key).sort()).toEqual([...new Set(listModelProperties(name))].sort());
  for (const { key, type, isList } of sent) {
    expect([key, findModelType(`${name}.${key}`)]).toEqual([key, type]);
    // The model does not state the cardinality of an element with its content defined by another element.
    if (`${name}.${key}` in modelReferences) continue;
    expect([key, `${name}.${key}` in modelLists]).toEqual([key, isList]);
  }
});

test('every type that is read in R5 has a shape of its own in R5 and in R4', () => {
  for (const type of FULLY_CHECKED_TYPES) {
    expect(findResourceShape(type, '4.0')).toMatchObject({ name: type, version: '4.0' });
    expect(findResourceShape(type, '5.0')?.version).toBe(R5_TYPES.includes(type) ? '5.0' : undefined);
  }
  expect(findResourceShape('Quantity', '4.0')).toBeNull();
});
