import { parse } from 'fhirpath';
import { isObject } from '../../fhir/resource.ts';
import { rememberByText } from './remember-by-text.ts';
import { createViewFailure } from './view-definition.ts';

/** A node of the syntax tree of the engine's parser. */
export interface SyntaxNode {
  readonly type: string;
  readonly text: string;
  readonly delimited: string | null;
  readonly children: readonly unknown[];
}

/** Reads a node of the parser's tree. */
export function toSyntaxNode(tree: unknown): SyntaxNode {
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

/** Parses an expression into its syntax tree. Throws `library/invalid` if it is not FHIRPath. */
export function parseSyntaxTree(expression: string, at: string): SyntaxNode {
  try {
    return toSyntaxNode(parseTree(expression));
  } catch (cause) {
    // Only the position is kept: the parser's error contains its whole state.
    const location = /line: (\d+); column: (\d+)/.exec(cause instanceof Error ? cause.message : '');
    const position = location ? ` (character ${Number(location[2]) + 1})` : '';
    throw createViewFailure(`"${expression}" is not FHIRPath${position}.`, at, 'Correct the expression.');
  }
}

/** Reads a function call: its name, and its arguments. FunctionInvocation > Functn > [Identifier, ParamList?]. */
export function readFunctionCall(node: SyntaxNode): { name: string; argumentNodes: readonly SyntaxNode[] } {
  const [identifier, parameterList] = toSyntaxNode(node.children[0]).children;
  return {
    name: stripQuotes(toSyntaxNode(identifier).text),
    argumentNodes: parameterList === undefined ? [] : toSyntaxNode(parameterList).children.map(toSyntaxNode),
  };
}

/** Reads the name of a constant: `%name` or `` %`name` ``. */
export const readConstantName = (node: SyntaxNode): string => stripQuotes(node.delimited ?? node.text);

/** Removes the back-quotes or quotes around a name. */
function stripQuotes(name: string): string {
  return /^(['`]).*\1$/s.test(name) ? name.slice(1, -1) : name;
}
