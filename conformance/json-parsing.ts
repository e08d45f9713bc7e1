/** The public JSON parsing suite: y_ must be read, n_ refused as malformed, i_ either, and nothing may crash. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../src/errors.ts';
import { decodeUtf8, parseJson } from '../src/fhir/lossless-json.ts';
import type { CaseResult, ConformanceSuite } from './case-result.ts';

/** Stricter than JSON on purpose, each with its reason. */
const STRICTER_THAN_JSON: Record<string, string> = {
  'y_number_double_close_to_zero.json': 'a number literal has at most 64 characters',
  'y_object_duplicated_key.json': 'one key twice with two values is refused: parsers disagree on the value',
  'y_string_null_escape.json': 'FHIR strings hold no NUL',
  'y_object_escaped_null_in_key.json': 'FHIR strings hold no NUL',
  'y_string_allowed_escapes.json': 'FHIR strings hold no \\b and no \\f',
  'y_string_escaped_control_character.json': 'FHIR strings hold no control characters',
};

function parseFile(path: string): 'read' | 'refused' {
  try {
    parseJson(decodeUtf8(readFileSync(path)));
    return 'read';
  } catch (cause) {
    if (cause instanceof Failure && cause.code === 'fhir/malformed') return 'refused';
    throw cause;
  }
}

function checkFile(path: string, file: string): CaseResult {
  const became = parseFile(join(path, file));
  const wanted = file.startsWith('y_') ? 'read' : file.startsWith('n_') ? 'refused' : became;
  const reason = STRICTER_THAN_JSON[file];
  return {
    name: file,
    passed: became === wanted,
    note: became === wanted ? null : (reason ?? became),
    knownMiss: !!reason,
  };
}

async function runJsonParsing(path: string): Promise<CaseResult[]> {
  return readdirSync(path)
    .filter((file) => file.endsWith('.json'))
    .map((file) => checkFile(path, file));
}

export const jsonParsingSuite: ConformanceSuite = {
  name: 'JSON parsing',
  folder: 'corpora/jsontestsuite/test_parsing',
  run: runJsonParsing,
};
