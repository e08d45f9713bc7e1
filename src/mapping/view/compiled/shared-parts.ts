import { type PathSyntax, readFunctionCall, toPathSyntax } from '../syntax-tree.ts';

/** Nodes that only contain another one. */
const WRAPPERS: ReadonlySet<string> = new Set([
  ...['EntireExpression', 'TermExpression', 'InvocationTerm', 'ParenthesizedTerm'],
]);

/** Returns a child of a node of the syntax tree. */
export const readChild = (node: PathSyntax, index = 0): PathSyntax => toPathSyntax(node.children[index]);

/** Takes a node out of the nodes that only contain it. */
export const unwrapNode = (node: PathSyntax): PathSyntax =>
  WRAPPERS.has(node.type) ? unwrapNode(readChild(node)) : node;

/** Formats the syntax of a node, so that equal parts of expressions can be found. */
const formatSyntax = ({ type, token, delimited, children }: PathSyntax): string =>
  `${type} ${token} ${delimited}(${children.map((child) => formatSyntax(toPathSyntax(child))).join()})`;

/** Nodes whose results are worth remembering, where several expressions have them in common. */
const SHARED_NODES: ReadonlySet<string> = new Set([
  ...['MemberInvocation', 'InvocationExpression', 'IndexerExpression'],
]);

/** Functions whose arguments are expressions that the compiler covers. */
const FUNCTIONS_OF_EXPRESSIONS: ReadonlySet<string> = new Set(['where', 'exists']);

/** The parts of paths that several expressions of a view have in common: `code.coding` of two columns is evaluated once. */
export class SharedParts {
  readonly #useCounts = new Map<string, number>();
  readonly #slots = new Map<string, number>();

  /** The number of parts that have a slot so far. */
  get slotCount(): number {
    return this.#slots.size;
  }

  /** Counts the parts of an expression, and calls `visitName` for every name of an element and every function. */
  note(wrapped: PathSyntax, visitName: (node: PathSyntax) => void, isInner = false): void {
    const node = unwrapNode(wrapped);
    if (!isInner && SHARED_NODES.has(node.type)) {
      const key = formatSyntax(node);
      const useCount = (this.#useCounts.get(key) ?? 0) + 1;
      this.#useCounts.set(key, useCount);
      // The parts of a known part are evaluated with it.
      if (useCount > 1) return;
    }
    if (node.type === 'MemberInvocation') visitName(node);
    else if (node.type === 'FunctionInvocation') this.#noteCall(node, visitName);
    else for (const child of node.children) this.note(toPathSyntax(child), visitName, isInner);
  }

  #noteCall(node: PathSyntax, visitName: (node: PathSyntax) => void): void {
    visitName(node);
    const { name, argumentNodes } = readFunctionCall(node);
    if (!FUNCTIONS_OF_EXPRESSIONS.has(name)) return;
    for (const argument of argumentNodes) this.note(argument, visitName, true);
  }

  /** Returns the slot of a part that several expressions have in common; null for any other node. */
  findSlot(node: PathSyntax): number | null {
    if (!SHARED_NODES.has(node.type)) return null;
    const key = formatSyntax(node);
    if ((this.#useCounts.get(key) ?? 0) < 2) return null;
    const slot = this.#slots.get(key) ?? this.#slots.size;
    this.#slots.set(key, slot);
    return slot;
  }
}
