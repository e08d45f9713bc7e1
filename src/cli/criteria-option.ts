import { existsSync, readFileSync } from 'node:fs';
import { Failure } from '../errors.ts';
import { parseJson } from '../fhir/lossless-json.ts';
import type { AlternativeCriteria } from '../service/study-rules.ts';

/** A criteria set as an option names it: `SET`, `SET@VERSION`, or a file with one set. */
export function parseCriteriaOption(option: string, named: string): AlternativeCriteria {
  if (named.endsWith('.json') || existsSync(named)) {
    return { kind: 'file', file: named, json: readCriteriaFile(option, named) };
  }
  const [id = '', version] = named.split('@');
  return { kind: 'set', id, version: version ?? null };
}

function readCriteriaFile(option: string, file: string): unknown {
  try {
    return parseJson(readFileSync(file, 'utf8'));
  } catch (cause) {
    const fix = 'Name a file with one criteria set, such as those in mappings/criteria.';
    throw new Failure('cli/failed', `${file} cannot be read as JSON.`, { at: option, fix }, { cause });
  }
}
