import {
  type PathSyntax,
  parseSyntaxTree,
  readConstantName,
  readFunctionCall,
  toPathSyntax,
} from './syntax-tree.ts';

/** A part of an expression that decides which runners can evaluate it. */
export type ExpressionPart =
  | { readonly kind: 'function'; readonly name: string; readonly argumentCount: number }
  | { readonly kind: 'constant'; readonly name: string }
  | { readonly kind: 'type'; readonly name: string }
  | { readonly kind: 'operator'; readonly name: string }
  /** Any other node of the engine's syntax tree, by its type, such as `StringLiteral` or `ThisInvocation`. */
  | { readonly kind: 'node'; readonly name: string };

/** Types of nodes whose text is an operator. Other nodes have a text too. */
const OPERATOR_NODES = new Set(
  [
    ...['Equality', 'Inequality', 'Additive', 'Multiplicative', 'And', 'Or', 'Xor', 'Implies'],
    ...['Membership', 'Union', 'Type', 'Polarity'],
  ].map((kind) => `${kind}Expression`),
);

/** Functions whose one argument names a type. */
const TYPE_FUNCTIONS = new Set(['ofType', 'is', 'as', 'getReferenceKey']);

/** Parses an expression into its parts, in the order of the text. Throws `library/invalid` if it is not FHIRPath. */
export function parseExpressionParts(expression: string, at: string): ExpressionPart[] {
  const parts: ExpressionPart[] = [];
  collectParts(parseSyntaxTree(expression, at), parts);
  return parts;
}

function collectParts(node: PathSyntax, parts: ExpressionPart[]): void {
  switch (node.type) {
    case 'FunctionInvocation':
      collectFunctionParts(node, parts);
      return;
    case 'ExternalConstantTerm':
      parts.push({ kind: 'constant', name: readConstantName(node) });
      return;
    case 'TypeSpecifier':
      parts.push({ kind: 'type', name: node.token });
      return;
    default:
      parts.push(
        OPERATOR_NODES.has(node.type)
          ? { kind: 'operator', name: node.token }
          : { kind: 'node', name: node.type },
      );
      for (const child of node.children) collectParts(toPathSyntax(child), parts);
  }
}

function collectFunctionParts(node: PathSyntax, parts: ExpressionPart[]): void {
  const { name, argumentNodes } = readFunctionCall(node);
  parts.push({ kind: 'function', name, argumentCount: argumentNodes.length });
  for (const argument of argumentNodes) {
    if (TYPE_FUNCTIONS.has(name)) parts.push({ kind: 'type', name: argument.token });
    else collectParts(argument, parts);
  }
}
