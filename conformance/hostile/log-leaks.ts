import { readFileSync } from 'node:fs';
import type { CaseResult } from '../case-result.ts';
import { toHostileResult } from './expected-deviations.ts';
import { isJsonObject } from './handmade-cases.ts';
import { HOSTILE_TOKEN, type ServiceProcess } from './service-process.ts';

/** Elements whose text is about a person or written by one. */
export const PERSONAL_ELEMENTS = new Set([
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
export const SHORTEST_NEEDLE = 6;

export function collectNeedles(tree: unknown, key = ''): string[] {
  if (typeof tree === 'string')
    return PERSONAL_ELEMENTS.has(key) && tree.length >= SHORTEST_NEEDLE ? [tree] : [];
  if (Array.isArray(tree)) return tree.flatMap((inner) => collectNeedles(inner, key));
  if (!isJsonObject(tree)) return [];
  return Object.entries(tree).flatMap(([inner, value]) => collectNeedles(value, inner));
}

export function readNeedles(file: string): string[] {
  try {
    return collectNeedles(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}

export function checkLog(running: ServiceProcess, files: readonly string[]): CaseResult[] {
  const log = running.readLog();
  const needles = [...new Set(files.flatMap(readNeedles))];
  const found = needles.filter((needle) => log.includes(needle));
  const lines = log.split('\n').length;
  return [
    toHostileResult(
      'log: nothing that was sent',
      found.length === 0,
      `${found.length} of ${needles.length} are in it`,
    ),
    toHostileResult('log: there is one', lines > files.length && needles.length > 20, `${lines} lines`),
    toHostileResult(
      'log: no failure of the service',
      !/"level":50|request failed/.test(log),
      'an error was logged',
    ),
    toHostileResult('log: no token', !log.includes(HOSTILE_TOKEN), 'the token is in it'),
  ];
}
