import { Failure } from '../../errors.ts';
import { readView, type Select, type ViewDefinition } from './definition.ts';
import { type Part, partsOf } from './syntax.ts';
import { knownFunction, SHAREABLE_OPERATORS } from './vocabulary.ts';

/** Something that keeps a view from running on every runner: its place in the view, and what it is. */
export interface ShareableProblem {
  readonly at: string;
  readonly message: string;
}

/** Syntax that the subset has: paths, $this, indexers, parentheses, and literals of text, numbers and booleans. */
const SHAREABLE_NODES: ReadonlySet<string> = new Set([
  ...['EntireExpression', 'InvocationExpression', 'TermExpression', 'IndexerExpression', 'ParenthesizedTerm'],
  ...['InvocationTerm', 'MemberInvocation', 'ThisInvocation', 'Identifier', 'LiteralTerm'],
  ...['StringLiteral', 'NumberLiteral', 'BooleanLiteral'],
]);

/**
 * What keeps a view out of the ShareableViewDefinition profile: expressions beyond the required FHIRPath subset, columns
 * without type, no url, name or fhirVersion. None gives an empty list; a view that is not valid gives its first fault.
 * Source: SQL on FHIR, StructureDefinition ShareableViewDefinition, and required FHIRPath expressions and functions.
 */
export function shareableProblems(definition: unknown): readonly ShareableProblem[] {
  try {
    const view = readView(definition);
    const expressions = [...expressionsOf(view)].flatMap(([at, path]) => expressionProblems(path, at, view));
    return [...headProblems(view), ...typeProblems(view), ...expressions];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [{ at: error.at ?? '', message: error.message }];
  }
}

function headProblems(view: ViewDefinition): ShareableProblem[] {
  return ['url', 'name', 'fhirVersion']
    .filter((element) => view[element] === undefined)
    .map((element) => ({ at: element, message: `A shareable view has a ${element}.` }));
}

/** Every expression of the view with its place. */
function* expressionsOf(view: ViewDefinition): Generator<[at: string, path: string]> {
  for (const [i, condition] of (view.where ?? []).entries()) yield [`where[${i}].path`, condition.path];
  for (const [at, select] of selectsOf(view.select, 'select')) {
    yield* iterationsOf(select, at);
    for (const [i, column] of (select.column ?? []).entries()) yield [`${at}.column[${i}].path`, column.path];
  }
}

function* iterationsOf(select: Select, at: string): Generator<[at: string, path: string]> {
  if (select.forEach !== undefined) yield [`${at}.forEach`, select.forEach];
  if (select.forEachOrNull !== undefined) yield [`${at}.forEachOrNull`, select.forEachOrNull];
  for (const [i, path] of (select.repeat ?? []).entries()) yield [`${at}.repeat[${i}]`, path];
}

function* selectsOf(
  selects: readonly Select[] | undefined,
  at: string,
): Generator<[at: string, select: Select]> {
  for (const [i, select] of (selects ?? []).entries()) {
    const place = `${at}[${i}]`;
    yield [place, select];
    yield* selectsOf(select.select, `${place}.select`);
    yield* selectsOf(select.unionAll, `${place}.unionAll`);
  }
}

function typeProblems(view: ViewDefinition): ShareableProblem[] {
  return [...selectsOf(view.select, 'select')].flatMap(([at, select]) =>
    (select.column ?? []).flatMap((column, i) =>
      column.type ? [] : [{ at: `${at}.column[${i}]`, message: `The column "${column.name}" has no type.` }],
    ),
  );
}

function expressionProblems(path: string, at: string, view: ViewDefinition): ShareableProblem[] {
  const constants = new Set((view.constant ?? []).map((constant) => constant.name));
  const messages = partsOf(path, at).map((part) => problemOf(part, constants));
  return [...new Set(messages)].flatMap((message) => (message === null ? [] : [{ at, message }]));
}

function problemOf(part: Part, constants: ReadonlySet<string>): string | null {
  switch (part.kind) {
    case 'function':
      return knownFunction(part.name)?.shareable ? null : `${part.name}() is not in the Shareable subset.`;
    case 'constant':
      return constants.has(part.name) ? null : `%${part.name} is not a constant of the view.`;
    case 'operator':
      return SHAREABLE_OPERATORS.has(part.name)
        ? null
        : `The operator ${part.name} is not in the Shareable subset.`;
    case 'node':
      return SHAREABLE_NODES.has(part.name) ? null : `${part.name} is not in the Shareable subset.`;
    case 'type':
      return null;
  }
}
