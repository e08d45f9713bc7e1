import { expect, test } from '@jest/globals';
import {
  isNode,
  listSourceFiles,
  type ParsedSource,
  parseFile,
  parseSource,
  readNodeSource,
  type SyntaxNode,
  walkTree,
} from './source-tree.ts';

/**
 * Text is for people. Code that decides by matching a text of ours breaks as soon as the text is improved: with one word
 * of a criterion changed, every delivered assessment was written back again as amended. What code needs is a field.
 */

/** Methods that examine a text: the receiver's, or (regular expressions) that of the argument. */
const STRING_METHODS = new Set([
  ...['startsWith', 'endsWith', 'includes', 'indexOf', 'match', 'matchAll', 'search', 'split'],
  ...['replace', 'replaceAll'],
]);
const PATTERN_METHODS = new Set(['test', 'exec']);

/** Properties that hold text for people. As a variable, `text` is the input of many a parser: only the property counts. */
const PROSE_PROPERTIES = new Set([
  ...[
    'message',
    'says',
    'diagnostics',
    'criterion',
    'text',
    'detail',
    'reason',
    'reasons',
    'lastError',
    'fix',
  ],
]);
const PROSE_VARIABLES = new Set([...PROSE_PROPERTIES].filter((name) => name !== 'text'));

/** Reasons and details are codes too: a comparison with one kebab-case word is a comparison of codes. */
const isCode = (text: string): boolean => /^[a-z]+(-[a-z]+)*$/.test(text);

/**
 * Two words in a row, the second in lower case: a literal of this kind is a phrase, not a code, a key, a separator or a
 * title out of a standard's vocabulary (`Standard Deviation`).
 */
const PHRASE = /[A-Za-z]{2,} [a-z]{2,}/;

const WRAPPERS = new Set([
  ...['ParenthesisExpression', 'OptionalChainingExpression', 'TsNonNullExpression', 'TsAsExpression'],
]);

function unwrap(node: unknown): SyntaxNode | null {
  if (!isNode(node)) return null;
  return WRAPPERS.has(node.type) ? unwrap(node.base ?? node.expression) : node;
}

/** Whether the expression is a property or a variable that holds prose, or an element of such a list. */
function isProse(expression: unknown): boolean {
  const node = unwrap(expression);
  if (node?.type === 'Identifier') return PROSE_VARIABLES.has(String(node.value));
  if (node?.type !== 'MemberExpression' || !isNode(node.property)) return false;
  return node.property.type === 'Computed'
    ? isProse(node.object)
    : PROSE_PROPERTIES.has(String(node.property.value));
}

/** The text of a literal, a template or a regular expression, in the parts between which something varies. */
function readFragments(expression: unknown): readonly string[] {
  const node = unwrap(expression);
  if (node?.type === 'StringLiteral') return [String(node.value)];
  if (node?.type === 'TemplateLiteral')
    return (node.quasis as readonly { readonly raw: string }[]).map(({ raw }) => raw);
  if (node?.type !== 'RegExpLiteral') return [];
  return String(node.pattern).split(/\\[a-zA-Z]|[\\^$.*+?()[\]{}|]/);
}

/** Every phrase that a file holds in a literal. */
const listPhrases = ({ tree }: ParsedSource): readonly string[] =>
  walkTree(tree)
    .filter(({ type }) => type !== 'RegExpLiteral')
    .flatMap(readFragments)
    .filter((text) => PHRASE.test(text));

interface Comparison {
  /** The text that is examined: both sides of an equality, the receiver or argument of a call. */
  readonly subjects: readonly unknown[];
  readonly literals: readonly string[];
  readonly isEquality: boolean;
}

function readComparison(node: SyntaxNode): Comparison | null {
  if (node.type === 'BinaryExpression' && /^[!=]==$/.test(String(node.operator))) {
    const sides = [node.left, node.right];
    return { subjects: sides, literals: sides.flatMap(readFragments), isEquality: true };
  }
  const callee = node.type === 'CallExpression' ? unwrap(node.callee) : null;
  if (callee?.type !== 'MemberExpression' || !isNode(callee.property)) return null;
  const method = String(callee.property.value);
  const args = (node.arguments as readonly { readonly expression: unknown }[]).map((arg) => arg.expression);
  const literals = [callee.object, ...args].flatMap(readFragments);
  if (readFragments(callee.object).length > 0 && !PATTERN_METHODS.has(method)) return null;
  if (STRING_METHODS.has(method)) return { subjects: [callee.object], literals, isEquality: false };
  return PATTERN_METHODS.has(method) ? { subjects: args, literals, isEquality: false } : null;
}

