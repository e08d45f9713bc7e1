import {
  type PathSyntax,
  parseSyntaxTree,
  readConstantName,
  readFunctionCall,
  toPathSyntax,
} from '../view/syntax-tree.ts';
import { findModelElement } from './model-elements.ts';
import { buildComputed, buildMember, type SqlChoice, type SqlItems } from './sql-items.ts';
import { quoteText } from './sql-shape.ts';
import { type CallArguments, translateFunction } from './translate-functions.ts';
import { translateOperator } from './translate-operators.ts';
import { createUntranslatableFailure, requireItems, type TranslationScope } from './translation-scope.ts';

/** Nodes that only wrap another one. */
const WRAPPERS: ReadonlySet<string> = new Set([
  ...['EntireExpression', 'TermExpression', 'InvocationTerm', 'ParenthesizedTerm', 'LiteralTerm'],
]);

const OPERATORS: ReadonlySet<string> = new Set([
  ...['EqualityExpression', 'InequalityExpression', 'AndExpression', 'OrExpression'],
  ...['AdditiveExpression', 'MultiplicativeExpression'],
]);

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };

/** Reads a text literal of FHIRPath: without its quotes, with its escapes resolved. */
function readTextLiteral(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_escape, code: string | undefined, character: string) =>
      code === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
    );
}

const getChild = (node: PathSyntax, index: number): PathSyntax => toPathSyntax(node.children[index]);

/** Follows nodes with one child that add nothing, such as parentheses. */
function unwrapNode(node: PathSyntax): PathSyntax {
  return WRAPPERS.has(node.type) && node.children.length === 1 ? unwrapNode(getChild(node, 0)) : node;
}

/** Reads the name of an element, which may be written `` `div` ``. */
const readElementName = ({ token }: PathSyntax): string => token.replace(/^`(.*)`$/s, '$1');

function translateMember(name: string, input: SqlItems, scope: TranslationScope): SqlItems | SqlChoice {
  // An expression may begin with the type of the resource.
  if (name === scope.resource && input.type === name) return input;
  const owner = input.shape ? input : input.companion?.();
  const element = owner && findModelElement(scope.model, owner.type, name);
  if (!owner || !element) {
    const fix = 'Correct the name; a value[x] is written value.ofType(…).';
    throw createUntranslatableFailure(scope, `FHIR defines no element "${name}" of ${input.type}.`, fix);
  }
  if (element.kind === 'choice') return { owner, name, suffixes: element.types };
  if (element.type === 'Resource')
    throw createUntranslatableFailure(scope, `"${name}" holds resources of any type.`);
  const { type, repeats } = element;
  return buildMember(owner, { names: [name], type, repeats }, scope.nameVariable);
}

function readArguments(
  name: string,
  parameters: readonly PathSyntax[],
  scope: TranslationScope,
): CallArguments {
  const [parameter] = parameters;
  if (!parameter) return { typeName: null, literal: null, translate: null };
  if (name === 'ofType' || name === 'getReferenceKey')
    return { typeName: parameter.token || unwrapNode(parameter).token, literal: null, translate: null };
  const inner = unwrapNode(parameter);
  return {
    typeName: null,
    literal: inner.type === 'StringLiteral' ? readTextLiteral(inner.token) : null,
    translate: (focus) => requireItems(translateNode(parameter, focus, scope), scope),
  };
}

function translateCall(node: PathSyntax, input: SqlItems | SqlChoice, scope: TranslationScope): SqlItems {
  const { name, argumentNodes } = readFunctionCall(node);
  return translateFunction(name, input, readArguments(name, argumentNodes, scope), scope);
}

function translateIndexer(node: PathSyntax, input: SqlItems, scope: TranslationScope): SqlItems {
  const items = requireItems(translateNode(getChild(node, 0), input, scope), scope);
  const { type, token } = unwrapNode(getChild(node, 1));
  if (type !== 'NumberLiteral' || !/^\d+$/.test(token))
    throw createUntranslatableFailure(scope, 'An index is not a number.', 'Write it as a number from 0.');
  const position = Number(token) + 1;
  if (!items.isList && position === 1) return items;
  const list = items.isList ? items.elements() : `[${items.values}]`;
  return {
    ...items,
    values: `(${list})[${position}]`,
    isList: false,
    elements: () => `(coalesce(len(${list}), 0) >= ${position})`,
    companion: null,
  };
}

const readNumber = (digits: string): SqlItems =>
  /[.eE]/.test(digits)
    ? buildComputed(`cast(${quoteText(digits)} as DOUBLE)`, 'decimal')
    : buildComputed(`cast(${quoteText(digits)} as BIGINT)`, 'integer');

function translatePolarity(node: PathSyntax, scope: TranslationScope): SqlItems {
  const { token: sign } = node;
  const number = unwrapNode(getChild(node, 0));
  if (number.type === 'NumberLiteral') return readNumber(sign === '-' ? `-${number.token}` : number.token);
  throw createUntranslatableFailure(scope, 'A sign stands before something that is not a number.');
}

function translateConstant(node: PathSyntax, scope: TranslationScope): SqlItems {
  const name = readConstantName(node);
  const constant = scope.constants.get(name);
  if (constant) return constant;
  throw createUntranslatableFailure(scope, `%${name} is not a constant of the view.`);
}

function translateInvocation(
  node: PathSyntax,
  input: SqlItems,
  scope: TranslationScope,
): SqlItems | SqlChoice {
  const left = translateNode(getChild(node, 0), input, scope);
  const step = getChild(node, 1);
  if (step.type === 'FunctionInvocation') return translateCall(step, left, scope);
  return translateNode(step, requireItems(left, scope), scope);
}

/** Translates a node of the syntax tree, for the input to which it is applied. */
function translateNode(node: PathSyntax, input: SqlItems, scope: TranslationScope): SqlItems | SqlChoice {
  if (OPERATORS.has(node.type)) {
    const [left, right] = [0, 1].map((index) =>
      requireItems(translateNode(getChild(node, index), input, scope), scope),
    ) as [SqlItems, SqlItems];
    return translateOperator(node.token, left, right, scope);
  }
  switch (node.type) {
    case 'InvocationExpression':
      return translateInvocation(node, input, scope);
    case 'FunctionInvocation':
      return translateCall(node, input, scope);
    case 'MemberInvocation':
      return translateMember(readElementName(node), input, scope);
    case 'ThisInvocation':
      return input;
    case 'IndexerExpression':
      return translateIndexer(node, input, scope);
    case 'ExternalConstantTerm':
      return translateConstant(node, scope);
    case 'PolarityExpression':
      return translatePolarity(node, scope);
    case 'StringLiteral':
      return buildComputed(quoteText(readTextLiteral(node.token)), 'string');
    case 'NumberLiteral':
      return readNumber(node.token);
    case 'BooleanLiteral':
      return buildComputed(node.token, 'boolean');
  }
  if (WRAPPERS.has(node.type) && node.children.length === 1)
    return translateNode(getChild(node, 0), input, scope);
  throw createUntranslatableFailure(scope, `${node.type} is not in the Shareable subset.`);
}

/** Translates a FHIRPath expression to SQL, for the element in focus. Throws `library/invalid` with place and fix. */
export function translateExpression(expression: string, focus: SqlItems, scope: TranslationScope): SqlItems {
  return requireItems(translateNode(parseSyntaxTree(expression, scope.at), focus, scope), scope);
}
