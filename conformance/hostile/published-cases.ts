import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseResult } from '../case-result.ts';
import { toHostileResult } from './expected-deviations.ts';
import { isAccepted, isNotServerError, isRefused } from './handmade-cases.ts';
import { FHIR_JSON, isAlive, postBody, type ServiceProcess } from './service-process.ts';

/** Types of which every element is checked; the others are not read, so what is wrong inside them is not looked for. */
export const ELEMENT_CHECKED_TYPES = new Set(['Observation', 'Patient', 'UNPARSEABLE']);

export interface PublishedCase {
  readonly file: string;
  readonly resourceType: string;
}

export async function runPublishedCase(
  running: ServiceProcess,
  path: string,
  one: PublishedCase,
  valid: boolean,
): Promise<CaseResult> {
  const body = readFileSync(join(path, one.file));
  const type = one.resourceType === 'UNPARSEABLE' ? 'Observation' : one.resourceType;
  const answer = await postBody(running, {
    path: type === 'Bundle' ? '' : `/${type}`,
    contentType: FHIR_JSON,
    body,
  });
  const checked = ELEMENT_CHECKED_TYPES.has(one.resourceType);
  const wanted = valid ? isAccepted : isRefused;
  const good = checked ? wanted(answer) : isNotServerError(answer);
  const title = `${valid ? 'valid' : 'invalid'} ${one.file}`;
  return toHostileResult(
    title,
    good && (await isAlive(running)),
    `got ${answer.status}: ${answer.text.slice(0, 240)}`,
  );
}

export async function runPublishedCases(
  running: ServiceProcess,
  path: string,
  valid: boolean,
): Promise<CaseResult[]> {
  if (!existsSync(path)) return [];
  const all = JSON.parse(readFileSync(join(path, '_manifest.json'), 'utf8')) as PublishedCase[];
  const results: CaseResult[] = [];
  for (const one of all) results.push(await runPublishedCase(running, path, one, valid));
  return results;
}

// The log
