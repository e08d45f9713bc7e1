import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type Module, parseSync } from '@swc/core';

/** The parts of the tree that people write: every rule that is held by a ratchet holds in all of them. */
export const SOURCE_ROOTS = ['src', 'test', 'demo', 'conformance', 'profiles/build'];

const PROJECT_ROOT = resolve(import.meta.dirname, '../..');

/** Every TypeScript file below these folders, by its path in the project. */
export const listSourceFiles = (roots: readonly string[] = SOURCE_ROOTS): readonly string[] =>
  roots.flatMap((root) =>
    globSync('**/*.ts', { cwd: join(PROJECT_ROOT, root) }).map((file) => join(root, file)),
  );

/** Every file of any type below these folders, without the data of cases and golden files. */
export const listAllFiles = (roots: readonly string[] = SOURCE_ROOTS): readonly string[] =>
  roots.flatMap((root) =>
    globSync('**/*', { cwd: join(PROJECT_ROOT, root), withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(PROJECT_ROOT, join(entry.parentPath, entry.name))),
  );

/** A file with its text and its syntax tree. */
export interface ParsedSource {
  readonly file: string;
  readonly text: string;
  readonly tree: Module;
}

/** An empty statement comes first, so that offsets count from the start of the file and not from its first token. */
const OFFSET_MARK = ';';

export const parseSource = (file: string, text: string): ParsedSource => ({
  file,
  text,
  tree: parseSync(`${OFFSET_MARK}${text.replace(/^#!/, '//')}`, { syntax: 'typescript' }),
});

/** The source of a node in one line. */
export function readNodeSource({ text, tree }: ParsedSource, node: SyntaxNode): string {
  const { start, end } = node.span as { readonly start: number; readonly end: number };
  const first = start - tree.span.start - OFFSET_MARK.length;
  return Buffer.from(text)
    .subarray(first, first + end - start)
    .toString()
    .replace(/\s+/g, ' ');
}

export const parseFile = (file: string): ParsedSource =>
  parseSource(file, readFileSync(join(PROJECT_ROOT, file), 'utf8'));

/** A node of the tree, read loosely: the walkers look at the type and a few named children. */
export type SyntaxNode = Readonly<Record<string, unknown>> & { readonly type: string };

export const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** Every node below and including this one, parents first. */
export function walkTree(value: unknown): readonly SyntaxNode[] {
  const nodes: SyntaxNode[] = [];
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    if (isNode(part)) nodes.push(part);
    for (const key in part) if (key !== 'span') visit(part[key as keyof typeof part]);
  };
  visit(value);
  return nodes;
}

/** What a file imports where it needs it, with `import()`. */
export const listImportsOnUse = (tree: Module): readonly string[] =>
  walkTree(tree.body).flatMap(({ type, callee, arguments: args }) => {
    if (type !== 'CallExpression' || !isNode(callee) || callee.type !== 'Import') return [];
    const [first] = args as readonly { readonly expression: SyntaxNode }[];
    return first?.expression.type === 'StringLiteral' ? [String(first.expression.value)] : [];
  });

/** The files of the project that a file imports, at once or on use, or re-exports from; type imports included. */
export function listLocalImports({ file, tree }: Pick<ParsedSource, 'file' | 'tree'>): readonly string[] {
  const atOnce = tree.body.flatMap((item) =>
    (item.type === 'ImportDeclaration' ||
      item.type === 'ExportNamedDeclaration' ||
      item.type === 'ExportAllDeclaration') &&
    item.source
      ? [item.source.value]
      : [],
  );
  return [...atOnce, ...listImportsOnUse(tree)]
    .filter((name) => name.startsWith('.'))
    .map((name) => join(dirname(file), name));
}
