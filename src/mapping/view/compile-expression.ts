import { compile, type Model, type UserInvocationTable } from 'fhirpath';
import { Failure } from '../../errors.ts';
import { computeHighBoundary, computeLowBoundary } from './boundary-functions.ts';
import { type EngineNodes, getEngineNodes } from './compiled/engine-node.ts';
import { NOT_COVERED } from './compiled/not-covered.ts';
import type { Items, PartCompiler, Program, ViewRun } from './compiled/program.ts';
import { TreeNode } from './compiled/tree-node.ts';
import { type ExpressionPart, parseExpressionParts } from './expression-parts.ts';
import { FHIRPATH_VARIABLES, findFunction } from './fhirpath-functions.ts';
import { type FhirPathItem, formatElementPath, isElementNode } from './fhirpath-items.ts';
import { getReferenceKeys, getResourceKeys } from './key-functions.ts';
import { rememberByText } from './remember-by-text.ts';
import { type PathSyntax, parseSyntaxTree } from './syntax-tree.ts';
import { createViewFailure } from './view-definition.ts';

/** The names that expressions of a view may use: its constants, and the elements and types of its FHIR version. */
export interface ExpressionNames {
  readonly constants: Readonly<Record<string, unknown>>;
  readonly model: Model;
  /** Compiles what it covers, for nodes over the tree as received; null: the engine evaluates everything. */
  readonly compiler: PartCompiler | null;
}

/** Where an expression is evaluated. */
export interface EvaluationScope extends ViewRun {
  /** The resource. */
  readonly root: FhirPathItem;
  /** Position in the nearest iteration, from 0. */
  readonly rowIndex: number;
}

/** A FHIRPath expression that has been parsed and checked. */
export interface CompiledExpression {
  readonly text: string;
  /** Its place in the view. */
  readonly at: string;
  readonly usesRowIndex: boolean;
  /**
   * Returns all results at a focus (null: none), including primitives that have only extensions. Throws `fhir/invalid` if
   * evaluation fails.
   */
  evaluate(focus: FhirPathItem | null, scope: EvaluationScope): Items;
}

const ENGINE_FUNCTIONS: UserInvocationTable = {
  getResourceKey: { fn: getResourceKeys, arity: { 0: [] }, internalStructures: true },
  getReferenceKey: { fn: getReferenceKeys, arity: { 0: [], 1: ['TypeSpecifier'] }, internalStructures: true },
  lowBoundary: { fn: computeLowBoundary, arity: { 0: [], 1: ['Integer'] }, internalStructures: true },
  highBoundary: { fn: computeHighBoundary, arity: { 0: [], 1: ['Integer'] }, internalStructures: true },
};

const COMPILE_OPTIONS = {
  resolveInternalTypes: false,
  preciseMath: true,
  userInvocationTable: ENGINE_FUNCTIONS,
} as const;

/** Evaluators by model and text. An evaluator keeps nothing between evaluations, so that views may share it. */
const COMPILERS = new Map<Model, (text: string) => ReturnType<typeof compile>>();

function getEvaluator(text: string, model: Model): ReturnType<typeof compile> {
  const compiler = COMPILERS.get(model) ?? rememberByText((each) => compile(each, model, COMPILE_OPTIONS));
  COMPILERS.set(model, compiler);
  return compiler(text);
}

/**
 * Parses and checks an expression. Its functions, argument counts, types and constants must be known, so that a misspelt
 * name fails here and not at the first resource that reaches it. `at` is the place of the expression in the view. Throws
 * `library/invalid`.
 */
