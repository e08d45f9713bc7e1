/**
 * Hostile input over the real HTTP API: every handmade case with its own bytes and content type, malformed HTTP over
 * raw sockets, and FHIR that HL7's own validator accepts or refuses. After each case the service must still answer. At
 * the end, its log must not contain any text that was sent.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaseResult, ConformanceSuite } from './case-result.ts';
import { type HandmadeCase, runHandmadeCase } from './hostile/handmade-cases.ts';
import { checkLog } from './hostile/log-leaks.ts';
import { runConnectionCrowd, runMalformedHttp, runSlowHead } from './hostile/malformed-http.ts';
import { runPublishedCases } from './hostile/published-cases.ts';
import { type ServiceProcess, startService, stopService } from './hostile/service-process.ts';

async function runAllCases(running: ServiceProcess, path: string): Promise<CaseResult[]> {
  const cases = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as HandmadeCase[];
  const slowHead = runSlowHead(running);
  const results: CaseResult[] = [];
  for (const handmade of cases) results.push(...(await runHandmadeCase(running, path, handmade)));
  results.push(...(await runMalformedHttp(running, path)));
  for (const isValid of [true, false]) {
    const folder = join(path, `../fhir-${isValid ? 'valid' : 'invalid'}-r4`);
    results.push(...(await runPublishedCases(running, folder, isValid)));
  }
  results.push(await slowHead, await runConnectionCrowd(running));
  const files = cases.map(({ file }) => join(path, file));
  return [...results, ...checkLog(running, files)];
}

async function runHostileInput(path: string): Promise<CaseResult[]> {
  const work = mkdtempSync(join(tmpdir(), 'hostile-'));
  const running = await startService(work);
  try {
    return await runAllCases(running, path);
  } finally {
    await stopService(running);
    rmSync(work, { recursive: true });
  }
}

export const hostileInputSuite: ConformanceSuite = {
  name: 'Hostile input',
  folder: 'corpora/handmade',
  run: runHostileInput,
};
