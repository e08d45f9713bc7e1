import type { FhirPathItem } from '../fhirpath-items.ts';
import type { ElementTypes } from './element-type.ts';
import { NOT_COVERED } from './not-covered.ts';
import type { Items, Program, ProgramContext, Step } from './program.ts';
import { EMPTY, listChildren, TreeNode } from './tree-node.ts';

/** Names that every JavaScript object inherits are read by the engine, whatever it finds there. */
const isPlainName = (name: string): boolean =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !(name in Object.prototype);

/** Reads the name of an element in an expression; null for a name that is not covered. */
export function readMemberName(text: string): string | null {
  const name = /^`.*`$/s.test(text) ? text.slice(1, -1) : text;
  return isPlainName(name) ? name : null;
}

function listItemChildren(item: FhirPathItem, nameIndex: number, types: ElementTypes): readonly TreeNode[] {
  // A computed value has no children; what the engine makes of one is left to it.
  if (!(item instanceof TreeNode)) throw NOT_COVERED;
  return listChildren(item, nameIndex, types);
}

/** Compiles a step to the children with a name. */
export function compileMemberStep(name: string, { types }: ProgramContext): Step {
  const nameIndex = types.getNameIndex(name);
  return (input) => {
    if (input.length === 0) return EMPTY;
    const first = input[0] as FhirPathItem;
    const firstChildren = listItemChildren(first, nameIndex, types);
    if (input.length === 1) return firstChildren;
    const children = firstChildren.slice();
    for (const item of input.slice(1))
      for (const child of listItemChildren(item, nameIndex, types)) children.push(child);
    return children;
  };
}

/** Names of the engine's own types that an element without a type in the model can have. */
export const SYSTEM_TYPES: ReadonlySet<string> = new Set([
  ...['Boolean', 'String', 'Integer', 'Long', 'Decimal', 'Date', 'DateTime', 'Time', 'Quantity'],
  ...['Object', 'Undefined', 'Function'],
]);

/**
 * Compiles a name at the beginning of an expression: the children with this name, or the focus itself where the name is that
 * of its type (`Patient.name`, and `code` where the focus is a code).
 */
export function compileFirstMember(
  name: string,
  { types }: ProgramContext,
  isInner: boolean,
): Program | null {
  if (SYSTEM_TYPES.has(name)) return null;
  const nameIndex = types.getNameIndex(name);
  const listFocusChildren = (focus: FhirPathItem): Items => listItemChildren(focus, nameIndex, types);
  if (!types.isTypeName(name)) return listFocusChildren;
  return (focus) => {
    if (!(focus instanceof TreeNode) || focus.type.members[nameIndex]?.isOwnType !== true)
      return listFocusChildren(focus);
    // Within a function the engine decides by the position of the item.
    if (isInner) throw NOT_COVERED;
    return [focus];
  };
}
