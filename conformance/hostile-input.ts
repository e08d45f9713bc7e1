/**
 * Hostile input over the real HTTP doors: every handmade case, raw, with its own content type; requests that are hardly
 * HTTP, over raw sockets; and FHIR that HL7's own validator accepts or refuses. After each the service must be alive, and
 * at the end nothing of what was sent may stand in its log.
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
  const slow = runSlowHead(running);
  const results: CaseResult[] = [];
  for (const one of cases) results.push(...(await runHandmadeCase(running, path, one)));
  results.push(...(await runMalformedHttp(running, path)));
  for (const valid of [true, false]) {
    const beside = join(path, `../fhir-${valid ? 'valid' : 'invalid'}-r4`);
    results.push(...(await runPublishedCases(running, beside, valid)));
  }
  results.push(await slow, await runConnectionCrowd(running));
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
