import { compile, type Model, type UserInvocationTable } from 'fhirpath';
import { Failure } from '../../errors.ts';
import { highBoundary, lowBoundary } from './boundary.ts';
import { invalidView } from './definition.ts';
import { elementPath, type Found, isElement } from './elements.ts';
import { referenceKeys, resourceKeys } from './keys.ts';
import { type Part, partsOf } from './syntax.ts';
import { ENVIRONMENT, knownFunction } from './vocabulary.ts';

/** What expressions of a view may name: its constants, and the elements and types of its FHIR version. */
export interface Terms {
  readonly constants: Readonly<Record<string, unknown>>;
  readonly model: Model;
}

/** Where an expression is evaluated: the resource it is in, and the row of the nearest iteration. */
export interface Scope {
  readonly root: Found;
  readonly rowIndex: number;
}

/** A FHIRPath expression that was parsed once. */
export interface Expression {
  readonly text: string;
  /** Its place in the view. */
  readonly at: string;
  readonly usesRowIndex: boolean;
  /** All that the expression finds, extension-only primitives included. Throws `fhir/invalid` where it cannot say. */
  evaluate(focus: readonly Found[], scope: Scope): readonly Found[];
}

const FUNCTIONS: UserInvocationTable = {
  getResourceKey: { fn: resourceKeys, arity: { 0: [] }, internalStructures: true },
  getReferenceKey: { fn: referenceKeys, arity: { 0: [], 1: ['TypeSpecifier'] }, internalStructures: true },
  lowBoundary: { fn: lowBoundary, arity: { 0: [], 1: ['Integer'] }, internalStructures: true },
  highBoundary: { fn: highBoundary, arity: { 0: [], 1: ['Integer'] }, internalStructures: true },
};

const OPTIONS = { resolveInternalTypes: false, preciseMath: true, userInvocationTable: FUNCTIONS } as const;

/**
 * Parses and checks an expression: its functions, argument counts, types and constants must be known, so that a misspelt
 * name fails here and not at the first resource that reaches it. `at` is the expression's place in the view.
 */
export function compileExpression(text: string, at: string, terms: Terms): Expression {
  const { constants, model } = terms;
  const parts = partsOf(text, at);
  for (const part of parts) checkPart(part, at, terms);
  const used = new Set(parts.filter((p) => p.kind === 'constant').map((p) => p.name));
  const usesRowIndex = used.has('rowIndex');
  const usesResource = used.has('resource') || used.has('rootResource');
  const evaluator = compile(text, model, OPTIONS);
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
        return evaluator(focus, environment) as Found[];
      } catch {
        // The engine's own message quotes values of the resource, so it goes no further.
        throw new Failure('fhir/invalid', `The view's expression "${text}" cannot be evaluated here.`, {
          at: elementPathOf(focus, scope),
          spec: at,
          fix: 'Correct the element, or the expression in the view.',
        });
      }
    },
  };
}

/** The element in focus, or the resource where there is none. */
export function elementPathOf(focus: readonly Found[], scope: Scope): string {
  const found = focus[0] !== undefined && isElement(focus[0]) ? focus[0] : scope.root;
  return isElement(found) ? elementPath(found) : '';
}

function checkPart(part: Part, at: string, { constants, model }: Terms): void {
  if (part.kind === 'function') checkFunction(part, at);
  else if (part.kind === 'type') checkType(part.name, at, model);
  else if (part.kind === 'constant' && !ENVIRONMENT.has(part.name) && !Object.hasOwn(constants, part.name)) {
    throw invalidView(
      `The constant %${part.name} is not defined.`,
      at,
      'Define it in the view under "constant".',
    );
  } else if (part.kind === 'node' && part.name === 'InstanceSelector') {
    throw invalidView('A view may not create objects.', at, 'Select elements of the resource.');
  }
}

function checkFunction(part: Part & { kind: 'function' }, at: string): void {
  const known = knownFunction(part.name);
  if (!known) {
    throw invalidView(
      `The function ${part.name}() is not known here.`,
      at,
      'Use a function of the Shareable subset.',
    );
  }
  if (!known.counts.includes(part.count)) {
    const expected = known.counts.join(' or ');
    throw invalidView(
      `${part.name}() takes ${expected} arguments, not ${part.count}.`,
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
    throw invalidView(
      `"${name}" is not a type of FHIR R4 or FHIRPath.`,
      at,
      'Name a type, such as Quantity.',
      cause,
    );
  }
}