export function compileExpression(text: string, at: string, names: ExpressionNames): CompiledExpression {
  const { constants, model } = names;
  const parts = parseExpressionParts(text, at);
  for (const part of parts) checkPart(part, at, names);
  const usedConstants = new Set(parts.filter(({ kind }) => kind === 'constant').map(({ name }) => name));
  const usesRowIndex = usedConstants.has('rowIndex');
  const usesResource = usedConstants.has('resource') || usedConstants.has('rootResource');
  const evaluator = getEvaluator(text, model);
  const engine = getEngineNodes(model);
  const evaluateByEngine: CompiledExpression['evaluate'] = (focus, scope) => {
    const root = toEngineItem(scope.root, engine);
    const environment =
      usesRowIndex || usesResource
        ? { ...constants, resource: root, rootResource: root, rowIndex: scope.rowIndex }
        : constants;
    try {
      return evaluator(focus === null ? [] : [toEngineItem(focus, engine)], environment) as FhirPathItem[];
    } catch {
      // The engine's own message quotes values of the resource, so it is not passed on.
      throw new Failure('fhir/invalid', `The expression "${text}" of the view cannot be evaluated.`, {
        at: locateFocus(focus, scope, model),
        spec: at,
        fix: 'Correct the element, or the expression in the view.',
      });
    }
  };
  const syntax = parseSyntaxTree(text, at);
  names.compiler?.note(syntax);
  const evaluate = names.compiler
    ? evaluateFirst(names.compiler, syntax, evaluateByEngine)
    : evaluateByEngine;
  return { text, at, usesRowIndex, evaluate };
}

const toEngineItem = (item: FhirPathItem, engine: EngineNodes): FhirPathItem =>
  item instanceof TreeNode ? engine.toEngineNode(item) : item;

/**
 * Evaluates a compiled program, and by the engine what it does not cover: expressions, nodes of the engine, and values that it
 * signals. It is compiled at its first use, when all expressions of the view are known.
 */
function evaluateFirst(
  compiler: PartCompiler,
  syntax: PathSyntax,
  evaluateByEngine: CompiledExpression['evaluate'],
): CompiledExpression['evaluate'] {
  let program: Program | null | undefined;
  return (focus, scope) => {
    if (!(focus instanceof TreeNode)) return evaluateByEngine(focus, scope);
    try {
      if (program === undefined) program = compiler.compileProgram(syntax, false);
      return program === null ? evaluateByEngine(focus, scope) : program(focus, scope);
    } catch (signal) {
      if (signal !== NOT_COVERED) throw signal;
      return evaluateByEngine(focus, scope);
    }
  };
}

/** Returns the FHIRPath of the element in focus; of the resource if there is none. */
export function locateFocus(focus: FhirPathItem | null, { root }: EvaluationScope, model: Model): string {
  const item = focus !== null && isElementNode(focus) ? focus : root;
  return isElementNode(item) ? formatElementPath(item, model) : '';
}

function checkPart(part: ExpressionPart, at: string, { constants, model }: ExpressionNames): void {
  if (part.kind === 'function') checkFunction(part, at);
  else if (part.kind === 'type') checkType(part.name, at, model);
  else if (
    part.kind === 'constant' &&
    !FHIRPATH_VARIABLES.has(part.name) &&
    !Object.hasOwn(constants, part.name)
  ) {
    throw createViewFailure(
      `The constant %${part.name} is not defined.`,
      at,
      'Define it in the view under "constant".',
    );
  } else if (part.kind === 'node' && part.name === 'InstanceSelector') {
    throw createViewFailure('A view may not create objects.', at, 'Select elements of the resource.');
  }
}

function checkFunction(part: ExpressionPart & { kind: 'function' }, at: string): void {
  const definition = findFunction(part.name);
  if (!definition) {
    throw createViewFailure(
      `The function ${part.name}() is not supported.`,
      at,
      'Use a function of the Shareable subset of FHIRPath.',
    );
  }
  if (!definition.argumentCounts.includes(part.argumentCount)) {
    const expected = definition.argumentCounts.join(' or ');
    throw createViewFailure(
      `${part.name}() takes ${expected} arguments, but has ${part.argumentCount}.`,
      at,
      'Correct the number of arguments.',
    );
  }
}

/** Checks that a type exists in the FHIR version, by evaluating it in the engine on an empty collection. */
function checkType(name: string, at: string, model: Model): void {
  try {
    void compile(`{}.ofType(${name})`, model)({});
  } catch (cause) {
    throw createViewFailure(
      `"${name}" is not a type of FHIR R4 or FHIRPath.`,
      at,
      'Use a type, such as Quantity.',
      cause,
    );
  }
}
