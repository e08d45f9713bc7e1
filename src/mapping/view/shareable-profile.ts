import { Failure } from '../../errors.ts';
import { type ExpressionPart, parseExpressionParts } from './expression-parts.ts';
import { findFunction, SHAREABLE_OPERATORS } from './fhirpath-functions.ts';
import { parseViewDefinition, type SelectDefinition, type ViewDefinition } from './view-definition.ts';

/** Something that prevents a view from running on every runner. */
interface ShareableProblem {
  /** Place in the view, such as `select[0].column[2].path`. */
  readonly at: string;
  readonly message: string;
}

/** Syntax of the subset: paths, $this, indexers, parentheses, and literals of text, numbers and booleans. */
const SHAREABLE_NODES: ReadonlySet<string> = new Set([
  ...['EntireExpression', 'InvocationExpression', 'TermExpression', 'IndexerExpression', 'ParenthesizedTerm'],
  ...['InvocationTerm', 'MemberInvocation', 'ThisInvocation', 'Identifier', 'LiteralTerm'],
  ...['StringLiteral', 'NumberLiteral', 'BooleanLiteral'],
]);

/**
 * Finds deviations of a view from the ShareableViewDefinition profile: expressions outside the required FHIRPath
 * subset, columns without a type, a missing url, name or fhirVersion. Empty if it conforms; the first fault if it is
 * not valid.
 * Source: SQL on FHIR, StructureDefinition ShareableViewDefinition, and required FHIRPath expressions and functions.
 */
export function findShareableProblems(definition: unknown): readonly ShareableProblem[] {
  try {
    const view = parseViewDefinition(definition);
    const expressions = [...listExpressions(view)].flatMap(([at, path]) =>
      findExpressionProblems(path, at, view),
    );
    return [...findMissingMetadata(view), ...findUntypedColumns(view), ...expressions];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [{ at: error.at ?? '', message: error.message }];
  }
}

function findMissingMetadata(view: ViewDefinition): ShareableProblem[] {
  return ['url', 'name', 'fhirVersion']
    .filter((element) => view[element] === undefined)
    .map((element) => ({ at: element, message: `A shareable view needs a ${element}.` }));
}

/** Lists every expression of the view with its place. */
function* listExpressions(view: ViewDefinition): Generator<[at: string, path: string]> {
  for (const [i, condition] of (view.where ?? []).entries()) yield [`where[${i}].path`, condition.path];
  for (const [at, select] of listSelects(view.select, 'select')) {
    yield* listIterations(select, at);
    for (const [i, column] of (select.column ?? []).entries()) yield [`${at}.column[${i}].path`, column.path];
  }
}

function* listIterations(select: SelectDefinition, at: string): Generator<[at: string, path: string]> {
  if (select.forEach !== undefined) yield [`${at}.forEach`, select.forEach];
  if (select.forEachOrNull !== undefined) yield [`${at}.forEachOrNull`, select.forEachOrNull];
  for (const [i, path] of (select.repeat ?? []).entries()) yield [`${at}.repeat[${i}]`, path];
}

function* listSelects(
  selects: readonly SelectDefinition[] | undefined,
  at: string,
): Generator<[at: string, select: SelectDefinition]> {
  for (const [i, select] of (selects ?? []).entries()) {
    const place = `${at}[${i}]`;
    yield [place, select];
    yield* listSelects(select.select, `${place}.select`);
    yield* listSelects(select.unionAll, `${place}.unionAll`);
  }
}

function findUntypedColumns(view: ViewDefinition): ShareableProblem[] {
  return [...listSelects(view.select, 'select')].flatMap(([at, select]) =>
    (select.column ?? []).flatMap((column, i) =>
      column.type ? [] : [{ at: `${at}.column[${i}]`, message: `The column "${column.name}" has no type.` }],
    ),
  );
}

function findExpressionProblems(path: string, at: string, view: ViewDefinition): ShareableProblem[] {
  const constants = new Set((view.constant ?? []).map((constant) => constant.name));
  const messages = parseExpressionParts(path, at).map((part) => describeProblem(part, constants));
  return [...new Set(messages)].flatMap((message) => (message === null ? [] : [{ at, message }]));
}

function describeProblem(part: ExpressionPart, constants: ReadonlySet<string>): string | null {
  switch (part.kind) {
    case 'function':
      return findFunction(part.name)?.shareable ? null : `${part.name}() is not in the Shareable subset.`;
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
