import type { ProfileRules } from '../../src/fhir/profiles/profile-rules.ts';
import { FULLY_CHECKED_TYPES } from '../../src/fhir/validate/type-shapes.ts';
import type { CodesBySystem, ExpandValueSet } from './expand-value-set.ts';
import {
  buildRuleTree,
  type ExtensionDefinitions,
  ensureNode,
  listReferenceTargets,
  type RuleNode,
} from './rule-tree.ts';
import { type StructureDefinition, stripVersion } from './structure-definition.ts';

/** Elements that say whose a resource is. A reference there to another type would be dropped without a word. */
const SUBJECT_ELEMENTS = ['subject', 'individual'];

/**
 * Bindings that R4 calls required and that the door does not refuse by: the HL7 adverse event research backport codes
 * outcomes in NCIt, which mapping reads, and what it does not know it holds for a person.
 */
const HELD_BINDINGS = new Set(['AdverseEvent.outcome']);

/** Bindings whose codes cannot be listed, or are checked by the shape of the element. */
const CODED_TYPES = new Set(['CodeableConcept', 'Coding']);

/** What profiles lean on. */
export interface CompileContext {
  /** The R4 definition of a resource type. */
  findBase(type: string): StructureDefinition;
  readonly extensions: ExtensionDefinitions;
  readonly expand: ExpandValueSet;
}

/**
 * Compiles profiles to what is to be checked. `any` are those that hold for every resource of their type: to these the
 * required bindings of R4 itself are added, which no validator at hand checks. `claimed` must be built on one of them.
 */
export function compileProfiles(
  any: readonly StructureDefinition[],
  claimed: readonly StructureDefinition[],
  ground: CompileContext,
): ProfileRules {
  const types = any.map((profile): [string, RuleNode] => [profile.type, buildTypeRules(profile, ground)]);
  const known = new Set(any.map(({ url }) => url));
  const profiles = claimed.map((profile): [string, RuleNode] => {
    const { url, baseDefinition = '' } = profile;
    const fromR4 = baseDefinition.startsWith('http://hl7.org/fhir/StructureDefinition/');
    if (!fromR4 && !known.has(baseDefinition)) throw new Error(`${url}: its parent's rules would be lost.`);
    return [url, buildRuleTree(profile, ground.extensions)];
  });
  const codes = Object.fromEntries(
    [...types, ...profiles]
      .flatMap(([, node]) => listBoundValueSets(node))
      .sort()
      .map((canonical): [string, CodesBySystem] => [canonical, ground.expand(canonical)]),
  );
  return { types: Object.fromEntries(types), profiles: Object.fromEntries(profiles), codes };
}

function buildTypeRules(
  profile: StructureDefinition,
  { findBase: baseOf, extensions }: CompileContext,
): RuleNode {
  if (!FULLY_CHECKED_TYPES.includes(profile.type))
    throw new Error(`${profile.type} is not checked by shape.`);
  const root = buildRuleTree(profile, extensions);
  for (const element of baseOf(profile.type).snapshot.element) {
    const { path, binding, type = [] } = element;
    const bound = binding?.strength === 'required' && type.some(({ code }) => CODED_TYPES.has(code));
    if (bound && binding.valueSet && !HELD_BINDINGS.has(path)) {
      ensureNode(root, element.id).codes ??= stripVersion(binding.valueSet);
    }
    const [, name = '', deeper] = path.split('.');
    const targets = listReferenceTargets(element);
    if (deeper === undefined && SUBJECT_ELEMENTS.includes(name) && targets)
      ensureNode(root, element.id).targets ??= targets;
  }
  return root;
}

function listBoundValueSets(node: RuleNode): string[] {
  return [...(node.codes ? [node.codes] : []), ...(node.children ?? []).flatMap(listBoundValueSets)];
}
