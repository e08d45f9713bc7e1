import { parse } from 'fhirpath';
import { isObject } from '../../fhir/resource.ts';
import { rememberByText } from './remember-by-text.ts';
import { createViewFailure } from './view-definition.ts';

/** A node of the syntax tree of the engine's parser. */
export interface PathSyntax {
  readonly type: string;
  /** The text of a name, an operator or a literal; of an argument all of it; empty for other nodes. */
  readonly token: string;
  readonly delimited: string | null;
  readonly children: readonly unknown[];
}

/** Reads a node of the parser's tree. */
export function toPathSyntax(tree: unknown): PathSyntax {
  if (!isObject(tree) || typeof tree.type !== 'string')
    throw new Error('The FHIRPath parser returned something that is not a node.');
  return {
    type: tree.type,
    token: typeof tree.text === 'string' ? tree.text : '',
    delimited: typeof tree.delimitedText === 'string' ? tree.delimitedText : null,
    children: Array.isArray(tree.children) ? tree.children : [],
  };
}

const parseTree = rememberByText((expression): unknown => parse(expression));

/** Parses an expression into its syntax tree. Throws `library/invalid` if it is not FHIRPath. */
export function parseSyntaxTree(expression: string, at: string): PathSyntax {
  try {
    return toPathSyntax(parseTree(expression));
  } catch (cause) {
    // Only the position is kept: the parser's error contains its whole state.
    const location = /line: (\d+); column: (\d+)/.exec(cause instanceof Error ? cause.message : '');
    const position = location ? ` (character ${Number(location[2]) + 1})` : '';
    throw createViewFailure(`"${expression}" is not FHIRPath${position}.`, at, 'Correct the expression.');
  }
}

/** Reads a function call: its name, and its arguments. FunctionInvocation > Functn > [Identifier, ParamList?]. */
export function readFunctionCall(node: PathSyntax): { name: string; argumentNodes: readonly PathSyntax[] } {
  const [identifier, parameterList] = toPathSyntax(node.children[0]).children;
  return {
    name: stripQuotes(toPathSyntax(identifier).token),
    argumentNodes: parameterList === undefined ? [] : toPathSyntax(parameterList).children.map(toPathSyntax),
  };
}

/** Reads the name of a constant: `%name` or `` %`name` ``. */
export const readConstantName = (node: PathSyntax): string => stripQuotes(node.delimited ?? node.token);

/** Removes the back-quotes or quotes around a name. */
function stripQuotes(name: string): string {
  return /^(['`]).*\1$/s.test(name) ? name.slice(1, -1) : name;
}
