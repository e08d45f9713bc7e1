import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';

/**
 * What a stranger sends must not make a regular expression try a text in more ways than it is long. That takes a repeat
 * within an unbounded repeat; no expression in the source has one, so none can be slow in that way, however long the text.
 */

/** Whether some group that is repeated without bound holds something that is repeated a varying number of times. */
function hasNestedRepeat(pattern: string): boolean {
  const token =
    /\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|<\w+>))?|\)|[*+?]\??|\{\d+(?:,\d*)?\}\??|./gsu;
  const groups = [false];
  let closed = false;
  for (const [part] of pattern.matchAll(token)) {
    const repeats = /^(?:[*+?]\??|\{\d+,\d*\}\??)$/.test(part);
    if (repeats && closed && /^(?:[*+]|\{\d+,\})/.test(part)) return true;
    const varies = repeats || (part === ')' && groups.length > 1 && groups.pop() === true);
    closed = part === ')' && varies;
    if (part.startsWith('(')) groups.push(false);
    else if (varies) groups[groups.length - 1] = true;
  }
  return false;
}

function findExpressions(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(findExpressions);
  if (typeof node !== 'object' || node === null) return [];
  const own =
    'type' in node && node.type === 'RegExpLiteral' && 'pattern' in node ? [String(node.pattern)] : [];
  return [...own, ...Object.values(node).flatMap(findExpressions)];
}

const SOURCE_FOLDER = join(import.meta.dirname, '../src');
const sourceExpressions = globSync('**/*.ts', { cwd: SOURCE_FOLDER }).flatMap((file) => {
  const tree = parseSync(readFileSync(join(SOURCE_FOLDER, file), 'utf8'), { syntax: 'typescript' });
  return findExpressions(tree).map((pattern) => ({ file, pattern }));
});

test('no regular expression repeats a repeat without bound', () => {
  expect(sourceExpressions.length).toBeGreaterThan(100);
  expect(sourceExpressions.filter(({ pattern }) => hasNestedRepeat(pattern))).toEqual([]);
});

test.each([
  ['(a+)+', true],
  ['^(\\s*([0-9a-zA-Z+/=]){4}\\s*)+$', true],
  ['(?:a{1,3}b?)*', true],
  ['((a|b?)c)+', true],
  ['(?<name>x*){2,}', true],
  ['(a{4})+', false],
  ['(?:\\.\\d{1,64}){1,64}', false],
  ['[(+)+]*(a)+', false],
  ['\\(a+\\)+', false],
  ['(a+)b+', false],
])('%s: %s', (pattern, expected) => expect(hasNestedRepeat(pattern)).toBe(expected));
