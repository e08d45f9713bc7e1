import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseResult } from '../case.ts';
import { accepted, noFault, refused } from './handmade.ts';
import { alive, FHIR_JSON, post, type Running } from './service.ts';
import { passes } from './verdict.ts';

/** Types of which every element is checked; the others are not read, so what is wrong inside them is not looked for. */
export const CHECKED_TYPES = new Set(['Observation', 'Patient', 'UNPARSEABLE']);

export interface Published {
  readonly file: string;
  readonly resourceType: string;
}

export async function published(
  running: Running,
  path: string,
  one: Published,
  valid: boolean,
): Promise<CaseResult> {
  const body = readFileSync(join(path, one.file));
  const type = one.resourceType === 'UNPARSEABLE' ? 'Observation' : one.resourceType;
  const answer = await post(running, {
    path: type === 'Bundle' ? '' : `/${type}`,
    contentType: FHIR_JSON,
    body,
  });
  const checked = CHECKED_TYPES.has(one.resourceType);
  const wanted = valid ? accepted : refused;
  const good = checked ? wanted(answer) : noFault(answer);
  const title = `${valid ? 'valid' : 'invalid'} ${one.file}`;
  return passes(title, good && (await alive(running)), `got ${answer.status}: ${answer.text.slice(0, 240)}`);
}

export async function publishedCases(running: Running, path: string, valid: boolean): Promise<CaseResult[]> {
  if (!existsSync(path)) return [];
  const all = JSON.parse(readFileSync(join(path, '_manifest.json'), 'utf8')) as Published[];
  const results: CaseResult[] = [];
  for (const one of all) results.push(await published(running, path, one, valid));
  return results;
}

// The log
