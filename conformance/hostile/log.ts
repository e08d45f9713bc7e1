import { readFileSync } from 'node:fs';
import type { CaseResult } from '../case.ts';
import { isObject } from './handmade.ts';
import { type Running, TOKEN } from './service.ts';
import { passes } from './verdict.ts';

/** Elements whose text is about a person or written by one. */
export const TELLING = new Set([
  'text',
  'value',
  'family',
  'given',
  'reference',
  'display',
  'birthDate',
  'div',
  'line',
]);
/** Shorter ones stand in any log by chance. */
export const SHORTEST = 6;

export function needlesIn(tree: unknown, key = ''): string[] {
  if (typeof tree === 'string') return TELLING.has(key) && tree.length >= SHORTEST ? [tree] : [];
  if (Array.isArray(tree)) return tree.flatMap((inner) => needlesIn(inner, key));
  if (!isObject(tree)) return [];
  return Object.entries(tree).flatMap(([inner, value]) => needlesIn(value, inner));
}

export function needlesOf(file: string): string[] {
  try {
    return needlesIn(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}

export function inLog(running: Running, files: readonly string[]): CaseResult[] {
  const log = running.log();
  const needles = [...new Set(files.flatMap(needlesOf))];
  const found = needles.filter((needle) => log.includes(needle));
  const lines = log.split('\n').length;
  return [
    passes(
      'log: nothing that was sent',
      found.length === 0,
      `${found.length} of ${needles.length} are in it`,
    ),
    passes('log: there is one', lines > files.length && needles.length > 20, `${lines} lines`),
    passes('log: no failure of the service', !/"level":50|request failed/.test(log), 'an error was logged'),
    passes('log: no token', !log.includes(TOKEN), 'the token is in it'),
  ];
}
