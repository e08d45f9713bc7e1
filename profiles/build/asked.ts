import type { Asked } from '../../src/fhir/profiles/rules.ts';
import { type ElementDefinition, patternOf, type StructureDefinition } from './definition.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
export type Node = Writable<Omit<Asked, 'children'>> & { children?: Node[] };

const capital = (type: string): string => type.charAt(0).toUpperCase() + type.slice(1);

/** Extension definitions by canonical; what they ask is asked of the slices that name them. */
export type Extensions = ReadonlyMap<string, StructureDefinition>;

/**
 * What the differential of a profile asks, as a tree of elements, with what our own extensions ask of their content. The
 * differentials of its parents are not in it.
 */
export function askedBy({ type, differential }: StructureDefinition, extensions: Extensions): Node {
  const root: Node = { name: type };
  for (const element of differential.element) Object.assign(nodeAt(root, element.id), ownOf(element));
  for (const element of differential.element.filter(({ sliceName }) => sliceName)) {
    const node = nodeAt(root, element.id);
    node.slice = sliceOf(root, element, differential.element);
    const extension = extensions.get(extensionOf(element) ?? '');
    const content = extension && askedBy(extension, extensions).children;
    if (content) node.children = [...(node.children ?? []), ...content];
  }
  return pruned(root);
}

function extensionOf({ type = [] }: ElementDefinition): string | undefined {
  return type.find(({ code }) => code === 'Extension')?.profile?.[0];
}

/** Without the elements of which nothing is asked. */
function pruned({ children = [], ...node }: Node): Node {
  const kept = children
    .map(pruned)
    .filter(({ name: _name, slice: _slice, ...asked }) => Object.keys(asked).length > 0);
  return kept.length > 0 ? { ...node, children: kept } : node;
}

/** The node for an element's id, made where it is missing. */
export function nodeAt(root: Node, id: string): Node {
  return id
    .split('.')
    .slice(1)
    .reduce((node, segment) => childOf(node, segment), root);
}

function childOf(node: Node, segment: string): Node {
  const [name = '', slice] = segment.split(':');
  node.children ??= [];
  const known = node.children.find((child) => child.name === name && child.slice?.name === slice);
  if (known) return known;
  const made: Node = { name, ...(slice ? { slice: { name: slice, match: [] } } : {}) };
  node.children.push(made);
  return made;
}

function ownOf(element: ElementDefinition): Partial<Node> {
  const { min = 0, max = '*', binding, constraint = [] } = element;
  const choice = element.path.endsWith('[x]') && !element.sliceName;
  const all = {
    min: min === 0 ? undefined : min,
    max: max === '*' ? undefined : Number(max),
    types: choice ? element.type?.map(({ code }) => capital(code)) : undefined,
    pattern: patternOf(element),
    codes: binding?.strength === 'required' ? binding.valueSet : undefined,
    targets: targetsOf(element),
    rules: rulesOf(constraint),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The door refuses by errors; warnings are for the sender's own validation. */
function rulesOf(constraints: NonNullable<ElementDefinition['constraint']>): Node['rules'] {
  const errors = constraints.flatMap(({ key, severity, expression, human }) =>
    severity === 'error' && expression !== undefined ? [{ key, expression, human }] : [],
  );
  return errors.length > 0 ? errors : undefined;
}

/** The resource types that a reference may point at; undefined where it may point at any, or is no reference. */
export function targetsOf(element: ElementDefinition): string[] | undefined {
  const profiles = (element.type ?? []).flatMap(({ targetProfile = [] }) => targetProfile);
  const types = profiles.map((profile) => profile.slice(profile.lastIndexOf('/') + 1));
  return types.length === 0 || types.includes('Resource') ? undefined : types;
}

type Match = NonNullable<Node['slice']>['match'];

function sliceOf(root: Node, element: ElementDefinition, all: readonly ElementDefinition[]): Node['slice'] {
  const name = element.sliceName ?? '';
  const extension = extensionOf(element);
  if (extension) return { name, match: [{ path: 'url', pattern: extension }] };
  if (element.path.endsWith('[x]')) {
    return { name, match: [{ path: '$this', type: name.replace(/^[a-z]+/, '') }] };
  }
  const slicing = all.find(({ id }) => id === element.id.replace(/:[^.:]*$/, ''))?.slicing;
  const match: Match = (slicing?.discriminator ?? []).map(({ path }) => ({
    path,
    pattern: nodeAt(root, path === '$this' ? element.id : `${element.id}.${path}`).pattern,
  }));
  if (match.length === 0 || match.some(({ pattern }) => pattern === undefined))
    throw new Error(`${element.id}: nothing tells this slice from the others.`);
  return { name, match };
}
