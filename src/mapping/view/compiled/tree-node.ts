import { FP_Decimal } from 'fhirpath';
import { LosslessNumber } from 'lossless-json';
import type { Resource } from '../../../fhir/resource.ts';
import type { ElementType, ElementTypes, Member, MemberForm } from './element-type.ts';
import { NOT_COVERED } from './not-covered.ts';

/** An element of a resource, or the resource itself, over the tree as it was received. */
export class TreeNode {
  /** The value in the JSON; null or undefined for a primitive that has only extensions. */
  readonly data: unknown;
  /** What was sent under the name with an underscore; null if nothing was. */
  readonly extra: unknown;
  readonly parent: TreeNode | null;
  readonly type: ElementType;
  /** The name that the model gives the element: `value`. */
  readonly name: string;
  /** The JSON property in which it was sent: `valueQuantity`. */
  readonly property: string;
  /** Position in the list of the JSON; null if it is no list. */
  readonly index: number | null;
  /** The values of the elements that the view names; null until one is read. */
  slots: readonly unknown[] | null = null;
  /** The same element for the engine; null until it is needed. */
  engineNode: object | null = null;

  constructor(
    data: unknown,
    extra: unknown,
    parent: TreeNode | null,
    type: ElementType,
    name: string,
    property: string,
    index: number | null,
  ) {
    this.data = data;
    this.extra = extra || null;
    this.parent = parent;
    this.type = type;
    this.name = name;
    this.property = property;
    this.index = index;
  }
}

/** Whether a value of the JSON is an object with members: no list and no number. */
export const isPlainObject = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === 'object' && data !== null && !Array.isArray(data) && !(data instanceof LosslessNumber);

/** Reads the members that the view names, in one pass over the object. */
function readSlots(data: Readonly<Record<string, unknown>>, type: ElementType): readonly unknown[] {
  const slots: unknown[] = new Array(type.slotByProperty.size);
  for (const property in data) {
    const slot = type.slotByProperty.get(property);
    if (slot !== undefined) slots[slot] = data[property];
  }
  return slots;
}

/** Creates the node of an element. An object with a resourceType is a resource, whatever the model says. */
function createNode(
  data: unknown,
  extra: unknown,
  parent: TreeNode,
  form: MemberForm,
  name: string,
  index: number | null,
  types: ElementTypes,
): TreeNode {
  const resourceType =
    typeof data === 'object' && data !== null && 'resourceType' in data && data.resourceType;
  const type = resourceType
    ? types.getResourceType(resourceType)
    : (form.type ?? types.getFormType(parent.type, name, form));
  // The engine turns these texts into integers, and fails where it cannot.
  if (type.fhirType === 'integer64' && data !== null && data !== undefined) throw NOT_COVERED;
  return new TreeNode(data, extra, parent, type, name, form.property, index);
}

/** No results. */
export const EMPTY: readonly never[] = Object.freeze([]);

const isMissing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** Creates the nodes of the values of one property, and of what was sent under the name with an underscore. */
function createNodes(
  value: unknown,
  extra: unknown,
  parent: TreeNode,
  form: MemberForm,
  name: string,
  types: ElementTypes,
): readonly TreeNode[] {
  if (isMissing(value) && isMissing(extra)) return EMPTY;
  if (!Array.isArray(value) && !(isMissing(value) && Array.isArray(extra)))
    return [createNode(value, extra, parent, form, name, null, types)];
  if (!isMissing(extra) && !Array.isArray(extra)) throw NOT_COVERED;
  const values: readonly unknown[] = Array.isArray(value) ? value : EMPTY;
  const extras: readonly unknown[] = Array.isArray(extra) ? extra : EMPTY;
  const nodes: TreeNode[] = [];
  for (let i = 0; i < values.length; i++)
    nodes.push(createNode(values[i], extras[i], parent, form, name, i, types));
  // Primitives at the end of the list that have only extensions.
  for (let i = values.length; i < extras.length; i++)
    nodes.push(createNode(null, extras[i], parent, form, name, i, types));
  return nodes;
}

/** A number of the engine: what a number of the JSON is to it. */
const ENGINE_DECIMAL = FP_Decimal.getDecimal('1.5');

/** Reads a property of a value that is no object: a text has a length, and the engine's numbers have members of their own. */
function readPrimitiveProperty(data: unknown, property: string): unknown {
  if (data === null || data === undefined) return undefined;
  const isNumber = typeof data === 'number' || data instanceof LosslessNumber;
  if (isNumber && property in ENGINE_DECIMAL) throw NOT_COVERED;
  const value = isNumber ? undefined : (data as Record<string, unknown>)[property];
  if (typeof value === 'function') throw NOT_COVERED;
  return value;
}

function listChildrenOfPrimitive(node: TreeNode, member: Member, types: ElementTypes): readonly TreeNode[] {
  for (const form of member.forms) {
    const value = readPrimitiveProperty(node.data, form.property);
    const extra = readPrimitiveProperty(node.data, `_${form.property}`);
    if (value !== undefined || extra !== undefined)
      return createNodes(value, extra, node, form, member.name, types);
  }
  return listChildrenOfExtra(node, member, types);
}

/** Lists the children that were sent under the name with an underscore: the extensions of a primitive. */
function listChildrenOfExtra(node: TreeNode, member: Member, types: ElementTypes): readonly TreeNode[] {
  const [form] = member.forms;
  if (node.extra === null || member.isChoice || !form) return EMPTY;
  const value = readPrimitiveProperty(node.extra, member.name);
  return createNodes(value, undefined, node, form, member.name, types);
}

/**
 * Lists the children of a node that an expression calls by a name (its index among the names of the view): the choice that
 * was sent, and elements that have only extensions too. Signals what has no such members in JSON.
 */
export function listChildren(node: TreeNode, nameIndex: number, types: ElementTypes): readonly TreeNode[] {
  const member = node.type.members[nameIndex];
  if (!member) throw new Error('The name of an element was not made known.');
  if (member.isSelf) return [node];
  if (!isPlainObject(node.data)) return listChildrenOfPrimitive(node, member, types);
  node.slots ??= readSlots(node.data, node.type);
  const { data, slots } = node;
  for (const form of member.forms) {
    const { slot } = form;
    const value = slot === null ? data[form.property] : slots[slot];
    const extra = slot === null ? data[`_${form.property}`] : slots[slot + 1];
    if (value !== undefined || extra !== undefined)
      return createNodes(value, extra, node, form, member.name, types);
  }
  return node.extra === null ? EMPTY : listChildrenOfExtra(node, member, types);
}

/**
 * Reads a child that was sent as one text, without creating its node; undefined for any other child, and for texts that stand
 * for something else (dates, long integers).
 */
export function readChildText(node: TreeNode, nameIndex: number, types: ElementTypes): string | undefined {
  const member = node.type.members[nameIndex];
  if (!member || member.isSelf || member.isOwnType || member.isChoice || !isPlainObject(node.data))
    return undefined;
  node.slots ??= readSlots(node.data, node.type);
  const form = member.forms[0];
  const value = form?.slot === undefined || form.slot === null ? undefined : node.slots[form.slot];
  if (typeof value !== 'string' || !form) return undefined;
  const { isTemporal, fhirType } = form.type ?? types.getFormType(node.type, member.name, form);
  return isTemporal || fhirType === 'integer64' ? undefined : value;
}

/** Creates the node of a resource. */
export const createRootNode = (resource: Resource, types: ElementTypes): TreeNode =>
  new TreeNode(resource, null, null, types.getResourceType(resource.resourceType), '', '', null);
