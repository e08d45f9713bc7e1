import type { FhirPathItem } from '../fhirpath-items.ts';
import { type PathSyntax, toPathSyntax } from '../syntax-tree.ts';
import { readMemberName } from './compile-member.ts';
import { NOT_COVERED } from './not-covered.ts';
import { type Condition, type PartCompiler, type Program, readBoolean } from './program.ts';
import { compareEqual, compareOrder } from './system-value.ts';
import { readChildText, TreeNode } from './tree-node.ts';

/** Compiles an expression as the operand of a boolean operator. */
export function compileOperand(node: PathSyntax, compiler: PartCompiler, isInner: boolean): Condition | null {
  const condition = compiler.compileCondition(node, isInner);
  if (condition) return condition;
  const program = compiler.compileProgram(node, isInner);
  return program && ((focus, run) => readBoolean(program(focus, run)));
}

/** Compiles `and` and `or`. Both sides are evaluated, as by the engine: what one refuses is refused, whatever the other is. */
function compileLogic(first: Condition, second: Condition, decisive: boolean): Condition {
  return (focus, run) => {
    const a = first(focus, run);
    const b = second(focus, run);
    if (a === decisive || b === decisive) return decisive;
    return a === null || b === null ? null : !decisive;
  };
}

/** The name of the element, if the expression is one name. */
function findSingleName(node: PathSyntax): string | null {
  if (node.type === 'TermExpression' || node.type === 'InvocationTerm')
    return findSingleName(toPathSyntax(node.children[0]));
  return node.type === 'MemberInvocation' ? readMemberName(node.token) : null;
}

/** The text of the literal, if the expression is one that says what it is. */
function findLiteralText(node: PathSyntax): string | null {
  if (node.type === 'TermExpression') return findLiteralText(toPathSyntax(node.children[0]));
  const text = node.type === 'LiteralTerm' ? /^'([^'\\]*)'$/.exec(node.token)?.[1] : undefined;
  return text ?? null;
}

/** Compiles the comparison of two expressions, empty where one is; several values are left to the engine. */
function compileComparison(
  first: Program,
  second: Program,
  compare: (a: FhirPathItem, b: FhirPathItem) => boolean | null,
): Condition {
  return (focus, run) => {
    const left = first(focus, run);
    const right = second(focus, run);
    const a = left[0];
    const b = right[0];
    if (a === undefined || b === undefined) return null;
    if (left.length > 1 || right.length > 1) throw NOT_COVERED;
    return compare(a, b);
  };
}

/** Compiles a comparison of an element with a text so that the text alone is read where it was sent. */
function compileTextComparison(
  name: string,
  text: string,
  general: Condition,
  isNegated: boolean,
  { context: { types } }: PartCompiler,
): Condition {
  const nameIndex = types.getNameIndex(name);
  return (focus, run) => {
    const sent = focus instanceof TreeNode ? readChildText(focus, nameIndex, types) : undefined;
    return sent === undefined ? general(focus, run) : (sent === text) !== isNegated;
  };
}

function compileEquality(
  node: PathSyntax,
  [first, second]: readonly [Program, Program],
  compiler: PartCompiler,
): Condition | null {
  const { engine } = compiler.context;
  if (node.token !== '=' && node.token !== '!=') return null;
  const isNegated = node.token === '!=';
  const general = compileComparison(first, second, (a, b) => {
    const isEqual = compareEqual(a, b, engine);
    return isEqual === null ? null : isEqual !== isNegated;
  });
  const [left, right] = node.children.map(toPathSyntax);
  const name = left && findSingleName(left);
  const text = right && findLiteralText(right);
  return typeof name === 'string' && typeof text === 'string'
    ? compileTextComparison(name, text, general, isNegated, compiler)
    : general;
}

const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
};

function compileInequality(
  operator: string,
  [first, second]: readonly [Program, Program],
  { context: { engine } }: PartCompiler,
): Condition | null {
  const matches = ORDERS[operator];
  if (!matches) return null;
  return compileComparison(first, second, (a, b) => {
    const order = compareOrder(a, b, engine);
    return order === null ? null : matches(order);
  });
}

/** Compiles `and`, `or`, `=`, `!=`, `<`, `>`, `<=` and `>=`; null for any other expression. */
export function compileOperator(
  node: PathSyntax,
  compiler: PartCompiler,
  isInner: boolean,
): Condition | null {
  const [left, right] = node.children.map(toPathSyntax);
  if (!left || !right) return null;
  if (node.type === 'AndExpression' || node.type === 'OrExpression') {
    const [first, second] = [left, right].map((side) => compileOperand(side, compiler, isInner));
    return first && second ? compileLogic(first, second, node.type === 'OrExpression') : null;
  }
  if (node.type !== 'EqualityExpression' && node.type !== 'InequalityExpression') return null;
  const [first, second] = [left, right].map((side) => compiler.compileProgram(side, isInner));
  if (!first || !second) return null;
  return node.type === 'EqualityExpression'
    ? compileEquality(node, [first, second], compiler)
    : compileInequality(node.token, [first, second], compiler);
}
