import { compile, type Model, type UserInvocationTable } from 'fhirpath';
import { Failure } from '../../errors.ts';
import { computeHighBoundary, computeLowBoundary } from './boundary-functions.ts';
import { type ExpressionPart, parseExpressionParts } from './expression-parts.ts';
import { FHIRPATH_VARIABLES, findFunction } from './fhirpath-functions.ts';
import { type FhirPathItem, formatElementPath, isElementNode } from './fhirpath-items.ts';
import { getReferenceKeys, getResourceKeys } from './key-functions.ts';
import { createViewFailure } from './view-definition.ts';

/** What expressions of a view may name: its constants, and the elements and types of its FHIR version. */
export interface ExpressionNames {
  readonly constants: Readonly<Record<string, unknown>>;
  readonly model: Model;
}

/** Where an expression is evaluated: the resource it is in, and the row of the nearest iteration. */
export interface EvaluationScope {
  readonly root: FhirPathItem;
  readonly rowIndex: number;
}

/** A FHIRPath expression that was parsed once. */
export interface CompiledExpression {
  readonly text: string;
  /** Its place in the view. */
  readonly at: string;
  readonly usesRowIndex: boolean;
  /** All that the expression finds, extension-only primitives included. Throws `fhir/invalid` where it cannot say. */
  evaluate(focus: readonly FhirPathItem[], scope: EvaluationScope): readonly FhirPathItem[];
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

/**
 * Parses and checks an expression: its functions, argument counts, types and constants must be known, so that a misspelt
 * name fails here and not at the first resource that reaches it. `at` is the expression's place in the view.
 */
export function compileExpression(text: string, at: string, terms: ExpressionNames): CompiledExpression {
  const { constants, model } = terms;
  const parts = parseExpressionParts(text, at);
  for (const part of parts) checkPart(part, at, terms);
  const used = new Set(parts.filter((p) => p.kind === 'constant').map((p) => p.name));
  const usesRowIndex = used.has('rowIndex');
  const usesResource = used.has('resource') || used.has('rootResource');
  const evaluator = compile(text, model, COMPILE_OPTIONS);
  return {
    text,
    at,
    usesRowIndex,
    evaluate(focus, scope) {
      const environment =
        usesRowIndex || usesResource
          ? { ...constants, resource: scope.root, rootResource: scope.root, rowIndex: scope.rowIndex }
          : constants;
      try {
        return evaluator(focus, environment) as FhirPathItem[];
      } catch {
        // The engine's own message quotes values of the resource, so it goes no further.
        throw new Failure('fhir/invalid', `The view's expression "${text}" cannot be evaluated here.`, {
          at: locateFocus(focus, scope),
          spec: at,
          fix: 'Correct the element, or the expression in the view.',
        });
      }
    },
  };
}

/** The element in focus, or the resource where there is none. */
export function locateFocus(focus: readonly FhirPathItem[], scope: EvaluationScope): string {
  const found = focus[0] !== undefined && isElementNode(focus[0]) ? focus[0] : scope.root;
  return isElementNode(found) ? formatElementPath(found) : '';
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
  const known = findFunction(part.name);
  if (!known) {
    throw createViewFailure(
      `The function ${part.name}() is not known here.`,
      at,
      'Use a function of the Shareable subset.',
    );
  }
  if (!known.argumentCounts.includes(part.argumentCount)) {
    const expected = known.argumentCounts.join(' or ');
    throw createViewFailure(
      `${part.name}() takes ${expected} arguments, not ${part.argumentCount}.`,
      at,
      'Correct the arguments.',
    );
  }
}

/** The engine knows the types of the version; it is asked with an empty collection. */
function checkType(name: string, at: string, model: Model): void {
  try {
    void compile(`{}.ofType(${name})`, model)({});
  } catch (cause) {
    throw createViewFailure(
      `"${name}" is not a type of FHIR R4 or FHIRPath.`,
      at,
      'Name a type, such as Quantity.',
      cause,
    );
  }
}
