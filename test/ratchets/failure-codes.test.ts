import { expect, test } from '@jest/globals';
import { FAILURE_CODES } from '../../src/errors.ts';
import {
  isNode,
  listLocalImports,
  listSourceFiles,
  type ParsedSource,
  parseFile,
  parseSource,
  type SyntaxNode,
  walkTree,
} from './source-tree.ts';

/**
 * A code that nobody throws promises an answer that never comes. A code thrown below the folder that owns it is worse:
 * `cli/failed` thrown by the pipeline made "There is no subject X" an HTTP 500.
 */

/** The owning folder for each first part of a code that is not itself a folder of src. */
const OWNERS: Readonly<Record<string, string>> = {
  // The mapping library is compiled in mapping and read in library.
  library: 'mapping',
  study: 'library',
  subject: 'pipeline',
  query: 'pipeline',
  'work-item': 'pipeline',
  decision: 'pipeline',
  'signing-key': 'service',
  people: 'auth',
  visit: 'service',
  adjudication: 'service',
  erasure: 'service',
  criteria: 'service',
  format: 'service',
  backup: 'service',
};

const getOwner = (code: string): string => {
  const [subject = ''] = code.split('/');
  return OWNERS[subject] ?? subject;
};

/** `src/http/fhir/router.ts` and `src/http.ts` are both of the folder `http`; `library/formats` lies below the trial. */
const getFolder = (file: string): string =>
  file.startsWith('src/library/formats/')
    ? 'library/formats'
    : (file.split('/')[1] ?? '').replace(/\.ts$/, '');

interface ThrownCode {
  readonly code: string;
  readonly file: string;
}

/** The first argument of every `new Failure(...)`; `?` where it is no literal. A code that is passed on is not thrown here. */
function listThrownCodes({ file, tree }: ParsedSource): readonly ThrownCode[] {
  return walkTree(tree).flatMap(({ type, callee, arguments: args }) => {
    if (type !== 'NewExpression' || !isNode(callee) || callee.value !== 'Failure') return [];
    const [first] = args as readonly { readonly expression: SyntaxNode }[];
    if (first?.expression.type === 'StringLiteral') return [{ file, code: String(first.expression.value) }];
    return first?.expression.type === 'MemberExpression' ? [] : [{ file, code: '?' }];
  });
}

/** Which folders of src each folder imports, directly or by way of others. */
function readFolderImports(sources: readonly ParsedSource[]): ReadonlyMap<string, ReadonlySet<string>> {
  const imports = new Map<string, Set<string>>();
  for (const source of sources) {
    const folder = getFolder(source.file);
    const targets = listLocalImports(source).map(getFolder);
    imports.set(folder, new Set([...(imports.get(folder) ?? []), ...targets]));
  }
  for (const reached of imports.values())
    for (const folder of reached) for (const next of imports.get(folder) ?? []) reached.add(next);
  return imports;
}

/** Codes thrown in a folder that the owner of the code imports: an answer of an upper floor, given by a lower one. */
function findMisplacedCodes(sources: readonly ParsedSource[]): readonly string[] {
  const imports = readFolderImports(sources);
  return sources
    .flatMap(listThrownCodes)
    .filter(({ code, file }) => {
      const [owner, folder] = [getOwner(code), getFolder(file)];
      return owner !== folder && (imports.get(owner)?.has(folder) ?? true);
    })
    .map(({ code, file }) => `${code} in ${file}`);
}

const SOURCES = listSourceFiles(['src']).map(parseFile);

test('every code is thrown somewhere, as a literal', () => {
  const thrown = SOURCES.flatMap(listThrownCodes);
  expect(thrown.filter(({ code }) => code === '?')).toEqual([]);
  const used = new Set(thrown.map(({ code }) => code));
  expect(FAILURE_CODES.filter((code) => !used.has(code))).toEqual([]);
});

test('no code is thrown below the folder that owns it', () => {
  expect(findMisplacedCodes(SOURCES)).toEqual([]);
});

test('a code of the command line in the pipeline would be found, one of the pipeline in the command line not', () => {
  const sources = [
    parseSource('src/cli/run.ts', "import '../service.ts'; new Failure('subject/unknown', 'x')"),
    parseSource('src/service.ts', "import './pipeline/query.ts'; new Failure(anyCode, 'x')"),
    parseSource('src/pipeline/query.ts', "throw new Failure('cli/failed', 'x')"),
  ];
  expect(findMisplacedCodes(sources)).toEqual(['? in src/service.ts', 'cli/failed in src/pipeline/query.ts']);
  expect(sources.flatMap(listThrownCodes).map(({ code }) => code)).toEqual([
    'subject/unknown',
    '?',
    'cli/failed',
  ]);
});
