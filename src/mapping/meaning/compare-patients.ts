import { parseReference, toLocalKey } from '../../fhir/reference.ts';
import { isObject, type JsonObject, type Resource } from '../../fhir/resource.ts';

/** A Reference and the resource that contains it, in which `#id` is resolved. */
export interface ReferenceInPlace {
  readonly reference: JsonObject;
  readonly container: Resource;
}

/** Finds the contained resource to which `#id` refers; undefined for any other reference. */
function findContainedTarget({ reference, container }: ReferenceInPlace): JsonObject | undefined {
  const { reference: text } = reference;
  if (typeof text !== 'string' || !text.startsWith('#')) return undefined;
  const contained: readonly unknown[] = Array.isArray(container.contained) ? container.contained : [];
  return contained.filter(isObject).find(({ id }) => id === text.slice(1));
}

/**
 * Reads the resource type to which a reference leads: by its text, by the contained resource, else by `Reference.type` (a
 * name or the URL of the type). null where nothing states it.
 */
export function readReferencedType(place: ReferenceInPlace): string | null {
  const { reference: text, type } = place.reference;
  const contained = findContainedTarget(place);
  if (typeof contained?.resourceType === 'string') return contained.resourceType;
  const parsed = typeof text === 'string' ? parseReference(text) : null;
  if (parsed && 'type' in parsed) return parsed.type;
  return typeof type === 'string' ? type.replace(/^.*\//, '') : null;
}

/** Lists the identifiers that a reference states, itself or by the contained resource, as system and value. */
function listStatedIdentifiers(
  place: ReferenceInPlace,
): readonly (readonly [system: string, value: string])[] {
  const contained = findContainedTarget(place)?.identifier;
  const stated: readonly unknown[] = [
    place.reference.identifier,
    ...(Array.isArray(contained) ? contained : [contained]),
  ];
  return stated
    .filter(isObject)
    .flatMap(({ system, value }) =>
      typeof value === 'string' && value !== ''
        ? [[typeof system === 'string' ? system : '', value] as const]
        : [],
    );
}

/** The literal reference: its form, base and key; `urn:uuid` names the resource by the id that it will have. */
interface LiteralName {
  readonly kind: 'relative' | 'absolute' | 'urn';
  readonly base: string | null;
  readonly key: string;
}

function readLiteralName({ reference: { reference: text } }: ReferenceInPlace): LiteralName | null {
  const parsed = typeof text === 'string' ? parseReference(text) : null;
  if (!parsed || parsed.kind === 'contained') return null;
  if (parsed.kind === 'urn')
    return { kind: 'urn', base: null, key: `Patient/${parsed.urn.replace(/^urn:uuid:/, '')}` };
  const base = parsed.kind === 'absolute' ? parsed.base : null;
  return { kind: parsed.kind, base, key: toLocalKey(parsed) ?? '' };
}

/** Compares identifiers: a common one means one person, two values of one system mean two; null if neither. */
function compareIdentifiers(a: ReferenceInPlace, b: ReferenceInPlace): boolean | null {
  const pairs = listStatedIdentifiers(a).flatMap((first) =>
    listStatedIdentifiers(b).map((second) => [first, second] as const),
  );
  if (pairs.some(([first, second]) => first[0] === second[0] && first[1] === second[1])) return true;
  return pairs.some(([first, second]) => first[0] !== '' && first[0] === second[0]) ? false : null;
}

/** Compares literal references of any version; null where one names an entry of a Bundle, or both another server. */
function compareLiteralNames(first: LiteralName, second: LiteralName): boolean | null {
  if (first.key !== second.key) return first.kind === 'urn' || second.kind === 'urn' ? null : false;
  return first.base === null || second.base === null || first.base === second.base ? true : null;
}

const isSameContained = (a: ReferenceInPlace, b: ReferenceInPlace): boolean =>
  a.container === b.container &&
  a.reference.reference === b.reference.reference &&
  findContainedTarget(a) !== undefined;

/**
 * Compares two references to a patient by what they state: `Type/id` (a site is one EHR), a contained patient,
 * identifiers. false for two different literal references; null where they cannot be compared, such as a literal
 * reference with an identifier. Source: FHIR R4 references.html.
 */
export function comparePatientReferences(a: ReferenceInPlace, b: ReferenceInPlace): boolean | null {
  const [first, second] = [readLiteralName(a), readLiteralName(b)];
  if (first && second) return compareLiteralNames(first, second);
  return isSameContained(a, b) ? true : compareIdentifiers(a, b);
}