function matchesProse({ subjects, literals, isEquality }: Comparison, prose: string): boolean {
  const phrases = literals.filter((literal) => PHRASE.test(literal));
  if (phrases.some((phrase) => prose.includes(phrase.trim()))) return true;
  if (!subjects.some(isProse)) return false;
  return isEquality ? literals.some((literal) => literal !== '' && !isCode(literal)) : true;
}

/** `file: source of the comparison`, once for each place. `prose`: every phrase of ours. */
function findProseMatches(sources: readonly ParsedSource[], prose: readonly string[]): readonly string[] {
  const allProse = prose.join('\n');
  return sources.flatMap((source) =>
    walkTree(source.tree).flatMap((node) => {
      const comparison = readComparison(node);
      if (!comparison || !matchesProse(comparison, allProse)) return [];
      return [`${source.file}: ${readNodeSource(source, node)}`];
    }),
  );
}

/** Comparisons that decide nothing by a text of ours, each with the reason. */
const ALLOWED: readonly string[] = [
  // Composes a line: the sentence loses its full stop, and a colon follows.
  "src/errors.ts: this.message.replace(/\\.$/, '')",
  // The message of the JSON parser, a package: only the position is taken from it.
  'src/fhir/lossless-json.ts: /position (\\d+)/.exec(cause.message)',
  // Not prose: the text of a FHIR dateTime or Period as it was sent.
  "src/exports/tabulation/sdtm-dates.ts: at.text.split('/')",
  "src/exports/ndjson/research-resources.ts: fact.at.text.split('/')",
  "src/exports/ndjson/research-resources.ts: fact.abated?.text.split('/')",
  // Not prose: units of measure that ClinicalTrials.gov defines.
  "src/exports/registry-results/check-measures.ts: measure.parameter === 'Count of Participants'",
  "src/exports/registry-results/check-measures.ts: measure.parameter !== 'Count of Participants'",
  "src/exports/registry-results/check-measures.ts: parameter !== 'Count of Participants'",
  "src/exports/ctgov/prs-results-xml.ts: measure.parameter === 'Count of Participants'",
  "src/exports/ctgov/results-section-json.ts: measure.parameter === 'Count of Participants'",
  // Not prose: a value that ClinicalTrials.gov defines.
  "src/exports/ctgov/protocol-section-json.ts: age.text === 'N/A'",
  // The id of a work item, in the answer to its sender.
  'test/stories/http-intake.test.ts: answer.text.includes(id)',
  // An HTTP body: a key of the request must not appear in it.
  "conformance/hostile/handmade-cases.ts: answer.text.includes('isAdmin')",
];

/** Comparisons that fields are to replace; the list may only shrink. */
const KNOWN_MATCHES: readonly string[] = [
  'test/library/formats/schema-agreement.test.ts: BETWEEN_PLACES.test(message)',
  "test/cli/report.test.ts: (await runInFolder(testFolder, ['report'])).out.split('\\nNot counted: ')",
];

test('no code decides by a text of ours', () => {
  const sources = listSourceFiles().map(parseFile);
  const prose = sources.filter(({ file }) => file.startsWith('src/')).flatMap(listPhrases);
  expect(prose.length).toBeGreaterThan(500);
  const found = findProseMatches(sources, prose);
  const listed = [...ALLOWED, ...KNOWN_MATCHES];
  expect(found.filter((match) => !listed.includes(match))).toEqual([]);
  // An entry that stands for nothing would let its comparison come back.
  expect(listed.filter((entry) => !found.includes(entry))).toEqual([]);
});

test('a comparison with prose would be found, one with a code not', () => {
  const own = parseSource('a.ts', 'const says = `$' + '{count} laboratory results`;');
  const matching = parseSource(
    'b.ts',
    [
      "issue.diagnostics.startsWith('Held');",
      '/(\\d+) laboratory results?/.exec(output);',
      "if (trace?.criterion === 'any of') stop();",
      "reasons[0].includes('undefined');",
      "item.reason === 'unmapped-code' || REASONS.includes(item.reason) || path.endsWith('.json');",
    ].join('\n'),
  );
  expect(findProseMatches([matching], listPhrases(own))).toEqual([
    "b.ts: issue.diagnostics.startsWith('Held')",
    'b.ts: /(\\d+) laboratory results?/.exec(output)',
    "b.ts: trace?.criterion === 'any of'",
    "b.ts: reasons[0].includes('undefined')",
  ]);
});
