import { existsSync } from 'node:fs';
import { Failure } from '../errors.ts';
import { decodeUtf8 } from '../fhir/decode-text.ts';
import { parseJson } from '../fhir/lossless-json.ts';
import type { AlternativeCriteria } from '../service/study-rules.ts';
import { readInputFile } from './files/input-files.ts';

/**
 * Parses a criteria set as an option names it: `SET`, `SET@VERSION`, or a file with one set. `option` is the option's
 * name, for the message. Throws `cli/failed` for a file that is not JSON.
 */
export function parseCriteriaOption(option: string, value: string): AlternativeCriteria {
  if (value.endsWith('.json') || existsSync(value)) {
    return { kind: 'file', file: value, json: readCriteriaFile(option, value) };
  }
  const [id = '', version] = value.split('@');
  return { kind: 'set', id, version: version ?? null };
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
