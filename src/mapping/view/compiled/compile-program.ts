import { compile } from 'fhirpath';
import type { FhirPathItem } from '../fhirpath-items.ts';
import { type PathSyntax, readConstantName } from '../syntax-tree.ts';
import { compileConditionStep, compileFunctionStep } from './compile-function.ts';
import { compileFirstMember, compileMemberStep, readMemberName } from './compile-member.ts';
import { compileOperator } from './compile-operator.ts';
import type { ElementTypes } from './element-type.ts';
import {
  type Condition,
  type Items,
  type PartCompiler,
  type Program,
  type ProgramContext,
  rememberItems,
  type Step,
  toProgram,
} from './program.ts';
import { readChild, unwrapNode } from './shared-parts.ts';
import { isEngineValue } from './system-value.ts';
import { EMPTY, readChildText, TreeNode } from './tree-node.ts';

/** Compiles a literal of text, number or boolean: its value is the engine's. */
function compileLiteral({ token }: PathSyntax): Program {
  const items = compile(token, undefined, { resolveInternalTypes: false, preciseMath: true })({}) as Items;
  return () => items;
}

function compileNumberWithSign(node: PathSyntax): Program | null {
  const number = unwrapNode(readChild(node));
  const isNumber = number.type === 'LiteralTerm' && readChild(number).type === 'NumberLiteral';
  return isNumber ? compileLiteral({ ...node, token: `${node.token}${number.token}` }) : null;
}

function compileConstant(node: PathSyntax, { constants }: ProgramContext): Program | null {
  const name = readConstantName(node);
  if (!Object.hasOwn(constants, name))
    return name === 'resource' || name === 'rootResource' ? (_focus, run) => [run.root] : null;
  const value = constants[name];
  const isCovered = typeof value === 'string' || typeof value === 'boolean' || isEngineValue(value);
  const items: Items = [value as FhirPathItem];
  return isCovered ? () => items : null;
}

function compileIndexer(node: PathSyntax, compiler: PartCompiler, isInner: boolean): Program | null {
  const program = compiler.compileProgram(readChild(node), isInner);
  const index = unwrapNode(readChild(node, 1));
  if (!program || index.type !== 'LiteralTerm' || !/^\d{1,9}$/.test(index.token)) return null;
  const position = Number(index.token);
  return (focus, run) => {
    const item = program(focus, run)[position];
    return item === undefined ? EMPTY : [item];
  };
}

function compileStep(node: PathSyntax, compiler: PartCompiler): Step | null {
  if (node.type === 'FunctionInvocation') return compileFunctionStep(node, compiler);
  if (node.type === 'ThisInvocation') return (_input, focus) => [focus];
  const name = node.type === 'MemberInvocation' ? readMemberName(node.token) : null;
  return name === null ? null : compileMemberStep(name, compiler.context);
}

/** Compiles a path: a first part, and a step from each of its results. */
function compilePath(node: PathSyntax, compiler: PartCompiler, isInner: boolean): Program | null {
  const first = compiler.compileProgram(readChild(node), isInner);
  const stepNode = readChild(node, 1);
  const step = compileStep(stepNode, compiler);
  if (!first || !step) return null;
  if (stepNode.type === 'ThisInvocation') return (focus, run) => step(first(focus, run), focus, run);
  // Every other step finds nothing in nothing.
  return (focus, run) => {
    const input = first(focus, run);
    return input.length === 0 ? EMPTY : step(input, focus, run);
  };
}

function compileInvocation(node: PathSyntax, compiler: PartCompiler, isInner: boolean): Program | null {
  const { context } = compiler;
  if (node.type === 'MemberInvocation') {
    const name = readMemberName(node.token);
    return name === null ? null : compileFirstMember(name, context, isInner);
  }
  if (node.type === 'ThisInvocation') return (focus) => [focus];
  const step = compileFunctionStep(node, compiler);
  return step && ((focus, run) => step([focus], focus, run));
}

function compilePart(node: PathSyntax, compiler: PartCompiler, isInner: boolean): Program | null {
  switch (node.type) {
    case 'MemberInvocation':
    case 'ThisInvocation':
    case 'FunctionInvocation':
      return compileInvocation(node, compiler, isInner);
    case 'InvocationExpression':
      return compilePath(node, compiler, isInner);
    case 'IndexerExpression':
      return compileIndexer(node, compiler, isInner);
    case 'LiteralTerm':
      return readChild(node).type.match(/^(String|Number|Boolean)Literal$/) ? compileLiteral(node) : null;
    case 'PolarityExpression':
      return compileNumberWithSign(node);
    case 'ExternalConstantTerm':
      return compileConstant(node, compiler.context);
    default:
      return null;
  }
}

/** Compiles a path that ends with a function that answers with a boolean; null for any other. */
function compileQuestion(node: PathSyntax, compiler: PartCompiler, isInner: boolean): Condition | null {
  if (node.type === 'FunctionInvocation') {
    const step = compileConditionStep(node, compiler);
    return step && ((focus, run) => step([focus], focus, run));
  }
  const last = node.type === 'InvocationExpression' ? readChild(node, 1) : null;
  if (last?.type !== 'FunctionInvocation') return null;
  const step = compileConditionStep(last, compiler);
  const first = step && compiler.compileProgram(readChild(node), isInner);
  if (!step || !first) return null;
  const general: Condition = (focus, run) => step(first(focus, run), focus, run);
  return compileShortExists(node, last, general, compiler) ?? general;
}

/** Compiles `name.exists()` so that no node is created where the element was sent as one text. */
function compileShortExists(
  node: PathSyntax,
  last: PathSyntax,
  general: Condition,
  { context: { types } }: PartCompiler,
): Condition | null {
  const first = unwrapNode(readChild(node));
  const name = first.type === 'MemberInvocation' ? readMemberName(first.token) : null;
  const isExists = last.token === 'exists' && readChild(last).children.length === 1;
  if (name === null || !isExists) return null;
  const nameIndex = types.getNameIndex(name);
  return (focus, run) =>
    (focus instanceof TreeNode && readChildText(focus, nameIndex, types) !== undefined) ||
    general(focus, run);
}

/**
 * Creates the compiler of the expressions of a view. What it returns has the same results as the engine, or signals
 * NOT_COVERED.
 */
export function createPartCompiler(context: ProgramContext): PartCompiler {
  const compiler: PartCompiler = {
    context,
    compileCondition(wrapped, isInner) {
      const node = unwrapNode(wrapped);
      return compileOperator(node, compiler, isInner) ?? compileQuestion(node, compiler, isInner);
    },
    compileProgram(wrapped, isInner) {
      const node = unwrapNode(wrapped);
      const condition = compiler.compileCondition(node, isInner);
      const program = condition ? toProgram(condition) : compilePart(node, compiler, isInner);
      const slot = isInner ? null : context.parts.findSlot(node);
      return program && slot !== null ? rememberItems(program, slot) : program;
    },
    note(syntax) {
      context.parts.note(syntax, (node) => rememberName(node, context.types));
    },
  };
  return compiler;
}

/** Makes the name of an element known, so that nodes have a slot for it. */
function rememberName(node: PathSyntax, types: ElementTypes): void {
  if (node.type === 'FunctionInvocation') {
    // getReferenceKey() reads one.
    types.getNameIndex('reference');
    return;
  }
  const name = readMemberName(node.token);
  if (name !== null) types.getNameIndex(name);
}
