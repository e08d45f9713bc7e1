import type { ProfileElement } from '../../src/fhir/profiles/profile-rules.ts';
import { type ElementDefinition, findPattern, type StructureDefinition } from './structure-definition.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
export type RuleNode = Writable<Omit<ProfileElement, 'children'>> & { children?: RuleNode[] };

const capitaliseType = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1);

/** Extension definitions by canonical. Their rules apply to the slices that have them as profile. */
export type ExtensionDefinitions = ReadonlyMap<string, StructureDefinition>;

/**
 * Builds the rules in the differential of a profile as a tree of elements, with the rules of the adapter's extensions for
 * their content. The differentials of its parents are not included.
 */
export function buildRuleTree(
  { type, differential }: StructureDefinition,
  extensions: ExtensionDefinitions,
): RuleNode {
  const root: RuleNode = { name: type };
  for (const element of differential.element)
    Object.assign(ensureNode(root, element.id), readElementRules(element));
  for (const element of differential.element.filter(({ sliceName }) => sliceName)) {
    const node = ensureNode(root, element.id);
    node.slice = buildSlice(root, element, differential.element);
    const extension = extensions.get(findExtensionProfile(element) ?? '');
    const content = extension && buildRuleTree(extension, extensions).children;
    if (content) node.children = [...(node.children ?? []), ...content];
  }
  return pruneTree(root);
}

function findExtensionProfile({ type = [] }: ElementDefinition): string | undefined {
  return type.find(({ code }) => code === 'Extension')?.profile?.[0];
}

/** Removes the elements without rules. */
function pruneTree({ children = [], ...node }: RuleNode): RuleNode {
  const ruledChildren = children
    .map(pruneTree)
    .filter(({ name: _name, slice: _slice, ...rules }) => Object.keys(rules).length > 0);
  return ruledChildren.length > 0 ? { ...node, children: ruledChildren } : node;
}

/** Returns the node for an element's id, and creates it where it is missing. */
export function ensureNode(root: RuleNode, id: string): RuleNode {
  return id
    .split('.')
    .slice(1)
    .reduce((node, segment) => ensureChild(node, segment), root);
}

function ensureChild(node: RuleNode, segment: string): RuleNode {
  const [name = '', slice] = segment.split(':');
  node.children ??= [];
  const existing = node.children.find((child) => child.name === name && child.slice?.name === slice);
  if (existing) return existing;
  const created: RuleNode = { name, ...(slice ? { slice: { name: slice, match: [] } } : {}) };
  node.children.push(created);
  return created;
}

function readElementRules(element: ElementDefinition): Partial<RuleNode> {
  const { min = 0, max = '*', binding, constraint = [] } = element;
  const isChoice = element.path.endsWith('[x]') && !element.sliceName;
  const rules = {
    min: min === 0 ? undefined : min,
    max: max === '*' ? undefined : Number(max),
    types: isChoice ? element.type?.map(({ code }) => capitaliseType(code)) : undefined,
    pattern: findPattern(element),
    codes: binding?.strength === 'required' ? binding.valueSet : undefined,
    targets: listReferenceTargets(element),
    rules: selectErrorConstraints(constraint),
  };
  return Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined));
}

/** Selects the constraints of severity error. Inbound validation checks these; warnings are for the sender's validation. */
function selectErrorConstraints(
  constraints: NonNullable<ElementDefinition['constraint']>,
): RuleNode['rules'] {
  const errors = constraints.flatMap(({ key, severity, expression, human }) =>
    severity === 'error' && expression !== undefined ? [{ key, expression, human }] : [],
  );
  return errors.length > 0 ? errors : undefined;
}

/** Lists the resource types that a reference may refer to; undefined for any type, or where it is not a reference. */
export function listReferenceTargets(element: ElementDefinition): string[] | undefined {
  const profiles = (element.type ?? []).flatMap(({ targetProfile = [] }) => targetProfile);
  const types = profiles.map((profile) => profile.slice(profile.lastIndexOf('/') + 1));
  return types.length === 0 || types.includes('Resource') ? undefined : types;
}

type SliceMatch = NonNullable<RuleNode['slice']>['match'];

function buildSlice(
  root: RuleNode,
  element: ElementDefinition,
  elements: readonly ElementDefinition[],
): RuleNode['slice'] {
  const name = element.sliceName ?? '';
  const extension = findExtensionProfile(element);
  if (extension) return { name, match: [{ path: 'url', pattern: extension }] };
  if (element.path.endsWith('[x]')) {
    return { name, match: [{ path: '$this', type: name.replace(/^[a-z]+/, '') }] };
  }
  const slicing = elements.find(({ id }) => id === element.id.replace(/:[^.:]*$/, ''))?.slicing;
  const match: SliceMatch = (slicing?.discriminator ?? []).map(({ path }) => ({
    path,
    pattern: ensureNode(root, path === '$this' ? element.id : `${element.id}.${path}`).pattern,
  }));
  if (match.length === 0 || match.some(({ pattern }) => pattern === undefined))
    throw new Error(`${element.id}: no pattern distinguishes this slice from the others.`);
  return { name, match };
}
