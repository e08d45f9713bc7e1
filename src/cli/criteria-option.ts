import { existsSync } from 'node:fs';
import { Failure } from '../errors.ts';
import { decodeUtf8 } from '../fhir/decode-text.ts';
import { parseJson } from '../fhir/lossless-json.ts';
import type { AlternativeRule } from '../service/study-rules.ts';
import { readInputFile } from './files/input-files.ts';

/**
 * Parses the rules that an option names, separated by commas: `SET`, `SET@VERSION`, `protocol@VERSION`, or a file with one
 * set. `option` is the option's name, for the message. Throws `cli/failed` for a file that is not JSON, and `cli/usage` for
 * `protocol` without a version.
 */
export function parseCriteriaOption(option: string, value: string): readonly AlternativeRule[] {
  return value.split(',').map((entry) => parseRule(option, entry.trim()));
}

function parseRule(option: string, value: string): AlternativeRule {
  if (value.endsWith('.json') || existsSync(value)) {
    return { kind: 'file', file: value, json: readCriteriaFile(option, value) };
  }
  const [id = '', version] = value.split('@');
  if (id !== 'protocol') return { kind: 'set', id, version: version ?? null };
  if (version !== undefined) return { kind: 'protocol', version };
  throw new Failure('cli/usage', 'The version of the protocol is missing.', {
    at: option,
    fix: 'Write protocol@VERSION, such as protocol@1.0.0.',
  });
}

function readCriteriaFile(option: string, file: string): unknown {
  const bytes = readInputFile(file);
  try {
    return parseJson(decodeUtf8(bytes));
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    const fix = 'Name a file with one criteria set, such as those in mappings/criteria.';
    throw new Failure('cli/failed', `${file} cannot be read as JSON.`, { at: option, fix }, { cause });
  }
}
