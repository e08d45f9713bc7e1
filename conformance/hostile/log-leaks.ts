import { readFileSync } from 'node:fs';
import type { CaseResult } from '../case-result.ts';
import { toHostileResult } from './expected-deviations.ts';
import { isJsonObject } from './handmade-cases.ts';
import { HOSTILE_TOKEN, type ServiceProcess } from './service-process.ts';

/** Elements whose text is about a person or was written by one. */
const PERSONAL_ELEMENTS = new Set([
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
/** In characters. Shorter texts occur in any log by chance. */
const MIN_TEXT_LENGTH = 6;

/** Collects the personal texts of a payload. */
function collectPersonalTexts(tree: unknown, key = ''): string[] {
  if (typeof tree === 'string')
    return PERSONAL_ELEMENTS.has(key) && tree.length >= MIN_TEXT_LENGTH ? [tree] : [];
  if (Array.isArray(tree)) return tree.flatMap((item) => collectPersonalTexts(item, key));
  if (!isJsonObject(tree)) return [];
  return Object.entries(tree).flatMap(([name, value]) => collectPersonalTexts(value, name));
}

/** Reads the personal texts of a file; none where the file is not JSON. */
function readPersonalTexts(file: string): string[] {
  try {
    return collectPersonalTexts(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}

/** Whether a log line records an error (pino's level 50) of the service itself. Other output is not JSON. */
function isErrorLine(line: string): boolean {
  try {
    const { level } = JSON.parse(line) as { level?: number };
    return level !== undefined && level >= 50;
  } catch {
    return false;
  }
}

/** Checks that the log has lines, and that it contains no sent text, no token and no error. */
export function checkLog(running: ServiceProcess, files: readonly string[]): CaseResult[] {
  const log = running.readLog();
  const texts = [...new Set(files.flatMap(readPersonalTexts))];
  const leaked = texts.filter((text) => log.includes(text));
  const lines = log.split('\n');
  return [
    toHostileResult(
      'log: nothing that was sent',
      leaked.length === 0,
      `it contains ${leaked.length} of ${texts.length} texts`,
    ),
    toHostileResult(
      'log: there is one',
      lines.length > files.length && texts.length > 20,
      `${lines.length} lines`,
    ),
    toHostileResult('log: no failure of the service', !lines.some(isErrorLine), 'an error was logged'),
    toHostileResult('log: no token', !log.includes(HOSTILE_TOKEN), 'it contains the token'),
  ];
}
