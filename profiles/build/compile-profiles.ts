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

/** Elements that refer to the subject. A resource whose subject is of another type would be dropped without notice. */
const SUBJECT_ELEMENTS = ['subject', 'individual'];

/**
 * Bindings that R4 requires and that inbound validation does not check: the HL7 adverse event research backport codes
 * outcomes in NCIt. Mapping reads those, and holds an unknown outcome for review.
 */
const HELD_BINDINGS = new Set(['AdverseEvent.outcome']);

/** The types whose required bindings are compiled. The bindings of `code` elements are part of the R4 shapes. */
const CODED_TYPES = new Set(['CodeableConcept', 'Coding']);

/** The dependencies of profiles. */
export interface CompileContext {
  /** Returns the R4 definition of a resource type. */
  findBase(type: string): StructureDefinition;
  readonly extensions: ExtensionDefinitions;
  readonly expand: ExpandValueSet;
}

/**
 * Compiles profiles to the rules that are checked. `typeProfiles` apply to every resource of their type; the required
 * bindings of R4 itself are added to these. `claimable` profiles must be based on one of them or on R4, since the rules
 * of any other parent would be lost.
 */
export function compileProfiles(
  typeProfiles: readonly StructureDefinition[],
  claimable: readonly StructureDefinition[],
  context: CompileContext,
): ProfileRules {
  const types = typeProfiles.map((profile): [string, RuleNode] => [
    profile.type,
    buildTypeRules(profile, context),
  ]);
  const typeUrls = new Set(typeProfiles.map(({ url }) => url));
  const profiles = claimable.map((profile): [string, RuleNode] => {
    const { url, baseDefinition = '' } = profile;
    const isBasedOnR4 = baseDefinition.startsWith('http://hl7.org/fhir/StructureDefinition/');
    if (!isBasedOnR4 && !typeUrls.has(baseDefinition)) {
      throw new Error(`${url}: the rules of its parent ${baseDefinition} would be lost.`);
    }
    return [url, buildRuleTree(profile, context.extensions)];
  });
  const codes = Object.fromEntries(
    [...types, ...profiles]
      .flatMap(([, node]) => listBoundValueSets(node))
      .sort()
      .map((canonical): [string, CodesBySystem] => [canonical, context.expand(canonical)]),
  );
  return { types: Object.fromEntries(types), profiles: Object.fromEntries(profiles), codes };
}

function buildTypeRules(profile: StructureDefinition, { findBase, extensions }: CompileContext): RuleNode {
  if (!FULLY_CHECKED_TYPES.includes(profile.type))
    throw new Error(`${profile.type} has no shape and is not checked.`);
  const root = buildRuleTree(profile, extensions);
  for (const element of findBase(profile.type).snapshot.element) {
    const { path, binding, type = [] } = element;
    const isBound = binding?.strength === 'required' && type.some(({ code }) => CODED_TYPES.has(code));
    if (isBound && binding.valueSet && !HELD_BINDINGS.has(path)) {
      ensureNode(root, element.id).codes ??= stripVersion(binding.valueSet);
    }
    const [, name = '', childName] = path.split('.');
    const targets = listReferenceTargets(element);
    if (childName === undefined && SUBJECT_ELEMENTS.includes(name) && targets)
      ensureNode(root, element.id).targets ??= targets;
  }
  return root;
}

function listBoundValueSets(node: RuleNode): string[] {
  return [...(node.codes ? [node.codes] : []), ...(node.children ?? []).flatMap(listBoundValueSets)];
}
