import type { ProfileRules } from '../../src/fhir/profiles/rules.ts';
import { RESOURCE_SHAPES } from '../../src/fhir/validate/resource-shapes.ts';
import { askedBy, type Extensions, type Node, nodeAt, targetsOf } from './asked.ts';
import { type StructureDefinition, unversioned } from './definition.ts';
import type { Codes, Expand } from './expand.ts';

/** Elements that say whose a resource is. A reference there to another type would be dropped without a word. */
const WHOSE = ['subject', 'individual'];

/**
 * Bindings that R4 calls required and that the door does not refuse by: the HL7 adverse event research backport codes
 * outcomes in NCIt, which mapping reads, and what it does not know it holds for a person.
 */
const HELD_INSTEAD = new Set(['AdverseEvent.outcome']);

/** Bindings whose codes cannot be listed, or are checked by the shape of the element. */
const BOUND_TYPES = new Set(['CodeableConcept', 'Coding']);

/** What profiles lean on. */
export interface Ground {
  /** The R4 definition of a resource type. */
  baseOf(type: string): StructureDefinition;
  readonly extensions: Extensions;
  readonly expand: Expand;
}

/**
 * Compiles profiles to what is to be checked. `any` are those that hold for every resource of their type: to these the
 * required bindings of R4 itself are added, which no validator at hand checks. `claimed` must be built on one of them.
 */
export function compileProfiles(
  any: readonly StructureDefinition[],
  claimed: readonly StructureDefinition[],
  ground: Ground,
): ProfileRules {
  const types = any.map((profile): [string, Node] => [profile.type, withBase(profile, ground)]);
  const known = new Set(any.map(({ url }) => url));
  const profiles = claimed.map((profile): [string, Node] => {
    const { url, baseDefinition = '' } = profile;
    const fromR4 = baseDefinition.startsWith('http://hl7.org/fhir/StructureDefinition/');
    if (!fromR4 && !known.has(baseDefinition)) throw new Error(`${url}: its parent's rules would be lost.`);
    return [url, askedBy(profile, ground.extensions)];
  });
  const codes = Object.fromEntries(
    [...types, ...profiles]
      .flatMap(([, node]) => codesIn(node))
      .sort()
      .map((canonical): [string, Codes] => [canonical, ground.expand(canonical)]),
  );
  return { types: Object.fromEntries(types), profiles: Object.fromEntries(profiles), codes };
}

function withBase(profile: StructureDefinition, { baseOf, extensions }: Ground): Node {
  if (!(profile.type in RESOURCE_SHAPES)) throw new Error(`${profile.type} is not checked by shape.`);
  const root = askedBy(profile, extensions);
  for (const element of baseOf(profile.type).snapshot.element) {
    const { path, binding, type = [] } = element;
    const bound = binding?.strength === 'required' && type.some(({ code }) => BOUND_TYPES.has(code));
    if (bound && binding.valueSet && !HELD_INSTEAD.has(path)) {
      nodeAt(root, element.id).codes ??= unversioned(binding.valueSet);
    }
    const [, name = '', deeper] = path.split('.');
    const targets = targetsOf(element);
    if (deeper === undefined && WHOSE.includes(name) && targets) nodeAt(root, element.id).targets ??= targets;
  }
  return root;
}

function codesIn(node: Node): string[] {
  return [...(node.codes ? [node.codes] : []), ...(node.children ?? []).flatMap(codesIn)];
}
