/** The public JSON parsing suite: y_ must be read, n_ must be refused as malformed, i_ may be either. Nothing may crash. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../src/errors.ts';
import { decodeUtf8 } from '../src/fhir/decode-text.ts';
import { parseJson } from '../src/fhir/lossless-json.ts';
import type { CaseResult, ConformanceSuite } from './case-result.ts';

/** Files that the adapter refuses although they are JSON, each with the reason. */
const STRICTER_THAN_JSON: Readonly<Record<string, string>> = {
  'y_number_double_close_to_zero.json': 'a number literal has at most 64 characters',
  'y_object_duplicated_key.json':
    'a key that occurs twice with two values is refused: parsers disagree on the value',
  'y_string_null_escape.json': 'FHIR strings do not allow NUL',
  'y_object_escaped_null_in_key.json': 'FHIR strings do not allow NUL',
  'y_string_allowed_escapes.json': 'FHIR strings do not allow \\b and \\f',
  'y_string_escaped_control_character.json': 'FHIR strings do not allow control characters',
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
  const outcome = parseFile(join(path, file));
  const expected = file.startsWith('y_') ? 'read' : file.startsWith('n_') ? 'refused' : outcome;
  const reason = STRICTER_THAN_JSON[file];
  return {
    name: file,
    passed: outcome === expected,
    note: outcome === expected ? null : (reason ?? outcome),
    knownMiss: reason !== undefined,
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
