import { parse } from 'fhirpath';
import { isObject } from '../../fhir/resource.ts';
import { rememberByText } from './remember-by-text.ts';
import { createViewFailure } from './view-definition.ts';

/** A part of an expression that decides which runners can evaluate it. */
export type ExpressionPart =
  | { readonly kind: 'function'; readonly name: string; readonly argumentCount: number }
  | { readonly kind: 'constant'; readonly name: string }
  | { readonly kind: 'type'; readonly name: string }
  | { readonly kind: 'operator'; readonly name: string }
  /** Any other node of the engine's syntax tree, by its type, such as `StringLiteral` or `ThisInvocation`. */
  | { readonly kind: 'node'; readonly name: string };

/** A node of the syntax tree of the engine's parser. */
interface SyntaxNode {
  readonly type: string;
  readonly text: string;
  readonly delimited: string | null;
  readonly children: readonly unknown[];
}

/** Types of nodes whose text is an operator. Other nodes have a text too. */
const OPERATOR_NODES = new Set(
  [
    ...['Equality', 'Inequality', 'Additive', 'Multiplicative', 'And', 'Or', 'Xor', 'Implies'],
    ...['Membership', 'Union', 'Type', 'Polarity'],
  ].map((kind) => `${kind}Expression`),
);

/** Functions whose one argument names a type. */
const TYPE_FUNCTIONS = new Set(['ofType', 'is', 'as', 'getReferenceKey']);

function toSyntaxNode(tree: unknown): SyntaxNode {
  if (!isObject(tree) || typeof tree.type !== 'string')
    throw new Error('The FHIRPath parser returned something that is not a node.');
  return {
    type: tree.type,
    text: typeof tree.text === 'string' ? tree.text : '',
    delimited: typeof tree.delimitedText === 'string' ? tree.delimitedText : null,
    children: Array.isArray(tree.children) ? tree.children : [],
  };
}

const parseTree = rememberByText((expression): unknown => parse(expression));

/** Parses an expression into its parts, in the order of the text. Throws `library/invalid` if it is not FHIRPath. */
export function parseExpressionParts(expression: string, at: string): ExpressionPart[] {
  let tree: unknown;
  try {
    tree = parseTree(expression);
  } catch (cause) {
    // Only the position is kept: the parser's error contains its whole state.
    const location = /line: (\d+); column: (\d+)/.exec(cause instanceof Error ? cause.message : '');
    const position = location ? ` (character ${Number(location[2]) + 1})` : '';
    throw createViewFailure(`"${expression}" is not FHIRPath${position}.`, at, 'Correct the expression.');
  }
  const parts: ExpressionPart[] = [];
  collectParts(toSyntaxNode(tree), parts);
  return parts;
}

function collectParts(node: SyntaxNode, parts: ExpressionPart[]): void {
  switch (node.type) {
    case 'FunctionInvocation':
      collectFunctionParts(node, parts);
      return;
    case 'ExternalConstantTerm':
      parts.push({ kind: 'constant', name: stripQuotes(node.delimited ?? node.text) });
      return;
    case 'TypeSpecifier':
      parts.push({ kind: 'type', name: node.text });
      return;
    default:
      parts.push(
        OPERATOR_NODES.has(node.type)
          ? { kind: 'operator', name: node.text }
          : { kind: 'node', name: node.type },
      );
      for (const child of node.children) collectParts(toSyntaxNode(child), parts);
  }
}

/** Collects a function and its arguments: FunctionInvocation > Functn > [Identifier, ParamList?]. */
function collectFunctionParts(node: SyntaxNode, parts: ExpressionPart[]): void {
  const [identifier, parameterList] = toSyntaxNode(node.children[0]).children;
  const name = stripQuotes(toSyntaxNode(identifier).text);
  const argumentNodes =
    parameterList === undefined ? [] : toSyntaxNode(parameterList).children.map(toSyntaxNode);
  parts.push({ kind: 'function', name, argumentCount: argumentNodes.length });
  for (const argument of argumentNodes) {
    if (TYPE_FUNCTIONS.has(name)) parts.push({ kind: 'type', name: argument.text });
    else collectParts(argument, parts);
  }
}

/** Removes the back-quotes or quotes around a name. */
function stripQuotes(name: string): string {
  return /^(['`]).*\1$/s.test(name) ? name.slice(1, -1) : name;
}
