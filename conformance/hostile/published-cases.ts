import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseResult } from '../case-result.ts';
import { toHostileResult } from './expected-deviations.ts';
import { isAccepted, isNotServerError, isRefused } from './handmade-cases.ts';
import { FHIR_JSON, isAlive, postBody, type ServiceProcess } from './service-process.ts';

/** Types whose every element is checked. The adapter does not read others, so faults inside them are not found. */
const ELEMENT_CHECKED_TYPES = new Set(['Observation', 'Patient', 'UNPARSEABLE']);

/** A test case of HL7's validator. */
interface PublishedCase {
  readonly file: string;
  readonly resourceType: string;
}

async function runPublishedCase(
  running: ServiceProcess,
  path: string,
  { file, resourceType }: PublishedCase,
  isValid: boolean,
): Promise<CaseResult> {
  const body = readFileSync(join(path, file));
  const type = resourceType === 'UNPARSEABLE' ? 'Observation' : resourceType;
  const answer = await postBody(running, {
    path: type === 'Bundle' ? '' : `/${type}`,
    contentType: FHIR_JSON,
    body,
  });
  const isExpected = isValid ? isAccepted : isRefused;
  const isMet = ELEMENT_CHECKED_TYPES.has(resourceType) ? isExpected(answer) : isNotServerError(answer);
  return toHostileResult(
    `${isValid ? 'valid' : 'invalid'} ${file}`,
    isMet && (await isAlive(running)),
    `got ${answer.status}: ${answer.text.slice(0, 240)}`,
  );
}

export async function runPublishedCases(
  running: ServiceProcess,
  path: string,
  isValid: boolean,
): Promise<CaseResult[]> {
  if (!existsSync(path)) return [];
  const cases = JSON.parse(readFileSync(join(path, '_manifest.json'), 'utf8')) as PublishedCase[];
  const results: CaseResult[] = [];
  for (const published of cases) results.push(await runPublishedCase(running, path, published, isValid));
  return results;
}
